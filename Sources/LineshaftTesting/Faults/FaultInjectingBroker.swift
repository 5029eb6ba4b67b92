//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// A broker with which things go wrong: between any two calls, and between a call's effect and its answer.
///
/// ```swift
/// let process = SimulatedProcess(name: "worker 1")
/// let faults = FaultInjector(plan: .scripted(.fault(.dieAfter, on: .claim, call: 2)), clock: clock, process: process)
/// let broker = FaultInjectingBroker(MemoryBroker(clock: clock), faults: faults)
/// ```
///
/// Give each simulated process a wrapper and an injector of its own around the one broker they share.
public final class FaultInjectingBroker: Broker {
    /// Decides what goes wrong.
    public let faults: FaultInjector
    /// The wrapped broker's store, with faults; `nil` when it has none.
    public let results: (any ResultStore)?
    private let broker: any Broker

    /// Wraps a broker.
    ///
    /// - Parameters:
    ///   - broker: The broker that does the work.
    ///   - faults: Decides what goes wrong.
    public init(_ broker: any Broker, faults: FaultInjector) {
        self.broker = broker
        self.faults = faults
        results = broker.results.map { FaultInjectingResultStore($0, faults: faults) }
    }

    /// What the wrapped broker can do.
    public var capabilities: BrokerCapabilities { broker.capabilities }

    /// As often as the wrapped broker wants it.
    public var announcementInterval: Duration? { broker.announcementInterval }

    /// The broker's own interval, or four seconds: faults may swallow what would wake a worker.
    public var idleInterval: Duration? { broker.idleInterval ?? .seconds(4) }

    /// The wrapped broker's workflows, with faults; `nil` when it keeps none.
    public var workflows: (any WorkflowStore)? {
        broker.workflows.map { FaultInjectingWorkflowStore($0, faults: faults) }
    }

    /// The wrapped broker's inspector, with faults; `nil` when it has none.
    public var inspector: (any QueueInspector)? {
        broker.inspector.map { FaultInjectingInspector($0, faults: faults) }
    }

    /// The wrapped broker's store of steps, with faults; `nil` when it has none.
    public var steps: (any StepStore)? {
        broker.steps.map { FaultInjectingStepStore($0, faults: faults) }
    }

    /// The wrapped broker's schedules, with faults; `nil` when it keeps none.
    public var schedules: (any ScheduleStore)? {
        broker.schedules.map { FaultInjectingScheduleStore($0, faults: faults) }
    }

    /// Accepts jobs, unless something goes wrong.
    ///
    /// - Parameter submissions: The jobs.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt] {
        try await faults.call(.enqueue) { () async throws(BrokerError) in try await broker.enqueue(submissions) }
    }

    /// Waits for room, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - maximumLength: The length that counted as full.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        try await faults.call(.waitForRoom) { () async throws(BrokerError) in
            try await broker.waitForRoom(in: queue, maximumLength: maximumLength)
        }
    }

    /// Connects a port, whose pushes go wrong as calls do.
    ///
    /// - Parameter port: What to call.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func attach(_ port: WorkerPort) async throws(BrokerError) {
        let faults = faults
        let faulty = WorkerPort(
            worker: port.worker,
            onWake: { faults.push(.wake, recovery: { port.wake() }, { port.wake() }) },
            onExpect: { delay in
                faults.push(.wake, recovery: { port.expect(after: delay) }, { port.expect(after: delay) })
            },
            onCancel: { ids in faults.push(.pushCancel, recovery: nil) { port.cancel(ids) } }
        )
        try await faults.call(.attach) { () async throws(BrokerError) in try await broker.attach(faulty) }
    }

    /// Forgets a worker, unless something goes wrong.
    ///
    /// - Parameter worker: The worker that has stopped.
    public func detach(_ worker: WorkerID) async {
        await faults.callSilently(.detach) { await broker.detach(worker) }
    }

    /// Publishes a worker's report, unless something goes wrong.
    ///
    /// - Parameter report: The worker's description of itself.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func announce(_ report: WorkerReport) async throws(BrokerError) {
        try await faults.call(.announce) { () async throws(BrokerError) in try await broker.announce(report) }
    }

    /// Gives out jobs, unless something goes wrong.
    ///
    /// - Parameter request: What the worker can take.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func claim(_ request: ClaimRequest) async throws(BrokerError) -> Claim {
        try await faults.call(.claim) { () async throws(BrokerError) in try await broker.claim(request) }
    }

    /// Applies settlements, unless something goes wrong.
    ///
    /// - Parameter settlements: How deliveries ended.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult] {
        try await faults.call(.settle) { () async throws(BrokerError) in try await broker.settle(settlements) }
    }

    /// Applies settlements and claims, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - settlements: How deliveries ended.
    ///   - request: What the worker can take.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func settle(
        _ settlements: [Settlement],
        claiming request: ClaimRequest
    ) async throws(BrokerError) -> ([SettlementResult], Claim) {
        try await faults.call(.settleAndClaim) { () async throws(BrokerError) in
            try await broker.settle(settlements, claiming: request)
        }
    }

    /// Extends leases, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - leases: The leases.
    ///   - duration: How long they run from now on.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func extend(_ leases: [Lease], by duration: Duration) async throws(BrokerError) -> [LeaseStatus] {
        try await faults.call(.extend) { () async throws(BrokerError) in try await broker.extend(leases, by: duration) }
    }

    /// Cancels jobs, unless something goes wrong.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: What the wrapped broker returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func cancel(_ ids: [JobID]) async throws(BrokerError) -> [CancellationResult] {
        try await faults.call(.cancel) { () async throws(BrokerError) in try await broker.cancel(ids) }
    }

    /// Makes a job ready, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - queue: Its queue.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped broker's or an injected one.
    public func hasten(_ id: JobID, in queue: QueueName) async throws(BrokerError) {
        try await faults.call(.hasten) { () async throws(BrokerError) in try await broker.hasten(id, in: queue) }
    }

    /// Does nothing: the wrapped broker is shared, and whoever made it shuts it down.
    public func shutdown() async {}
}
