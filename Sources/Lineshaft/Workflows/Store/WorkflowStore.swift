//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Keeps workflows: what they consist of, how far they have come, and what their jobs have returned.
///
/// Nothing of a workflow is dropped while it is not over; only one that was never launched is, after a day. Afterwards it
/// is kept for its retention.
///
/// Every call may be repeated when its answer was lost, and is answered in the same way. The work of a call is in proportion to
/// what it is about, and not to the size of the workflow.
public protocol WorkflowStore: Sendable {
    /// The most nodes or ends of one call.
    var batchLimit: Int { get }

    /// Begins to store a workflow. A second one of the same identity is the first, for the parent of the second.
    ///
    /// The store chooses the incarnation: it is higher than any generation of an earlier workflow of this identity, which may
    /// have been dropped.
    ///
    /// - Parameter head: The workflow.
    /// - Returns: Whether it is to be filled and launched; `false` when it has been launched before.
    /// - Throws: ``BrokerError`` when the store cannot be reached, with the code `rejected` when one of another shape is being
    ///   filled under this identity.
    func create(_ head: WorkflowHead) async throws(BrokerError) -> Bool

    /// Begins to store a workflow, adds all its nodes, and begins those that wait for nothing: ``create(_:)``,
    /// ``append(_:at:to:)`` and ``begin(_:of:)`` in one, for a workflow that fits into one call of each.
    ///
    /// A store that implements it saves small workflows most of what their submission costs.
    ///
    /// - Parameters:
    ///   - head: The workflow, with at most ``batchLimit`` parts.
    ///   - nodes: Its nodes, at most ``batchLimit``.
    ///   - roots: Those that wait for nothing.
    /// - Returns: What is to be done before it is launched; `nil` when it has been launched before.
    /// - Throws: What ``create(_:)`` throws.
    func create(
        _ head: WorkflowHead,
        nodes: [WorkflowNode],
        beginning roots: [Int]
    ) async throws(BrokerError) -> WorkflowStep?

    /// Adds nodes to a workflow that has not been launched.
    ///
    /// - Parameters:
    ///   - nodes: The nodes, at most ``batchLimit``.
    ///   - index: The index of the first of them.
    ///   - id: The workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func append(_ nodes: ArraySlice<WorkflowNode>, at index: Int, to id: JobID) async throws(BrokerError)

    /// Begins nodes that wait for nothing.
    ///
    /// - Parameters:
    ///   - nodes: The nodes, at most ``batchLimit``.
    ///   - id: The workflow, with all its nodes.
    /// - Returns: What is to be done.
    /// - Throws: ``BrokerError`` when the store cannot be reached, or has no such workflow.
    func begin(_ nodes: [Int], of id: JobID) async throws(BrokerError) -> WorkflowStep

    /// Says that all that waits for nothing has been enqueued. From then on the workflow is kept until it is over.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: What is to be done.
    /// - Throws: ``BrokerError`` when the store cannot be reached, or has no such workflow.
    func launch(_ id: JobID) async throws(BrokerError) -> WorkflowStep

    /// Records how jobs ended; the first end of each counts.
    ///
    /// - Parameters:
    ///   - ends: The ends, all of one workflow, at most ``batchLimit``.
    ///   - id: The workflow.
    /// - Returns: For each, the end that counts, and what is to be done; `nil` when there is no such workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func end(_ ends: [WorkflowNodeEnd], of id: JobID) async throws(BrokerError) -> [WorkflowAnswer]?

    /// Goes on with telling those that wait for a node that it is done.
    ///
    /// - Parameters:
    ///   - rest: The node, and the first of those that have still to be told.
    ///   - id: The workflow.
    /// - Returns: What is to be done; `nil` when there is no such workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func advance(_ rest: WorkflowStep.Rest, of id: JobID) async throws(BrokerError) -> WorkflowStep?

    /// Says that whoever waits for a workflow that is over can know of it. From then on it is kept for a while, which begins
    /// when the last of its callbacks has ended. Saying it again with another time begins anew.
    ///
    /// One of which nobody says so is kept for a week or its own retention, whichever is longer.
    ///
    /// - Parameters:
    ///   - id: The workflow; one that is not over is left alone.
    ///   - retention: How long it is kept, and a minute at least.
    ///   - generation: The generation in which it is over; in another one it is left alone.
    /// - Returns: Whether that is so still; `nil` when there is no such workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func release(_ id: JobID, retention: Duration, generation: Int) async throws(BrokerError) -> WorkflowRelease?

    /// Says which job waits for a workflow from now on.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - parent: The job.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func adopt(_ id: JobID, by parent: WorkflowParent) async throws(BrokerError)

    /// Notes that a job of a workflow has turned out to be a workflow itself, which is to be cancelled with it.
    ///
    /// - Parameter id: The workflow that the job is a part of.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func noteExpansion(in id: JobID) async throws(BrokerError)

    /// Reads a workflow's head.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: Its head, or `nil` when there is none.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func head(of id: JobID) async throws(BrokerError) -> WorkflowHead?

    /// Reads nodes.
    ///
    /// - Parameters:
    ///   - nodes: Their indices, at most ``batchLimit``.
    ///   - id: The workflow.
    /// - Returns: The nodes, in the same order; empty when there is no such workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func nodes(_ nodes: [Int], of id: JobID) async throws(BrokerError) -> [WorkflowNode]

    /// Reads how nodes ended.
    ///
    /// - Parameters:
    ///   - nodes: Their indices, at most ``batchLimit``.
    ///   - id: The workflow.
    /// - Returns: The outcomes, in the same order, `nil` for those that have not ended; empty when there is no such workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func outcomes(of nodes: [Int], of id: JobID) async throws(BrokerError) -> [Outcome?]

    /// Reads how a node ended, as a job sees it that was begun in a generation.
    ///
    /// - Parameter reference: The job.
    /// - Returns: The outcome: `cancelled` when there is no such workflow, or it has been restarted since; `nil` when the job has not ended.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func outcome(of reference: WorkflowReference) async throws(BrokerError) -> Outcome?

    /// Reads why parts of a workflow have been stopped.
    ///
    /// - Parameters:
    ///   - regions: The parts.
    ///   - id: The workflow.
    /// - Returns: The reasons in the same order, `nil` for parts that have not been stopped; empty when there is no such
    ///   workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func stops(of regions: [Int], of id: JobID) async throws(BrokerError) -> [WorkflowStop?]

    /// Reads which nodes of a part of a workflow have been begun and have not ended, or are being passed on.
    ///
    /// - Parameters:
    ///   - range: The nodes of the part.
    ///   - id: The workflow.
    /// - Returns: The first of them, at most ``batchLimit``.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func openNodes(in range: Range<Int>, of id: JobID) async throws(BrokerError) -> WorkflowOpenNodes

    /// Stops a workflow: no more of it is begun, and it is over when what was begun has ended.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: What is to be done; `nil` when there is no such workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func cancel(_ id: JobID) async throws(BrokerError) -> WorkflowStep?

    /// Begins again what failed or was cancelled in a workflow that is over. What goes on is among the open nodes afterwards.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: What is to be done; `nil` when there is no such workflow, or it is not over, or has succeeded.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func restart(_ id: JobID) async throws(BrokerError) -> WorkflowStep?

    /// Reads how far a workflow has come.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: Its summary, or `nil` when there is none.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func summary(of id: JobID) async throws(BrokerError) -> WorkflowSummary?
}

extension WorkflowStore {
    /// One call after the other.
    public func create(
        _ head: WorkflowHead,
        nodes: [WorkflowNode],
        beginning roots: [Int]
    ) async throws(BrokerError) -> WorkflowStep? {
        guard try await create(head) else { return nil }
        try await append(nodes[...], at: 0, to: head.id)
        return try await begin(roots, of: head.id)
    }
}

/// How far a workflow has come.
public struct WorkflowSummary: Sendable, Hashable {
    /// Whether all of it has been stored and begun.
    public let isLaunched: Bool
    /// How it has ended, if it has.
    public let end: WorkflowEnd?
    /// Whether it goes no further, because a part has failed or somebody has cancelled it.
    public let isStopping: Bool
    /// How many jobs have ended, callbacks left out.
    public let completed: Int
    /// How many jobs there are, callbacks left out.
    public let total: Int
    /// Which of the workflows that there have been under this identity it is.
    public let incarnation: Int
    /// The generation that it is in.
    public let generation: Int
    /// Whether jobs of it have turned out to be workflows themselves.
    public let hasExpansions: Bool

    /// Creates a summary.
    public init(
        isLaunched: Bool,
        end: WorkflowEnd?,
        isStopping: Bool,
        completed: Int,
        total: Int,
        incarnation: Int,
        generation: Int,
        hasExpansions: Bool
    ) {
        self.hasExpansions = hasExpansions
        self.isLaunched = isLaunched
        self.end = end
        self.isStopping = isStopping
        self.completed = completed
        self.total = total
        self.incarnation = incarnation
        self.generation = generation
    }

    /// How many times it has been restarted.
    public var restarts: Int { generation - incarnation }
}
