//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

/// A server of its own with a clock that tests move, and the calls that most tests consist of.
final class StorageTrial {
    let server: RedisServer
    let redis: BlockingRedis
    let settings: StorageSettings
    let queue: QueueName = "trial"
    private var time: Int64 = 1_800_000_000_000_000
    private var lastNumber: UInt64 = 0

    init(_ options: [String] = [], settings: StorageSettings = StorageSettings()) throws {
        server = try RedisServer(options)
        redis = try BlockingRedis(server)
        self.settings = settings
        try advance(by: .zero)
    }

    var now: Timestamp { Timestamp(microseconds: time) }
    var keys: QueueKeys { QueueKeys(queue, prefix: settings.prefix) }

    /// The hash that a job is in.
    func home(of id: JobID) -> [UInt8] { keys.all[1] + Array(":".utf8) + id.bytes.prefix(5) }

    /// How many envelopes and outcomes the queue holds.
    func heldCount() throws -> Int {
        guard case .array(let found) = try redis.send([Array("KEYS".utf8), keys.all[1] + Array("*".utf8)]) else {
            return 0
        }
        return try found.reduce(0) { sum, key in
            sum + Int(try redis.send([Array("HLEN".utf8), key.bytes ?? []]).integer ?? 0)
        }
    }

    var results: QueueKeys { QueueKeys(outcomesUnder: settings.prefix) }

    func advance(by duration: Duration) throws {
        time += duration.microsecondsUp
        try redis.send("SET", "clock", "\(time)")
    }

    func call<Call: StorageCall>(_ call: Call) throws -> Call.Answer {
        try redis.call(call, clock: .key("clock"))
    }

    func makeID() -> JobID {
        lastNumber += 1
        // Three of a moment, and some moments that come again, so that calls have jobs of one and of several.
        let moment = lastNumber / 3 % 5
        return JobID(high: 0x019C_0000_0000_7000 | moment << 24, low: 0x8000_0000_0000_0000 | lastNumber)
    }

    func envelope(
        id: JobID? = nil,
        name: JobName = "trial.job",
        priority: JobPriority = .normal,
        payload: [UInt8] = [1, 2, 3],
        replyTo: ClientID? = nil,
        _ change: (inout Envelope.Details) -> Void = { _ in }
    ) -> Envelope {
        var details = Envelope.Details()
        change(&details)
        return Envelope(
            id: id ?? makeID(),
            name: name,
            queue: queue,
            priority: priority,
            payload: payload,
            submitted: now,
            replyTo: replyTo,
            details: details
        )
    }

    func enqueue(_ submissions: [Submission]) throws -> [Receipt] {
        try call(try EnqueueCall(submissions, keys: keys, settings: settings))
    }

    /// Submits a job that must be accepted.
    @discardableResult
    func submit(
        id: JobID? = nil,
        priority: JobPriority = .normal,
        replyTo: ClientID? = nil,
        _ change: (inout Envelope.Details) -> Void = { _ in }
    ) throws -> JobID {
        let envelope = envelope(id: id, priority: priority, replyTo: replyTo, change)
        #expect(try enqueue([Submission(envelope)]) == [.accepted])
        return envelope.id
    }

    @discardableResult
    func submit(count: Int, _ change: (inout Envelope.Details) -> Void = { _ in }) throws -> [JobID] {
        let envelopes = (0..<count).map { _ in envelope(change) }
        #expect(try enqueue(envelopes.map { Submission($0) }) == Array(repeating: .accepted, count: count))
        return envelopes.map(\.id)
    }

    func request(
        _ limit: Int,
        worker: String = "worker-1",
        lease: Duration = .seconds(30),
        poisonLimit: Int = 3
    ) -> TurnCall.Request {
        TurnCall.Request(worker: WorkerID(worker), limit: limit, lease: lease, poisonLimit: poisonLimit)
    }

    func turn(_ items: [TurnCall.Item] = [], claiming request: TurnCall.Request?) throws -> Turn {
        try call(TurnCall(items, claiming: request, keys: keys, settings: settings))
    }

    func claim(
        _ limit: Int = 1,
        worker: String = "worker-1",
        lease: Duration = .seconds(30),
        poisonLimit: Int = 3
    ) throws -> Turn {
        try turn(claiming: request(limit, worker: worker, lease: lease, poisonLimit: poisonLimit))
    }

    /// Claims one job, which must be there.
    func take(
        worker: String = "worker-1",
        lease: Duration = .seconds(30),
        poisonLimit: Int = 3,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> ClaimedJob {
        let turn = try claim(1, worker: worker, lease: lease, poisonLimit: poisonLimit)
        return try #require(turn.jobs.first, sourceLocation: sourceLocation)
    }

    @discardableResult
    func settle(
        _ job: ClaimedJob,
        _ disposition: Settlement.Disposition = .succeeded([42]),
        withHead: Bool = true,
        expecting result: SettlementResult = .applied,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Turn {
        let settlement = Settlement(lease: job.lease, disposition: disposition)
        let turn = try turn([TurnCall.Item(settlement, head: withHead ? job.head : [])], claiming: nil)
        #expect(turn.results == [result], sourceLocation: sourceLocation)
        return turn
    }

    func failure(attempt: Int = 1, _ message: String = "It did not work.") -> JobFailure {
        JobFailure(code: .failed, message: message, type: "TrialError", attempt: attempt, time: now)
    }

    func outcome(of id: JobID) throws -> OutcomeRecord? {
        try call(OutcomesCall(of: [id], keys: keys, settings: settings))[id]?.record
    }

    func find(_ id: JobID) throws -> JobSnapshot? {
        try call(FindCall([id], keys: keys, settings: settings)).jobs[id]
    }

    func counts() throws -> QueueCounts {
        try call(CountsCall(keys: keys, settings: settings))
    }

    func cancel(_ ids: [JobID]) throws -> [CancellationResult] {
        try call(CancelCall(ids, keys: keys, settings: settings))
    }

    func pages(_ state: JobState, limit: Int) throws -> [JobID] {
        var ids: [JobID] = []
        var cursor: String?
        repeat {
            let page = try call(try PageCall(state, after: cursor, limit: limit, keys: keys, settings: settings))
            #expect(page.jobs.count <= limit)
            ids += page.jobs.map(\.id)
            cursor = page.cursor
        } while cursor != nil
        return ids
    }

    /// A connection that gets what is published on a channel from now on.
    func listen(to channel: [UInt8]) throws -> BlockingRedis {
        let listener = try BlockingRedis(server)
        try listener.send([Array("SUBSCRIBE".utf8), channel])
        return listener
    }
}

extension BlockingRedis {
    /// The next message on what this connection listens to.
    func nextMessage() throws -> StorageMessage {
        guard case .array(let parts) = try receive(), parts.count == 3, case .string(let bytes) = parts[2] else {
            throw Failure(description: "That was no message.")
        }
        return try StorageMessage.decode(bytes)
    }
}
