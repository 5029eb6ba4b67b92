//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Testing

@Suite(.timeLimit(.minutes(20)))
struct ScheduleTests {
    private struct Report: Job {
        static let name: JobName = "report"
        static let version = 3
        static var options: JobOptions { JobOptions(queue: "reports", timeout: .seconds(30)) }
        var kind = "daily"
        var share = 0.5
    }

    private func failure(_ schedule: Schedule) -> ConfigurationError? {
        do {
            _ = try schedule.definition(codec: JSONCodec())
            return nil
        } catch {
            return error as? ConfigurationError
        }
    }

    private func schedule(_ id: ScheduleID = "s", _ change: (inout Schedule) -> Void) -> Schedule {
        var schedule = Schedule(id, .every(.seconds(60))) { Report() }
        change(&schedule)
        return schedule
    }

    @Test
    func `What is wrong with a schedule is said with its name`() throws {
        #expect(try #require(failure(schedule("") { _ in })).message.contains("A schedule name is empty"))
        #expect(try #require(failure(schedule("a\nb") { _ in })).code == .invalidName)
        let limit = try #require(failure(schedule { $0.missed = .all(upTo: 0) }))
        #expect(limit.message == "In the schedule “s”, the limit of `all(upTo:)` is 0; it must be 1 to 1,000.")
        #expect(try #require(failure(schedule { $0.jitter = .seconds(-1) })).message.contains("the jitter is"))
        #expect(try #require(failure(schedule { $0.jitter = .seconds(90_000) })).message.contains("zero and a day"))
        let bounds = schedule {
            $0.starts = Timestamp(millisecondsSinceEpoch: 2_000)
            $0.ends = Timestamp(millisecondsSinceEpoch: 1_000)
        }
        #expect(try #require(failure(bounds)).message.contains("it ends at 1970-01-01T00:00:01.000Z, before it starts"))
        let cron = try #require(failure(schedule { $0.recurrence = .cron("0 25 * * *") }))
        #expect(cron.message.hasPrefix("In the schedule “s”: The cron expression \"0 25 * * *\" cannot be used"))
        let zone = try #require(failure(schedule { $0.recurrence = .cron("0 3 * * *", in: "Berlin") }))
        #expect(zone.code == .unknownTimeZone && zone.message.contains("Europe/Berlin"))
    }

    @Test
    func `A job that starts or ends at a point in time is no job for a schedule`() throws {
        let time = JobTime.at(Timestamp(millisecondsSinceEpoch: 1_000))
        for options in [JobOptions(start: time), JobOptions(expires: time), JobOptions(deadline: time)] {
            let error = try #require(failure(Schedule("s", .every(.seconds(60)), options: options) { Report() }))
            #expect(error.message.contains("is a point in time. It must be a time after submission"))
        }
        let timeout = Schedule("s", .every(.seconds(60)), options: JobOptions(timeout: .zero)) { Report() }
        #expect(try #require(failure(timeout)).message.contains("timeout"))
    }

    @Test
    func `A job that cannot be encoded is an error`() throws {
        let schedule = Schedule("s", .every(.seconds(60))) { Report(share: .infinity) }
        #expect(throws: JobError.self) { _ = try schedule.definition(codec: JSONCodec()) }
    }

    @Test
    func `A record is read as it was written`() throws {
        var options = JobOptions(priority: .high, start: .after(.seconds(5)), expires: .after(.seconds(60)))
        options.deadline = .after(.milliseconds(1_500))
        options.retry = .exponential(maximumAttempts: 3)
        options.unique = .byKey("k", for: .seconds(9))
        options.headers = ["a": "ü\"\\"]
        options.acknowledgement = .immediate
        options.retention = .zero
        var schedule = Schedule("ns/“1”", .cron("0 3 * * *", in: "Europe/Berlin"), options: options) { Report() }
        schedule.missed = .all(upTo: 7)
        schedule.overlap = .replace
        schedule.jitter = .milliseconds(1)
        schedule.ends = .distantFuture
        let definition = try schedule.definition(codec: JSONCodec())
        var record = ScheduleRecord(id: schedule.id, definition: definition, isPaused: true, now: .distantPast)
        record.runNow(Timestamp(nanosecondsSinceEpoch: 1_772_438_400_123_456_789))
        record.last = .init(tick: .distantPast, job: JobID(derivedFrom: "x"), queue: "reports")
        record.problem = "none"
        let stored = StoredSchedule(id: schedule.id, version: 1, bytes: try record.encoded())
        #expect(try ScheduleRecord(stored) == record)
        #expect(try record.encoded() == record.encoded())

        guard case .job(let template) = record.definition.work.kind else { return }
        let time = Timestamp(millisecondsSinceEpoch: 1_772_438_400_000)
        let draft = template.draft(id: JobID(derivedFrom: "d"), at: time, headers: ["t": "1"])
        #expect(draft.name == "report" && draft.version == 3 && draft.queue == "reports" && draft.priority == .high)
        #expect(draft.submitted == time && draft.details.start == time + .seconds(5))
        #expect(draft.details.expires == time + .seconds(60) && draft.details.deadline == time + .milliseconds(1_500))
        #expect(draft.details.timeout == .seconds(30) && draft.details.retention == .zero)
        #expect(draft.details.headers == ["a": "ü\"\\", "t": "1"] && draft.details.acknowledgement == .immediate)
        #expect(draft.details.unique?.window == .seconds(9) && draft.details.retry?.maximumAttempts == 3)
        #expect(try JSONCodec().decode(Report.self, from: draft.payload).kind == "daily")
    }

    @Test
    func `What was damaged, misplaced or written by a newer program is an error and no trap`() throws {
        let definition = try schedule { _ in }.definition(codec: JSONCodec())
        let record = ScheduleRecord(id: "s", definition: definition, isPaused: false, now: .distantPast)
        let bytes = try record.encoded()
        func failure(_ bytes: [UInt8], id: ScheduleID = "s") -> String? {
            do throws(BrokerError) {
                _ = try ScheduleRecord(StoredSchedule(id: id, version: 1, bytes: bytes))
                return nil
            } catch {
                return error.code == .corrupt ? error.message : "another code"
            }
        }
        for length in 0..<bytes.count { #expect(failure(Array(bytes.prefix(length))) != nil) }
        var generator = Xoshiro256(seed: 3)
        for _ in 0..<3_000 {
            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            _ = failure(changed)
        }
        #expect(failure(bytes, id: "t")?.contains("Under the name “t” the schedule “s” is stored") == true)
        let newer = Array(String(decoding: bytes, as: UTF8.self).replacing("\"layout\":1", with: "\"layout\":2").utf8)
        #expect(failure(newer)?.contains("Bring this program up to date") == true)
    }

    @Test
    func `A broker without schedules says so`() async throws {
        let jobs = try await JobSystem(broker: NoSchedules(broker: MemoryBroker()))
        for call in [
            { _ = try await jobs.schedules.list() }, { try await jobs.schedules.pause("s") },
            { try await Scheduler(jobs).run() }, { _ = try await jobs.schedules.runNow("s") },
        ] as [@Sendable () async throws -> Void] {
            let error = try await #require(throws: BrokerError.self) { try await call() }
            #expect(error.code == .unsupported && error.message.contains("keeps no schedules"))
        }
        await jobs.shutdown()
    }

    @Test
    func `A scheduler refuses what is wrong before it begins, and to run twice`() async throws {
        let jobs = try await JobSystem(url: "memory:")
        let twins = Scheduler(jobs) {
            schedule("twin") { _ in }
            schedule("twin") { _ in }
        }
        let error = try await #require(throws: ConfigurationError.self) { try await twins.run() }
        #expect(error.code == .duplicateName && error.message.contains("“twin”"))
        let again = try await #require(throws: ConfigurationError.self) { try await twins.run() }
        #expect(again.code == .invalidState)
        let wrong = Scheduler(jobs) { schedule { $0.recurrence = .cron("nonsense") } }
        await #expect(throws: ConfigurationError.self) { try await wrong.run() }
        #expect(try await jobs.schedules.list().isEmpty)
        await jobs.shutdown()
    }

    @Test
    func `A scheduler ends with its task, and with its broker`() async throws {
        let jobs = try await JobSystem(url: "memory:")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Scheduler(jobs) { schedule { _ in } }.run() }
            group.cancelAll()
            try await group.waitForAll()
        }
        let clock = VirtualClock()
        var configuration = JobSystem.Configuration()
        configuration.clock = clock
        let other = try await JobSystem(broker: MemoryBroker(clock: clock), configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await Scheduler(other) { schedule { _ in } }.run() }
            try await clock.waitForSleeper()
            await other.shutdown()
            clock.advance(by: .seconds(60))
            let error = try await #require(throws: BrokerError.self) { try await group.waitForAll() }
            #expect(error.code == .closed)
        }
        await jobs.shutdown()
    }

    @Test
    func `A damaged schedule keeps no other one from firing`() async throws {
        let clock = VirtualClock()
        let broker = MemoryBroker(clock: clock)
        var configuration = JobSystem.Configuration()
        configuration.clock = clock
        configuration.logger.logLevel = .critical
        let jobs = try await JobSystem(broker: broker, configuration: configuration)
        let store = try #require(broker.schedules)
        for id in ["damaged", "a", "z"] as [ScheduleID] {
            _ = try await store.write(StoredSchedule(id: id, version: 1, bytes: [1]), replacing: nil, isNews: true)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await Scheduler(jobs) {
                    schedule("a") { _ in }
                    schedule("good") { _ in }
                }.run()
            }
            while try await jobs.inspector.counts(of: "reports").ready == 0 {
                try await clock.waitForSleeper()
                clock.advance(by: .seconds(1))
            }
            group.cancelAll()
        }
        #expect(try await jobs.schedules.list().map(\.id) == ["good"])
        #expect(try await jobs.schedules.remove("damaged"))
        await jobs.shutdown()
    }
}

/// An in-memory broker that keeps no schedules.
private struct NoSchedules: Broker {
    let broker: MemoryBroker

    var capabilities: BrokerCapabilities { broker.capabilities }
    var inspector: (any QueueInspector)? { broker }
    var results: (any ResultStore)? { broker }

    func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt] {
        try await broker.enqueue(submissions)
    }

    func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        try await broker.waitForRoom(in: queue, maximumLength: maximumLength)
    }

    func attach(_ port: WorkerPort) async throws(BrokerError) { try await broker.attach(port) }
    func detach(_ worker: WorkerID) async { await broker.detach(worker) }
    func announce(_ report: WorkerReport) async throws(BrokerError) { try await broker.announce(report) }
    func claim(_ request: ClaimRequest) async throws(BrokerError) -> Claim { try await broker.claim(request) }

    func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult] {
        try await broker.settle(settlements)
    }

    func extend(_ leases: [Lease], by duration: Duration) async throws(BrokerError) -> [LeaseStatus] {
        try await broker.extend(leases, by: duration)
    }

    func cancel(_ ids: [JobID]) async throws(BrokerError) -> [CancellationResult] { try await broker.cancel(ids) }
    func shutdown() async { await broker.shutdown() }
}
