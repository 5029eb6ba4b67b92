//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// One run of one case: a broker, power over its time, and the steps that most cases consist of.
final class BrokerTrial: Sendable {
    let fixture: any BrokerFixture
    let broker: any Broker
    let queue: QueueName = "trial"
    private let lastNumber = Mutex<UInt64>(0)

    init(fixture: any BrokerFixture, broker: any Broker) {
        self.fixture = fixture
        self.broker = broker
    }

    var now: Timestamp { fixture.clock.now }

    func inspector(file: String = #fileID, line: Int = #line) throws -> any QueueInspector {
        if let inspector = broker.inspector { return inspector }
        throw ConformanceFailure("The broker has no inspector.", file: file, line: line)
    }

    func results(file: String = #fileID, line: Int = #line) throws -> any ResultStore {
        if let results = broker.results { return results }
        throw ConformanceFailure("The broker has no result store.", file: file, line: line)
    }

    func steps(file: String = #fileID, line: Int = #line) throws -> any StepStore {
        if let steps = broker.steps { return steps }
        throw ConformanceFailure("The broker keeps no steps.", file: file, line: line)
    }

    func advance(by duration: Duration) async throws {
        try await fixture.advance(by: duration)
    }

    // MARK: Submitting

    func makeID() -> JobID {
        let number = lastNumber.withLock { number in
            number += 1
            return number
        }
        return JobID(high: 0x019C_0000_0000_7000, low: 0x8000_0000_0000_0000 | number)
    }

    func envelope(
        id: JobID? = nil,
        queue: QueueName? = nil,
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
            queue: queue ?? self.queue,
            priority: priority,
            payload: payload,
            submitted: now,
            replyTo: replyTo,
            details: details
        )
    }

    /// Submits a job that must be accepted.
    @discardableResult
    func submit(
        id: JobID? = nil,
        queue: QueueName? = nil,
        priority: JobPriority = .normal,
        payload: [UInt8] = [1, 2, 3],
        replyTo: ClientID? = nil,
        file: String = #fileID,
        line: Int = #line,
        _ change: (inout Envelope.Details) -> Void = { _ in }
    ) async throws -> JobID {
        let envelope = envelope(
            id: id,
            queue: queue,
            priority: priority,
            payload: payload,
            replyTo: replyTo,
            change
        )
        let receipts = try await broker.enqueue([Submission(envelope)])
        try check("the receipt", receipts, is: [.accepted], file: file, line: line)
        return envelope.id
    }

    /// Submits plain jobs in one call.
    func submit(
        count: Int,
        queue: QueueName? = nil,
        replyTo: ClientID? = nil,
        _ change: (inout Envelope.Details) -> Void = { _ in }
    ) async throws -> [JobID] {
        let envelopes = (0..<count).map { _ in envelope(queue: queue, replyTo: replyTo, change) }
        let receipts = try await broker.enqueue(envelopes.map { Submission($0) })
        try check("the receipts", receipts, is: Array(repeating: .accepted, count: count))
        return envelopes.map(\.id)
    }

    /// Submits a job under a limit of the queue's length.
    func submit(limitedTo maximumLength: Int, delay: Duration? = nil) async throws -> (id: JobID, receipt: Receipt) {
        let envelope = envelope { $0.start = delay.map { self.now + $0 } }
        let receipts = try await broker.enqueue([Submission(envelope, maximumLength: maximumLength)])
        try check("the number of receipts", receipts.count, is: 1)
        return (envelope.id, receipts[0])
    }

    // MARK: Working

    func request(
        _ limit: Int,
        worker: WorkerID = WorkerID("worker-1"),
        queue: QueueName? = nil,
        lease: Duration = .seconds(30),
        poisonLimit: Int = 3
    ) -> ClaimRequest {
        ClaimRequest(
            worker: worker,
            shares: [ClaimRequest.Share(queue: queue ?? self.queue, fair: limit, maximum: limit)],
            limit: limit,
            lease: lease,
            poisonLimit: poisonLimit
        )
    }

    func claim(
        _ limit: Int = 1,
        worker: WorkerID = WorkerID("worker-1"),
        queue: QueueName? = nil,
        lease: Duration = .seconds(30),
        poisonLimit: Int = 3
    ) async throws -> Claim {
        let request = request(limit, worker: worker, queue: queue, lease: lease, poisonLimit: poisonLimit)
        return try await broker.claim(request)
    }

    /// Claims one job, which must be there.
    func take(
        worker: WorkerID = WorkerID("worker-1"),
        queue: QueueName? = nil,
        lease: Duration = .seconds(30),
        poisonLimit: Int = 3,
        file: String = #fileID,
        line: Int = #line
    ) async throws -> Delivery {
        let claim = try await claim(1, worker: worker, queue: queue, lease: lease, poisonLimit: poisonLimit)
        try check("the number of deliveries", claim.deliveries.count, is: 1, file: file, line: line)
        return claim.deliveries[0]
    }

    /// Claims, and must get nothing.
    func takeNothing(queue: QueueName? = nil, file: String = #fileID, line: Int = #line) async throws {
        let ids = try await claim(100, queue: queue).deliveries.map(\.envelope.id)
        try check("the deliveries", ids, is: [], file: file, line: line)
    }

    /// Settles, which must have the expected result.
    func settle(
        _ delivery: Delivery,
        _ disposition: Settlement.Disposition = .succeeded([42]),
        expecting result: SettlementResult = .applied,
        file: String = #fileID,
        line: Int = #line
    ) async throws {
        let results = try await broker.settle([Settlement(lease: delivery.lease, disposition: disposition)])
        try check("the settlement's result", results, is: [result], file: file, line: line)
    }

    /// Says that endings are stored.
    func confirm(_ endings: [Ending]) async throws {
        let request = ClaimRequest(
            worker: WorkerID("worker-1"),
            shares: [ClaimRequest.Share(queue: queue, fair: 0, maximum: 0)],
            limit: 0,
            lease: .seconds(30),
            poisonLimit: 3,
            recorded: endings
        )
        _ = try await broker.claim(request)
    }

    func failure(attempt: Int = 1, _ message: String = "It did not work.") -> JobFailure {
        JobFailure(code: .failed, message: message, type: "TrialError", attempt: attempt, time: now)
    }

    // MARK: Looking

    func counts(_ queue: QueueName? = nil) async throws -> QueueCounts {
        try await inspector().counts(of: queue ?? self.queue)
    }

    func outcome(of id: JobID) async throws -> Outcome? {
        try await results().outcomes(of: [id])[id]?.outcome
    }

    /// Attaches an inbox under a client's number.
    func attachInbox(_ client: UInt64 = 7) async throws -> Inbox {
        let inbox = Inbox(client: ClientID(client))
        try await results().attach(inbox)
        return inbox
    }
}
