//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftTesting
internal import Testing

@testable internal import LineshaftRedis

/// The in-memory broker is the executable specification: whatever is done to both, both must answer the same.
@Suite("Scripts beside the in-memory broker", .serialized, .timeLimit(.minutes(20)))
struct LikenessTests {
    private struct Held {
        let memory: Lease
        let redis: ClaimedJob
        /// Whether it was claimed by itself.
        let isAlone: Bool
    }

    /// Both brokers, at the same time, and what their workers hold.
    private final class Pair {
        let trial: StorageTrial
        let clock: VirtualClock
        let memory: MemoryBroker
        /// The same without the protocol's defaults, which a call from outside would prefer.
        var inspector: any QueueInspector { memory }
        var held: [Held] = []
        var ids: [JobID] = []
        var generator: SeededGenerator

        init(seed: UInt64) throws {
            self.seed = seed
            trial = try StorageTrial(
                settings: StorageSettings(retention: .seconds(40), maximumDeadLetters: 1000, isCluster: seed % 4 == 0)
            )
            clock = VirtualClock(now: trial.now)
            memory = MemoryBroker(
                clock: clock,
                configuration: MemoryBroker.Configuration(retention: .seconds(40), maximumDeadLetters: 1000)
            )
            generator = SeededGenerator(seed: seed)
        }

        let seed: UInt64
        /// Whether the queue is limited.
        var isLimited: Bool { seed % 2 == 1 }
        /// Whether the limits of tenants, or else of types, are changed now and then.
        ///
        /// When that is looked at by itself, and with it the order of tenants, is up to the broker. So all that may be claimed is
        /// claimed at once then, and compared without its order.
        var changesLimits: Bool { isLimited && seed % 3 == 0 }
        /// Whether jobs have tenants.
        var hasTenants: Bool { isLimited && !(changesLimits && seed % 4 == 1) }
        /// In how many of a hundred jobs each detail is found; few have any when most go the short way.
        var details: Int { seed % 5 < 2 ? 2 : 20 }

        /// Limits the tenants and a job type, by times that are whole milliseconds.
        func limit() async throws {
            guard isLimited else { return }
            // What one rate has counted is seen by another when that is looked at first; so where they are changed, rates stay.
            let steady = RateLimit(1, per: .seconds(1 + Int(seed % 7)), burst: 1 + Int(seed % 2))
            func limits(_ chances: Int) -> PartLimits {
                var limits = PartLimits()
                if chance(chances) { limits.concurrency = number(1...2) }
                if changesLimits {
                    limits.rate = seed % 8 < 4 ? steady : nil
                } else if chance(chances) {
                    limits.rate = RateLimit(1, per: .seconds(number(1...8)), burst: number(1...2))
                }
                return limits
            }
            var own = QueueLimits()
            let ofTenants = limits(60)
            if hasTenants, ofTenants != .none { own.perTenant = ofTenants }
            if !(changesLimits && hasTenants), chance(60) {
                own.perJob = ["trial.job": limits(70), "other": limits(50)].filter { $0.value != .none }
            }
            try await inspector.setLimits(own, queue: trial.queue)
            try trial.call(ConfigureCall(own, keys: trial.keys, settings: trial.settings))
        }

        /// Of tenants' jobs always the same, for a line of another priority is another line.
        func priority(of id: JobID) -> JobPriority {
            if isLimited { return id.low % 4 == 0 ? JobPriority(Int(id.low / 4 % 10)) : .normal }
            return chance(70) ? .normal : JobPriority(number(0...9))
        }

        func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
        func chance(_ percent: Int) -> Bool { number(1...100) <= percent }
        /// A time that hardly any other event has, so that nothing depends on the order of equals.
        func delay(_ seconds: Int) -> Duration { .microseconds(number(1...seconds * 1_000_000)) }
        func lease(isAlone: Bool) -> Duration { isAlone ? delay(30) : .seconds(1_000_000) + delay(30) }
    }

    @Test("Whatever is done to both, both answer the same", arguments: 1...64)
    func likeness(_ seed: Int) async throws {
        try await OwnThread.run { try await drive(seed) }
    }

    private func drive(_ seed: Int) async throws {
        let pair = try Pair(seed: UInt64(seed))
        try await pair.limit()
        for step in 0..<400 {
            let what: String
            switch pair.number(0...14) {
            case 0...2: what = try await enqueue(pair)
            case 3...4: what = try await claim(pair)
            case 5...6: what = try await settle(pair)
            case 11: what = try await enqueue(pair, count: pair.number(2...6))
            case 12...13: what = try await finish(pair)
            case 14 where pair.changesLimits && pair.chance(40):
                what = "limit"
                try await pair.limit()
            case 7: what = try await extend(pair)
            case 8: what = try await cancel(pair)
            case 9: what = try await record(pair)
            default: what = try await advance(pair)
            }
            let counts = try await pair.memory.counts(of: pair.trial.queue)
            let own = try pair.trial.counts()
            #expect(own == counts, "seed \(seed), step \(step): \(what)")
            if own != counts { return try await compareAll(pair) }
        }
        try await compareAll(pair)
    }

    private func submission(_ pair: Pair) -> Submission {
        let isOld = pair.chance(10) && !pair.ids.isEmpty
        let id = isOld ? pair.ids[pair.number(0...pair.ids.count - 1)] : pair.trial.makeID()
        pair.ids.append(id)
        let now = pair.trial.now
        let envelope = pair.trial.envelope(
            id: id,
            name: pair.isLimited && id.low % 5 < 2 ? "other" : "trial.job",
            priority: pair.priority(of: id)
        ) { details in
            // One that comes again is in the same line, for which of the two entries is outdated only one broker knows.
            if pair.hasTenants, id.low % 3 > 0 { details.tenant = TenantName("t\(id.low / 3 % 4)") }
            if pair.chance(pair.details) { details.start = now + pair.delay(30) }
            if pair.chance(pair.details) { details.expires = now + pair.delay(30) }
            if pair.chance(pair.details) { details.deadline = now + pair.delay(30) }
            if pair.chance(pair.details) { details.retention = pair.delay(60) }
            if pair.chance(pair.details) {
                let window = pair.chance(50) ? pair.delay(30) : nil
                details.unique = UniqueClaim(key: "\(pair.number(1...3))", window: window)
            }
        }
        return Submission(envelope, maximumLength: pair.chance(pair.details) ? pair.number(1...20) : nil)
    }

    private func enqueue(_ pair: Pair, count: Int = 1) async throws -> String {
        let submissions = (0..<count).map { _ in submission(pair) }
        let expected = try await pair.memory.enqueue(submissions)
        #expect(try pair.trial.enqueue(submissions) == expected, "\(submissions)")
        return "enqueue \(submissions)"
    }

    private func claim(_ pair: Pair) async throws -> String {
        let count = pair.changesLimits ? 100 : pair.chance(50) ? 1 : pair.number(2...6)
        return try await claim(pair, count: count, settling: []) { "claim \(count)" }
    }

    /// Ends some of the jobs well, and claims others with the same call.
    private func finish(_ pair: Pair) async throws -> String {
        var ended: [(Settlement, TurnCall.Item)] = []
        for _ in 0..<min(pair.number(1...5), pair.held.count) {
            let held = pair.held.remove(at: pair.number(0...pair.held.count - 1))
            let disposition = Settlement.Disposition.succeeded([UInt8(pair.number(0...255))])
            let own = Settlement(lease: held.redis.lease, disposition: disposition)
            let expected = Settlement(lease: held.memory, disposition: disposition)
            ended.append((expected, TurnCall.Item(own, head: pair.chance(95) ? held.redis.head : [])))
        }
        let count = pair.changesLimits ? 100 : pair.number(1...5)
        return try await claim(pair, count: count, settling: ended) { "finish \(ended.count) and claim \(count)" }
    }

    private func claim(
        _ pair: Pair,
        count: Int,
        settling ended: [(Settlement, TurnCall.Item)],
        what: () -> String
    ) async throws -> String {
        // In which order the leases of one claim run out is up to the broker, so they do not.
        let lease = pair.lease(isAlone: count == 1)
        let poisonLimit = pair.number(1...3)
        let request = ClaimRequest(
            worker: WorkerID("worker-1"),
            shares: [ClaimRequest.Share(queue: pair.trial.queue, fair: count, maximum: count)],
            limit: count,
            lease: lease,
            poisonLimit: poisonLimit
        )
        let (results, expected) = try await pair.memory.settle(ended.map(\.0), claiming: request)
        let turn = try pair.trial.turn(
            ended.map(\.1),
            claiming: pair.trial.request(count, lease: lease, poisonLimit: poisonLimit)
        )
        #expect(turn.results == results, "seed \(pair.seed)")
        var deliveries = expected.deliveries
        if pair.changesLimits {
            let places = Dictionary(uniqueKeysWithValues: turn.jobs.enumerated().map { ($1.lease.id, $0) })
            deliveries.sort { places[$0.lease.id, default: .max] < places[$1.lease.id, default: .max] }
        }
        #expect(turn.jobs.map(\.lease.id) == deliveries.map(\.lease.id), "seed \(pair.seed), \(what())")
        #expect(turn.jobs.map(\.attempt) == deliveries.map(\.attempt))
        #expect(turn.jobs.map(\.delivery) == deliveries.map(\.delivery))
        if deliveries.count < count { #expect(turn.nextDue == expected.nextDue, "seed \(pair.seed), \(what())") }
        for (delivery, job) in zip(deliveries, turn.jobs) {
            #expect(try job.envelope.get() == delivery.envelope)
            pair.held.append(Held(memory: delivery.lease, redis: job, isAlone: count == 1))
        }
        return what()
    }

    private func settle(_ pair: Pair) async throws -> String {
        guard !pair.held.isEmpty else { return "nothing to settle" }
        let position = pair.number(0...pair.held.count - 1)
        // Some are kept, and settled again.
        let held = pair.chance(80) ? pair.held.remove(at: position) : pair.held[position]
        let failure = pair.trial.failure(attempt: pair.number(0...1))
        let delay: Duration = pair.chance(30) ? .zero : pair.delay(20)
        let dispositions: [Settlement.Disposition] = [
            .succeeded([UInt8(pair.number(0...255))]), .failed(failure), .cancelled, .expired,
            .retry(after: delay, failure: failure, countsAttempt: pair.chance(50)), .snoozed(for: delay), .released,
            .unstarted, .parked(for: delay),
        ]
        let disposition = dispositions[pair.number(0...dispositions.count - 1)]
        let expected = try await pair.memory.settle([Settlement(lease: held.memory, disposition: disposition)])
        let own = Settlement(lease: held.redis.lease, disposition: disposition)
        let item = TurnCall.Item(own, head: pair.chance(50) ? held.redis.head : [])
        #expect(try pair.trial.turn([item], claiming: nil).results == expected, "\(disposition)")
        return "settle \(disposition)"
    }

    private func extend(_ pair: Pair) async throws -> String {
        for held in pair.held {
            let duration = pair.lease(isAlone: held.isAlone)
            let expected = try await pair.memory.extend([held.memory], by: duration)
            let (keys, settings) = (pair.trial.keys, pair.trial.settings)
            let call = ExtendCall([held.redis.lease], by: duration, keys: keys, settings: settings)
            #expect(try pair.trial.call(call) == expected)
            if pair.chance(50) { break }
        }
        return "extend"
    }

    private func record(_ pair: Pair) async throws -> String {
        guard !pair.held.isEmpty else { return "no step" }
        let held = pair.held[pair.number(0...pair.held.count - 1)]
        let step = StepRecord(
            number: pair.number(1...4),
            place: pair.number(0...2),
            name: "step \(pair.number(1...4))",
            value: [UInt8(pair.number(0...255))]
        )
        let (keys, settings) = (pair.trial.keys, pair.trial.settings)
        let expected = try await pair.memory.record(step, under: held.memory)
        let call = RecordStepCall(step, under: held.redis.lease, keys: keys, settings: settings)
        #expect(try pair.trial.call(call) == expected)
        let known = try await pair.memory.steps(of: held.memory)
        #expect(try pair.trial.call(StepsCall(of: held.redis.lease, keys: keys, settings: settings)) == known)
        return "record \(step)"
    }

    private func cancel(_ pair: Pair) async throws -> String {
        guard !pair.ids.isEmpty else { return "nothing to cancel" }
        let id = pair.ids[pair.number(0...pair.ids.count - 1)]
        if pair.chance(60) {
            let expected = try await pair.memory.cancel([id])
            #expect(try pair.trial.cancel([id]) == expected)
            return "cancel \(id)"
        }
        let expected = try await pair.memory.delete([id])
        let call = DeleteCall([id], keys: pair.trial.keys, settings: pair.trial.settings)
        #expect(try pair.trial.call(call).filter { $0 }.count == expected)
        return "delete \(id)"
    }

    private func advance(_ pair: Pair) async throws -> String {
        let duration = pair.delay(10)
        try pair.trial.advance(by: duration)
        pair.clock.advance(by: duration)
        return "advance \(duration)"
    }

    private func compareAll(_ pair: Pair) async throws {
        let ids = Array(Set(pair.ids))
        let settings = pair.trial.settings
        let outcomes = try pair.trial.call(OutcomesCall(of: ids, keys: pair.trial.keys, settings: settings))
        let expected = try await pair.memory.outcomes(of: ids)
        for id in ids {
            #expect(outcomes[id]?.record.outcome == expected[id]?.outcome, "\(id)")
            #expect(outcomes[id]?.record.attempts == expected[id]?.attempts, "\(id)")
            #expect(outcomes[id]?.record.finished == expected[id]?.finished, "\(id)")
            let snapshot = try pair.trial.find(id)
            let known = try await pair.memory.find(id)
            #expect(snapshot?.state == known?.state)
            #expect(snapshot?.failures == known?.failures)
            #expect(snapshot?.deliveries == known?.deliveries)
            #expect(snapshot?.failedAttempts == known?.failedAttempts)
            #expect(snapshot?.lostLeases == known?.lostLeases)
            #expect(snapshot?.due == known?.due)
            #expect(snapshot?.wait == known?.wait)
            #expect(snapshot?.isCancelRequested == known?.isCancelRequested)
            #expect(snapshot?.hold?.part == known?.hold?.part)
        }
        let tenants = try await pair.inspector.tenants(in: pair.trial.queue, after: nil, limit: 1000)
        let page = try TenantsCall(after: nil, limit: 1000, keys: pair.trial.keys, settings: settings)
        let found = try pair.trial.call(page).tenants
        if pair.changesLimits {
            #expect(Set(found) == Set(tenants.tenants))
        } else {
            #expect(found == tenants.tenants)
        }
        // The scripts store an outcome together with the end, so no job is on the way between the two.
        for state in JobState.allCases where state != .ended {
            let page = try await pair.memory.jobs(in: pair.trial.queue, state: state, after: nil, limit: 1000)
            let own = try pair.trial.pages(state, limit: 7)
            // Of jobs that end in one call because of the time, either broker may see to one sooner than to another.
            // An identifier that came again is listed where its outdated entry is as well.
            if state == .dead || pair.changesLimits || own.count > page.jobs.count {
                #expect(Set(own) == Set(page.jobs.map(\.id)))
            } else {
                #expect(own == page.jobs.map(\.id))
            }
        }
    }
}
