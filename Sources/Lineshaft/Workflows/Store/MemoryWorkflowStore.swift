//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Keeps workflows in memory; they live and die with their process.
public actor MemoryWorkflowStore: WorkflowStore {
    private struct Entry {
        var state: WorkflowState
        /// The uptime until which it is kept; `nil` while it must not be dropped.
        var expiry: Duration?
        /// How long it is kept once whoever waits for its end can know of it; `nil` until then.
        var released: Duration?
    }

    /// The most nodes or ends of one call: 1,000.
    public nonisolated let batchLimit = 1_000

    /// How long a workflow is kept that is never launched.
    private static let launchLimit = Duration.seconds(24 * 3600)

    /// How long a workflow is kept at least, for those who tell once more of what it knows.
    private static let shortestRetention = Duration.seconds(60)

    /// How long a workflow is kept at least of whose end nobody says that it is known.
    private static let unreleasedLimit = Duration.seconds(7 * 24 * 3600)

    private let clock: any QueueClock
    private var entries: [JobID: Entry] = [:]
    /// Workflows of schedules that were begun, and until which uptime that is remembered.
    private var begun: [JobID: Duration] = [:]
    /// How many of these there may be until those that nobody needs any more are looked for.
    private var begunLimit = 1_000
    /// When to look for those that have outlived their time.
    private var nextSweep: Duration?

    /// Creates an empty store.
    ///
    /// - Parameter clock: What it takes the time from.
    public init(clock: any QueueClock = SystemClock()) {
        self.clock = clock
    }

    /// How many workflows are held.
    package var count: Int { entries.count }

    /// Begins to store a workflow.
    ///
    /// - Parameter head: The workflow.
    /// - Returns: Whether it is to be filled and launched.
    /// - Throws: ``BrokerError`` with the code `rejected` when one of another shape is being filled under this identity.
    public func create(_ head: WorkflowHead) throws(BrokerError) -> Bool {
        sweep()
        if let entry = entries[head.id] {
            guard entry.state.phase == .launching else { return false }
            if entry.state.head.shape != head.shape { throw WorkflowMissing.otherShape(head.id) }
            if let parent = head.parent { entries[head.id]?.state.head.parent = parent }
            return true
        }
        var head = head
        head.incarnation = clock.now.workflowIncarnation
        entries[head.id] = Entry(state: WorkflowState(head, pageLimit: batchLimit))
        keep(head.id, until: clock.uptime + Self.launchLimit)
        return true
    }

    /// Begins to store a workflow of a schedule: as ``ScheduleStore/create(_:before:)``.
    func create(_ head: WorkflowHead, before deadline: Timestamp) throws(BrokerError) -> WorkflowCreation {
        if state(of: head.id) == nil {
            if let memory = begun[head.id], clock.uptime < memory { return .known }
            if clock.now > deadline { return .late }
        }
        guard try create(head) else { return .known }
        begun[head.id] = clock.uptime + ScheduleMachine.memory
        if begun.count > begunLimit {
            begun = begun.filter { clock.uptime < $0.value }
            begunLimit = max(1_000, begun.count * 2)
        }
        return .unfinished
    }

    /// Lets it be forgotten before long that a workflow of a schedule was begun.
    func confirm(_ id: JobID) {
        if begun[id] != nil { begun[id] = clock.uptime + ScheduleMachine.workflowMemory }
    }

    /// Adds nodes to a workflow that has not been launched.
    ///
    /// - Parameters:
    ///   - nodes: The nodes.
    ///   - index: The index of the first of them.
    ///   - id: The workflow.
    public func append(_ nodes: ArraySlice<WorkflowNode>, at index: Int, to id: JobID) {
        entries[id]?.state.append(nodes, at: index)
    }

    /// Begins nodes that wait for nothing.
    ///
    /// - Parameters:
    ///   - nodes: The nodes.
    ///   - id: The workflow.
    /// - Returns: What is to be done.
    /// - Throws: ``BrokerError`` with the code `rejected` when there is no such workflow.
    public func begin(_ nodes: [Int], of id: JobID) throws(BrokerError) -> WorkflowStep {
        guard let step = change(id, { $0.begin(nodes) }) else { throw WorkflowMissing.error(id) }
        return step
    }

    /// Says that all that waits for nothing has been enqueued.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: What is to be done.
    /// - Throws: ``BrokerError`` with the code `rejected` when there is no such workflow.
    public func launch(_ id: JobID) throws(BrokerError) -> WorkflowStep {
        guard let step = change(id, { $0.launch() }) else { throw WorkflowMissing.error(id) }
        return step
    }

    /// Records how jobs ended.
    ///
    /// - Parameters:
    ///   - ends: The ends.
    ///   - id: The workflow.
    /// - Returns: For each, the end that counts, and what is to be done.
    public func end(_ ends: [WorkflowNodeEnd], of id: JobID) -> [WorkflowAnswer]? {
        change(id) { state in
            ends.map { state.end($0.reference.node, generation: $0.reference.generation, $0.outcome) }
        }
    }

    /// Goes on with telling those that wait for a node that it is done.
    ///
    /// - Parameters:
    ///   - rest: The node, and the first of those that have still to be told.
    ///   - id: The workflow.
    /// - Returns: What is to be done.
    public func advance(_ rest: WorkflowStep.Rest, of id: JobID) -> WorkflowStep? {
        change(id) { $0.advance(rest.node, from: rest.position) }
    }

    /// Says that whoever waits for a workflow that is over can know of it.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - retention: How long it is kept.
    ///   - generation: The generation in which it is over.
    /// - Returns: Whether that is so still.
    public func release(_ id: JobID, retention: Duration, generation: Int) -> WorkflowRelease? {
        guard let state = state(of: id) else { return nil }
        guard case .over = state.phase, state.generation == generation else {
            return WorkflowRelease(stands: false, parent: state.head.parent)
        }
        entries[id]?.released = max(retention, Self.shortestRetention)
        entries[id]?.expiry = nil
        keepReleased(id)
        return WorkflowRelease(stands: true, parent: state.head.parent)
    }

    /// Says which job waits for a workflow from now on.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - parent: The job.
    public func adopt(_ id: JobID, by parent: WorkflowParent) {
        _ = change(id) { $0.adopt(by: parent) }
    }

    /// Notes that a job of a workflow has turned out to be a workflow itself.
    ///
    /// - Parameter id: The workflow that the job is a part of.
    public func noteExpansion(in id: JobID) {
        _ = change(id) { $0.hasExpansions = true }
    }

    /// Reads a workflow's head.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: Its head, if it is there.
    public func head(of id: JobID) -> WorkflowHead? { state(of: id)?.head }

    /// Reads nodes.
    ///
    /// - Parameters:
    ///   - nodes: Their indices.
    ///   - id: The workflow.
    /// - Returns: The nodes.
    public func nodes(_ nodes: [Int], of id: JobID) -> [WorkflowNode] {
        guard let state = state(of: id) else { return [] }
        return nodes.map { state.nodes[$0] }
    }

    /// Reads how nodes ended.
    ///
    /// - Parameters:
    ///   - nodes: Their indices.
    ///   - id: The workflow.
    /// - Returns: The outcomes.
    public func outcomes(of nodes: [Int], of id: JobID) -> [Outcome?] {
        guard let state = state(of: id) else { return [] }
        return nodes.map { state.outcome(of: $0) }
    }

    /// Reads how a node ended, as a job sees it that was begun in a generation.
    ///
    /// - Parameter reference: The job.
    /// - Returns: The outcome, if there is one.
    public func outcome(of reference: WorkflowReference) -> Outcome? {
        guard let state = state(of: reference.id) else { return .cancelled }
        return state.outcome(of: reference.node, generation: reference.generation)
    }

    /// Reads why parts of a workflow have been stopped.
    ///
    /// - Parameters:
    ///   - regions: The parts.
    ///   - id: The workflow.
    /// - Returns: The reasons.
    public func stops(of regions: [Int], of id: JobID) -> [WorkflowStop?] {
        guard let state = state(of: id) else { return [] }
        return regions.map { state.stop(of: $0) }
    }

    /// Reads which nodes of a part of a workflow have been begun and have not ended, or are being passed on.
    ///
    /// - Parameters:
    ///   - range: The nodes of the part.
    ///   - id: The workflow.
    /// - Returns: The first of them.
    public func openNodes(in range: Range<Int>, of id: JobID) -> WorkflowOpenNodes {
        state(of: id)?.openNodes(in: range, limit: batchLimit) ?? WorkflowOpenNodes()
    }

    /// Stops a workflow.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: What is to be done.
    public func cancel(_ id: JobID) -> WorkflowStep? { change(id) { $0.cancel() } }

    /// Begins again what failed or was cancelled in a workflow that is over.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: What is to be done.
    public func restart(_ id: JobID) -> WorkflowStep? {
        change(id) { $0.restart() } ?? nil
    }

    /// Reads how far a workflow has come.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: Its summary, if it is there.
    public func summary(of id: JobID) -> WorkflowSummary? { state(of: id)?.summary }

    // MARK: Keeping

    private func state(of id: JobID) -> WorkflowState? {
        guard let entry = entries[id], entry.expiry.map({ clock.uptime < $0 }) ?? true else { return nil }
        return entry.state
    }

    private func change<Value>(_ id: JobID, _ body: (inout WorkflowState) -> Value) -> Value? {
        sweep()
        // Taken out while it changes, so that it is changed in place.
        guard var entry = entries.removeValue(forKey: id) else { return nil }
        let wasLaunching = entry.state.phase == .launching
        let value = body(&entry.state)
        if entry.state.phase == .running { entry.released = nil }
        // What holds for one that is never launched, or was over, does not any more.
        if entry.state.phase == .running || wasLaunching && entry.state.phase != .launching { entry.expiry = nil }
        entries[id] = entry
        keepReleased(id)
        return value
    }

    /// Lets a workflow's retention begin, once nothing of it is under way and its end is known or should be.
    private func keepReleased(_ id: JobID) {
        guard let entry = entries[id], entry.expiry == nil, entry.state.open == 0, case .over = entry.state.phase else {
            return
        }
        let retention = entry.released ?? max(entry.state.head.retention, Self.unreleasedLimit)
        keep(id, until: clock.uptime + retention)
    }

    private func keep(_ id: JobID, until expiry: Duration) {
        entries[id]?.expiry = expiry
        nextSweep = min(nextSweep ?? expiry, expiry)
    }

    /// Drops what has outlived its time.
    private func sweep() {
        let uptime = clock.uptime
        guard let nextSweep, nextSweep <= uptime else { return }
        entries = entries.filter { $0.value.expiry.map { uptime < $0 } ?? true }
        self.nextSweep = entries.values.compactMap(\.expiry).min()
    }
}
