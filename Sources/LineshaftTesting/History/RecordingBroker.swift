//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// A broker that writes down what goes through it, before and after each call.
///
/// Around the broker itself, inside a ``FaultInjectingBroker``, it sees what really took effect. Around a broker in a real
/// process it sees what that process saw. A ``HistoryChecker`` judges both.
public final class RecordingBroker: Broker {
    /// The wrapped broker's inspector, whose changes are recorded; `nil` when it has none.
    public let inspector: (any QueueInspector)?
    /// The wrapped broker's store, recorded; `nil` when it has none.
    public let results: (any ResultStore)?
    /// The wrapped broker's workflows.
    public var workflows: (any WorkflowStore)? { broker.workflows }
    private let broker: any Broker
    private let recorder: HistoryRecorder
    private let process: String

    /// Wraps a broker.
    ///
    /// - Parameters:
    ///   - broker: The broker that does the work.
    ///   - recorder: Where to record.
    ///   - process: Whose calls these are.
    public init(_ broker: any Broker, recorder: HistoryRecorder, process: String) {
        self.broker = broker
        self.recorder = recorder
        self.process = process
        inspector = broker.inspector.map { RecordingInspector($0, recorder: recorder, process: process) }
        results = broker.results.map { RecordingResultStore($0, recorder: recorder, process: process) }
    }

    /// What the wrapped broker can do.
    public var capabilities: BrokerCapabilities { broker.capabilities }

    /// As often as the wrapped broker wants it.
    public var announcementInterval: Duration? { broker.announcementInterval }

    /// The broker's own interval.
    public var idleInterval: Duration? { broker.idleInterval }

    /// The wrapped broker's store of steps, which is not recorded.
    public var steps: (any StepStore)? { broker.steps }

    /// The wrapped broker's schedules, whose firings are recorded; `nil` when it keeps none.
    public var schedules: (any ScheduleStore)? {
        broker.schedules.map { RecordingScheduleStore($0, recorder: recorder, process: process) }
    }

    /// Accepts jobs and records it.
    ///
    /// - Parameter submissions: The jobs.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: What the wrapped broker throws.
    public func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt] {
        let call = recorder.nextCall()
        for submission in submissions { record(.submitting(call: call, SubmittedJob(submission.envelope))) }
        let receipts = try await broker.enqueue(submissions)
        for (submission, receipt) in zip(submissions, receipts) {
            let job = submission.envelope.id
            switch receipt {
            case .accepted: record(.accepted(call: call, job: job))
            case .duplicate(let original): record(.declined(call: call, job: job, original: original))
            case .full: record(.declined(call: call, job: job, original: nil))
            }
        }
        return receipts
    }

    /// Waits for room, which is not recorded.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - maximumLength: The length that counted as full.
    /// - Throws: What the wrapped broker throws.
    public func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        try await broker.waitForRoom(in: queue, maximumLength: maximumLength)
    }

    /// Connects a port, which is not recorded.
    ///
    /// - Parameter port: What to call.
    /// - Throws: What the wrapped broker throws.
    public func attach(_ port: WorkerPort) async throws(BrokerError) {
        try await broker.attach(port)
    }

    /// Forgets a worker, which is not recorded.
    ///
    /// - Parameter worker: The worker that has stopped.
    public func detach(_ worker: WorkerID) async {
        await broker.detach(worker)
    }

    /// Publishes a worker's report, which is not recorded.
    ///
    /// - Parameter report: The worker's description of itself.
    /// - Throws: What the wrapped broker throws.
    public func announce(_ report: WorkerReport) async throws(BrokerError) {
        try await broker.announce(report)
    }

    /// Gives out jobs and records them.
    ///
    /// - Parameter request: What the worker can take.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: What the wrapped broker throws.
    public func claim(_ request: ClaimRequest) async throws(BrokerError) -> Claim {
        let call = recorder.nextCall()
        record(.claiming(call: call))
        let claim = try await broker.claim(request)
        record(claim, request, call)
        return claim
    }

    /// Applies settlements and records them.
    ///
    /// - Parameter settlements: How deliveries ended.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: What the wrapped broker throws.
    public func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult] {
        let call = recorder.nextCall()
        record(settlements, call)
        let results = try await broker.settle(settlements)
        record(results, of: settlements, call)
        return results
    }

    /// Applies settlements, gives out jobs, and records both.
    ///
    /// - Parameters:
    ///   - settlements: How deliveries ended.
    ///   - request: What the worker can take.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: What the wrapped broker throws.
    public func settle(
        _ settlements: [Settlement],
        claiming request: ClaimRequest
    ) async throws(BrokerError) -> ([SettlementResult], Claim) {
        let call = recorder.nextCall()
        record(settlements, call)
        record(.claiming(call: call))
        let (results, claim) = try await broker.settle(settlements, claiming: request)
        record(results, of: settlements, call)
        record(claim, request, call)
        return (results, claim)
    }

    /// Extends leases and records it.
    ///
    /// - Parameters:
    ///   - leases: The leases.
    ///   - duration: How long they run from now on.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: What the wrapped broker throws.
    public func extend(_ leases: [Lease], by duration: Duration) async throws(BrokerError) -> [LeaseStatus] {
        let call = recorder.nextCall()
        record(.extending(call: call, nanoseconds: duration.saturatedNanoseconds))
        let statuses = try await broker.extend(leases, by: duration)
        for (lease, status) in zip(leases, statuses) {
            record(.extended(call: call, job: lease.id, token: lease.token, held: status != .lost))
        }
        return statuses
    }

    /// Cancels jobs and records it.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: What the wrapped broker throws.
    public func cancel(_ ids: [JobID]) async throws(BrokerError) -> [CancellationResult] {
        let call = recorder.nextCall()
        for id in ids { record(.cancelling(call: call, job: id)) }
        let results = try await broker.cancel(ids)
        for (id, result) in zip(ids, results) {
            record(.cancelled(call: call, job: id, atOnce: result == .cancelled))
        }
        return results
    }

    /// Passes it on; it changes nothing that is recorded.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - queue: Its queue.
    /// - Throws: What the wrapped broker throws.
    public func hasten(_ id: JobID, in queue: QueueName) async throws(BrokerError) {
        try await broker.hasten(id, in: queue)
    }

    /// Shuts the wrapped broker down.
    public func shutdown() async {
        await broker.shutdown()
    }

    private func record(_ kind: HistoryEvent.Kind) {
        recorder.record(kind, by: process)
    }

    private func record(_ settlements: [Settlement], _ call: Int) {
        for settlement in settlements {
            let lease = settlement.lease
            record(.settling(call: call, job: lease.id, token: lease.token, HistoryDisposition(settlement.disposition)))
        }
    }

    private func record(_ results: [SettlementResult], of settlements: [Settlement], _ call: Int) {
        for (settlement, result) in zip(settlements, results) {
            let lease = settlement.lease
            record(.settled(call: call, job: lease.id, token: lease.token, applied: result == .applied))
        }
    }

    private func record(_ claim: Claim, _ request: ClaimRequest, _ call: Int) {
        for delivery in claim.deliveries {
            let job = DeliveredJob(
                job: delivery.lease.id,
                token: delivery.lease.token,
                attempt: delivery.attempt,
                delivery: delivery.delivery,
                lease: request.lease.saturatedNanoseconds
            )
            record(.delivered(call: call, job))
        }
    }
}
