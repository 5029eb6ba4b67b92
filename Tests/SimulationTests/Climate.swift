//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting

extension World {
    /// How rough a history is.
    struct Climate {
        var chances: FaultPlan.Chances
        var pushChances: FaultPlan.Chances
        var clients: Int
        var workers: Int
        var jobsOfClient: Int
        var chaos: Duration
        var jumpsClock: Bool
        var lease: Duration
        /// Whether the result store is not the broker's own.
        var storesApart: Bool
        /// Whether somebody pauses and resumes queues.
        var pauses: Bool
        /// Whether somebody retries and deletes dead letters in the end.
        var revives: Bool
        var limits: [(queue: QueueName, limits: QueueLimits)]
        /// How many tenants the jobs are of; with 0 they are nobody's.
        var tenants: Int
        /// How long a call to the broker takes each way at most, where workers have many slots: several calls of one worker
        /// are under way at once then.
        var distance: Duration?

        /// The climate of the history with this seed.
        init(seed: UInt64) {
            var generator = SeededGenerator(seed: seed, stream: "climate")
            self.init(using: &generator)
        }

        private init(using generator: inout SeededGenerator) {
            let roughness = [0, 0.01, 0.01, 0.04, 0.08][Int.random(in: 0..<5, using: &generator)]
            chances = FaultPlan.Chances(
                drop: roughness,
                loseAnswer: roughness,
                delay: roughness,
                delayAnswer: roughness,
                duplicate: roughness,
                die: roughness / 4,
                dieAfter: roughness / 4,
                maximumDelay: .seconds(generator.chance(0.2) ? 12 : 2)
            )
            pushChances = FaultPlan.Chances(
                drop: roughness * 2,
                delay: roughness * 2,
                duplicate: roughness,
                maximumDelay: .seconds(3)
            )
            clients = Int.random(in: 1...2, using: &generator)
            workers = Int.random(in: 1...3, using: &generator)
            jobsOfClient = Int.random(in: 1...6, using: &generator)
            chaos = .seconds(Int.random(in: 5...40, using: &generator))
            jumpsClock = generator.chance(0.3)
            lease = .seconds(Int.random(in: 2...8, using: &generator))
            storesApart = generator.chance(0.4)
            pauses = generator.chance(0.3)
            revives = generator.chance(0.3)
            limits = []
            tenants = 0
            if generator.chance(0.3) {
                let concurrency = Int.random(in: 1...3, using: &generator)
                limits.append(("a", QueueLimits(concurrency: concurrency)))
            }
            if generator.chance(0.2) {
                let count = Int.random(in: 1...4, using: &generator)
                let burst = Int.random(in: 1...3, using: &generator)
                limits.append(("b", QueueLimits(rate: RateLimit(count, per: .seconds(2), burst: burst))))
            }
            if generator.chance(0.2) {
                distance = .microseconds(Int.random(in: 200...4_000, using: &generator))
                jobsOfClient = Int.random(in: 10...40, using: &generator)
            }
            if generator.chance(0.4) { limitParts(using: &generator) }
        }

        /// Gives the jobs tenants, and limits each of these and the types of jobs.
        private mutating func limitParts(using generator: inout SeededGenerator) {
            tenants = Int.random(in: 1...4, using: &generator)
            func own(_ generator: inout SeededGenerator) -> PartLimits? {
                var own = PartLimits()
                if generator.chance(0.6) { own.concurrency = Int.random(in: 1...2, using: &generator) }
                if generator.chance(0.3) {
                    let burst = Int.random(in: 1...3, using: &generator)
                    own.rate = RateLimit(1, per: .milliseconds(500), burst: burst)
                }
                return own == .none ? nil : own
            }
            for queue: QueueName in ["a", "b"] {
                let place = limits.firstIndex { $0.queue == queue } ?? limits.count
                if place == limits.count { limits.append((queue, .none)) }
                limits[place].limits.perTenant = own(&generator)
                if generator.chance(0.4), let own = own(&generator) { limits[place].limits.perJob = [Chore.name: own] }
            }
        }
    }
}
