//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// One host's way to the broker that all hosts share, which a case can cut off or damage.
///
/// A host that is cut off is dead for everybody else: no call of its takes effect, and nothing reaches it.
final class HostBroker: Broker {
    /// What a call was for.
    enum Call: Sendable, Hashable {
        case announce
        case claim
        case settle
        case extend
        case enqueue
        case cancel
        /// A change to a workflow.
        case workflow
        /// Recording outcomes that the broker does not record by itself.
        case record
        case readSteps
        case recordStep
    }

    private struct State {
        var isCut = false
        /// Whether wakes and cancellations are lost on their way.
        var losesPushes = false
        var counts: [Call: Int] = [:]
        var before: [Call: @Sendable () async throws(BrokerError) -> Void] = [:]
        var after: [Call: @Sendable () async throws(BrokerError) -> Void] = [:]
        var workers: Set<WorkerID> = []
        /// How many calls have been made that change something, while they are counted.
        var changes = 0
        var death: Death?
    }

    /// The moment of a host's death.
    struct Death: Sendable {
        /// The number of the change, from 1.
        let change: Int
        /// Whether the change is made and only its answer lost.
        let isAfter: Bool
        /// Ends the host's life.
        let die: @Sendable () async -> Void
    }

    let broker: any Broker
    private let state = Mutex(State())

    init(_ broker: any Broker) {
        self.broker = broker
    }

    var capabilities: BrokerCapabilities { broker.capabilities }
    var announcementInterval: Duration? { broker.announcementInterval }
    var idleInterval: Duration? { broker.idleInterval }
    var inspector: (any QueueInspector)? { broker.inspector }
    var results: (any ResultStore)? { broker.results.map { HostResultStore($0, way: self) } }
    var workflows: (any WorkflowStore)? { broker.workflows.map { HostWorkflowStore($0, way: self) } }
    var steps: (any StepStore)? { broker.steps.map { HostStepStore(store: $0, way: self) } }
    var schedules: (any ScheduleStore)? { broker.schedules }

    /// Ends the host's life, as far as the broker can tell.
    ///
    /// The broker learns of a broken connection, and of nothing else.
    func cut() async {
        let workers = state.withLock { state in
            state.isCut = true
            return state.workers
        }
        for worker in workers { await broker.detach(worker) }
    }

    /// Loses wakes and cancellations on their way, or no longer.
    func losePushes(_ loses: Bool = true) {
        state.withLock { $0.losesPushes = loses }
    }

    /// How many calls of a kind have been made.
    func count(of call: Call) -> Int {
        state.withLock { $0.counts[call, default: 0] }
    }

    /// Does something before each call of a kind takes effect; `nil` does nothing.
    func before(_ call: Call, _ body: (@Sendable () async throws(BrokerError) -> Void)?) {
        state.withLock { $0.before[call] = body }
    }

    /// Does something after each call of a kind took effect; `nil` does nothing.
    func after(_ call: Call, _ body: (@Sendable () async throws(BrokerError) -> Void)?) {
        state.withLock { $0.after[call] = body }
    }

    /// Counts changes from now on, and has the host die at one of them.
    func die(at death: Death?) {
        state.withLock { state in
            state.changes = 0
            state.death = death
        }
    }

    /// How many changes have been counted.
    var changes: Int { state.withLock { $0.changes } }

    func checkConnection() throws(BrokerError) {
        if state.withLock({ $0.isCut }) { throw BrokerError(code: .closed, message: "This host is dead.") }
        // A broker may give up a call whose task is cancelled, so this one always does.
        if Task.isCancelled { throw BrokerError(code: .cancelled, message: "The calling task was cancelled.") }
    }

    func perform<Success: Sendable>(
        _ call: Call,
        _ body: () async throws(BrokerError) -> Success
    ) async throws(BrokerError) -> Success {
        try checkConnection()
        let (before, death) = state.withLock { state in
            state.counts[call, default: 0] += 1
            if call.isChange { state.changes += 1 }
            return (state.before[call], call.isChange && state.death?.change == state.changes ? state.death : nil)
        }
        try await before?()
        if let death, !death.isAfter { await death.die() }
        try checkConnection()
        let success = try await body()
        if let death { await death.die() }
        try await state.withLock { $0.after[call] }?()
        if state.withLock({ $0.isCut }) { throw BrokerError(code: .closed, message: "This host is dead.") }
        return success
    }

    func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt] {
        try await perform(.enqueue) { () async throws(BrokerError) in try await broker.enqueue(submissions) }
    }

    func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        try await broker.waitForRoom(in: queue, maximumLength: maximumLength)
    }

    func attach(_ port: WorkerPort) async throws(BrokerError) {
        try checkConnection()
        state.withLock { _ = $0.workers.insert(port.worker) }
        try await broker.attach(
            WorkerPort(
                worker: port.worker,
                onWake: { if self.isOpen { port.wake() } },
                onExpect: { if self.isOpen { port.expect(after: $0) } },
                onCancel: { ids in if self.isOpen { port.cancel(ids) } }
            )
        )
    }

    private var isOpen: Bool { state.withLock { !$0.isCut && !$0.losesPushes } }

    func detach(_ worker: WorkerID) async {
        if !state.withLock({ $0.isCut }) { await broker.detach(worker) }
    }

    func announce(_ report: WorkerReport) async throws(BrokerError) {
        try await perform(.announce) { () async throws(BrokerError) in try await broker.announce(report) }
    }

    func claim(_ request: ClaimRequest) async throws(BrokerError) -> Claim {
        try await perform(.claim) { () async throws(BrokerError) in try await broker.claim(request) }
    }

    func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult] {
        try await perform(.settle) { () async throws(BrokerError) in try await broker.settle(settlements) }
    }

    func settle(
        _ settlements: [Settlement],
        claiming request: ClaimRequest
    ) async throws(BrokerError) -> ([SettlementResult], Claim) {
        try await perform(.settle) { () async throws(BrokerError) in
            try await broker.settle(settlements, claiming: request)
        }
    }

    func extend(_ leases: [Lease], by duration: Duration) async throws(BrokerError) -> [LeaseStatus] {
        try await perform(.extend) { () async throws(BrokerError) in try await broker.extend(leases, by: duration) }
    }

    func cancel(_ ids: [JobID]) async throws(BrokerError) -> [CancellationResult] {
        try await perform(.cancel) { () async throws(BrokerError) in try await broker.cancel(ids) }
    }

    func hasten(_ id: JobID, in queue: QueueName) async throws(BrokerError) {
        try await perform(.enqueue) { () async throws(BrokerError) in try await broker.hasten(id, in: queue) }
    }

    /// Does nothing: the broker is shared.
    func shutdown() async {}
}

extension HostBroker.Call {
    /// Whether something is different afterwards for others.
    var isChange: Bool {
        switch self {
        case .announce, .claim, .extend, .readSteps: false
        case .settle, .enqueue, .cancel, .workflow, .record, .recordStep: true
        }
    }
}

/// The steps of one host's jobs, on its way to the broker.
private struct HostStepStore: StepStore {
    let store: any StepStore
    let way: HostBroker

    func steps(of lease: Lease) async throws(BrokerError) -> [StepRecord]? {
        try await way.perform(.readSteps) { () async throws(BrokerError) in try await store.steps(of: lease) }
    }

    func record(_ step: StepRecord, under lease: Lease) async throws(BrokerError) -> SettlementResult {
        try await way.perform(.recordStep) { () async throws(BrokerError) in
            try await store.record(step, under: lease)
        }
    }
}
