//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Synchronization
import Testing

/// Jobs that come at any time, of any length, to workers that have a slot for each.
@Suite("Where slots are idle", .timeLimit(.minutes(20)))
struct PromptnessTests {
    private struct Stint: Job {
        static let name: JobName = "stint"
        var number: Int
        var length: Duration
    }

    /// When each job first ran.
    private final class Starts: Sendable {
        private let times = Mutex<[Int: Duration]>([:])

        func note(_ number: Int, at time: Duration) {
            times.withLock { $0[number] = $0[number] ?? time }
        }

        func of(_ number: Int) -> Duration? {
            times.withLock { $0[number] }
        }
    }

    /// What a history is made of.
    private struct Plan {
        typealias Item = (time: Duration, queue: QueueName, length: Duration)

        let distance: Duration
        let queues: [QueueName]
        let slots: Int
        let workers: Int
        /// When each job is submitted, to which queue, and how long it takes.
        let stints: [Item]
        /// Whether the first worker leaves a queue alone.
        let leaves: Bool

        init(seed: UInt64) {
            var generator = SeededGenerator(seed: seed, stream: "plan")
            distance = .microseconds(generator.chance(0.3) ? 0 : Int.random(in: 50...3_000, using: &generator))
            let names: [QueueName] = generator.chance(0.5) ? ["a"] : ["a", "b"]
            queues = names
            slots = generator.chance(0.7) ? Int.random(in: 16...60, using: &generator) : 4
            workers = generator.chance(0.3) ? 2 : 1
            leaves = workers == 2 && generator.chance(0.5)
            // Never more in all than one worker has slots for.
            stints =
                generator.chance(0.5)
                ? Self.crowd(slots, names, using: &generator) : Self.pair(names, using: &generator)
        }

        /// Bursts as well as single jobs.
        private static func crowd(
            _ slots: Int,
            _ queues: [QueueName],
            using generator: inout SeededGenerator
        ) -> [Item] {
            let times = (0..<6).map { _ in generator.duration(upTo: .milliseconds(100)) }
            return (0..<Int.random(in: 2...max(3, slots), using: &generator)).map { _ in
                let time =
                    generator.chance(0.5)
                    ? times[Int.random(in: 0..<6, using: &generator)] : generator.duration(upTo: .milliseconds(100))
                let length =
                    generator.chance(0.3)
                    ? Duration.seconds(100)
                    : generator.chance(0.5) ? .zero : generator.duration(upTo: .milliseconds(30))
                return (time, queues[Int.random(in: 0..<queues.count, using: &generator)], length)
            }
        }

        /// A few short jobs, from which the worker learns that jobs are short, then two or three long ones at nearly the
        /// same time.
        private static func pair(_ queues: [QueueName], using generator: inout SeededGenerator) -> [Item] {
            let short = (0..<Int.random(in: 1...4, using: &generator)).map { number -> Item in
                (.milliseconds(20 * number), queues[0], .zero)
            }
            let long = (0..<Int.random(in: 2...3, using: &generator)).map { _ -> Item in
                let time = .milliseconds(100) + generator.duration(upTo: .milliseconds(5))
                return (time, queues[Int.random(in: 0..<queues.count, using: &generator)], .seconds(100))
            }
            return short + long
        }

        /// How long it may take until a job runs: what is under way with the broker ends, a claim or two follow, and
        /// settlements or claims may have waited for company.
        var limit: Duration { distance * 10 + .milliseconds(25) }
    }

    @Test("no job waits for another")
    func promptness() async throws {
        for seed in 0..<UInt64(400) {
            let late = try await onOwnThread {
                Result { try Simulation.run(seed: seed) { context in try await Self.run(context) } }
            }.get()
            #expect(late.isEmpty, "seed \(seed): \(late)")
        }
    }

    /// - Returns: What was late.
    private static func run(_ context: SimulationContext) async throws -> [String] {
        let plan = Plan(seed: context.seed)
        let clock = context.clock
        let memory = MemoryBroker(clock: clock)
        let client = try await system(memory, context)
        let starts = Starts()
        var workers: [Worker] = []
        for number in 0..<plan.workers { workers.append(try await worker(number, plan, memory, starts, context)) }
        let submitted = try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { try await worker.run() } }
            try await clock.sleep(for: .milliseconds(50))
            if plan.leaves { try await workers[0].pause(plan.queues[0]) }
            let submitted = try await submit(plan, client, clock)
            try await clock.sleep(for: .seconds(30))
            group.cancelAll()
            return submitted
        }
        return submitted.sorted { $0.key < $1.key }.compactMap { number, time in
            guard let start = starts.of(number) else { return "job \(number) of \(time) never ran" }
            return start - time <= plan.limit ? nil : "job \(number) of \(time) ran at \(start)"
        }
    }

    private static func worker(
        _ number: Int,
        _ plan: Plan,
        _ broker: any Broker,
        _ starts: Starts,
        _ context: SimulationContext
    ) async throws -> Worker {
        let faults = FaultInjector.distance(
            plan.distance,
            seed: context.seed &+ UInt64(number),
            clock: context.clock,
            process: SimulatedProcess(name: "worker \(number)")
        )
        let system = try await system(FaultInjectingBroker(broker, faults: faults), context)
        var configuration = Worker.Configuration()
        configuration.name = "worker \(number)"
        configuration.shutdown.finish = .seconds(1)
        let queues = WorkerQueues(
            Dictionary(uniqueKeysWithValues: plan.queues.map { ($0, .init(concurrency: plan.slots)) })
        )
        return Worker(system, queues: queues, configuration: configuration) {
            Handler(for: Stint.self) { stint, context in
                starts.note(stint.number, at: context.clock.uptime)
                if stint.length > .zero { try await context.clock.sleep(for: stint.length) }
            }
        }
    }

    /// - Returns: When each job was accepted.
    private static func submit(
        _ plan: Plan,
        _ client: JobSystem,
        _ clock: SimulationClock
    ) async throws -> [Int: Duration] {
        try await withThrowingTaskGroup(of: (Int, Duration).self) { group in
            for (number, stint) in plan.stints.enumerated() {
                group.addTask {
                    try await clock.sleep(for: stint.time)
                    _ = try await client.submit(Stint(number: number, length: stint.length), on: stint.queue)
                    return (number, clock.uptime)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private static func system(_ broker: any Broker, _ context: SimulationContext) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.clock = context.clock
        configuration.seed = context.seed
        configuration.logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        return try await JobSystem(broker: broker, configuration: configuration)
    }
}
