//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A workflow that is bound to the job which has started it, see ``JobContext/start(_:)``.
public struct ChildWorkflow<Output: Codable & Sendable>: Sendable, Identifiable {
    /// The workflow's identity.
    public let id: JobID

    private let context: JobContext

    fileprivate init(id: JobID, context: JobContext) {
        self.id = id
        self.context = context
    }

    /// What the workflow returned.
    ///
    /// While it goes on, this ends the run: the job waits without a slot, and its handler is called again when the workflow is
    /// over. That is neither a failure nor an attempt. Let through what this throws then, ``AwaitingWorkflow``.
    ///
    /// - Throws: ``ChildFailure`` when the workflow has not succeeded; ``AwaitingWorkflow`` while it goes on.
    public var value: Output {
        get async throws {
            try await context.scope.system.passing { () async throws in
                switch try await context.end(ofChild: id) {
                case nil: throw AwaitingWorkflow()
                case .succeeded:
                    let output = try await context.jobs.workflow(for: id, returning: Output.self).output()
                    context.scope.children.note(known: id)
                    return output
                case .some(let end):
                    let outcome = try await context.outcome(of: id, end)
                    context.scope.children.note(known: id)
                    throw ChildFailure(id: id, outcome: outcome)
                }
            }
        }
    }
}

/// The end of a workflow, bound to a job, that has not succeeded.
///
/// A handler that lets it through ends its job in the same way, without another attempt.
public struct ChildFailure: Error, Sendable, CustomStringConvertible {
    /// The workflow.
    public let id: JobID
    /// How it ended.
    public let outcome: Outcome

    /// Creates a failure.
    package init(id: JobID, outcome: Outcome) {
        self.id = id
        self.outcome = outcome
    }

    /// The failure as a sentence.
    public var description: String {
        if case .failed(let failure) = outcome {
            "Workflow \(id) failed. \(failure.message)"
        } else {
            "Workflow \(id) was cancelled."
        }
    }
}

extension JobContext {
    /// Starts a workflow that is bound to this job.
    ///
    /// The job's outcome waits for it: a handler that returns while a workflow it has started goes on is called again when that
    /// is over, and its output counts then. The job holds no slot meanwhile. Cancelling the job cancels the workflow, and the
    /// job's deadline is that of all its jobs.
    ///
    /// A handler that is called again comes upon the same workflows: the first call of this in each run is about the first
    /// workflow, the second about the second, whatever process it runs in. So start them one after the other and always in the
    /// same order. Once a workflow has been submitted the closure is not called again.
    ///
    /// ```swift
    /// let files = try await context.start { Group(try await list(job.folder).map(ImportFile.init)) }
    /// let total = try await files.value.reduce(0, +)
    /// ```
    ///
    /// - Parameter workflow: Makes the workflow; it must come to the same one each time.
    /// - Returns: The workflow.
    /// - Throws: What the closure throws; ``BrokerError`` with the code `unsupported` when the broker keeps no workflows.
    public func start<Child: Workflow>(
        _ workflow: () async throws -> Child
    ) async throws -> ChildWorkflow<Child.Output> where Child.Input == NoValue {
        let index = scope.children.next()
        return try await scope.system.passing { () async throws in
            let envelope = scope.delivery.envelope
            guard let owner = try await scope.system.owner(of: envelope) else {
                throw WorkflowMissing.error(parent ?? id)
            }
            let own = owner.child(index)
            let store = try scope.system.workflowStore
            if let summary = try await store.summary(of: own), summary.isLaunched {
                if envelope.isPartOfWorkflow { try await adopt(own, summary) }
            } else {
                let made = try await workflow()
                if let reference = envelope.details.workflow { try await store.noteExpansion(in: reference.id) }
                _ = try await scope.system.submit(
                    made,
                    id: own,
                    retention: envelope.hasDetails ? envelope.details.retention : nil,
                    replyTo: nil,
                    deadline: envelope.hasDetails ? envelope.details.deadline : nil,
                    parent: WorkflowParent(id: id, queue: queue)
                )
            }
            // One whose closure throws was not started, which the handler may well live with.
            scope.children.note(started: own)
            return ChildWorkflow(id: own, context: self)
        }
    }

    /// Takes over what an earlier life of this job has started: one that its own workflow's restart has ended.
    private func adopt(_ own: JobID, _ summary: WorkflowSummary) async throws {
        let system = scope.system
        let store = try system.workflowStore
        guard let head = try await store.head(of: own), head.parent?.id != id else { return }
        let parent = WorkflowParent(id: id, queue: queue)
        switch summary.end {
        case .succeeded: return
        case nil:
            // It is about to end for the sake of the job's earlier life.
            if summary.isStopping { throw AwaitingWorkflow(delay: .seconds(2)) }
            // Whoever restarted it may have died before all that goes on was enqueued.
            if summary.restarts > 0 { try await system.restartWorkflow(own) }
        case .failed, .cancelled:
            try await system.restartWorkflow(own)
        }
        // The last step: until it is done, the next run of this job does all of it again.
        try await store.adopt(own, by: parent)
    }

    /// Waits for the workflows that this job has started and not asked about, and lets all of them go.
    ///
    /// They are kept until then: a handler that is put off for hours after it has read one comes upon it again.
    ///
    /// - Throws: ``AwaitingWorkflow`` while one of them goes on, ``ChildFailure`` when one has not succeeded.
    package func awaitChildren() async throws {
        for child in scope.children.unknown {
            try await scope.system.passing { () async throws in
                guard let end = try await end(ofChild: child) else { throw AwaitingWorkflow() }
                if end != .succeeded { throw ChildFailure(id: child, outcome: try await outcome(of: child, end)) }
            }
        }
        for child in scope.children.started {
            try await scope.system.passing { () async throws in try await release(child: child) }
        }
    }

    fileprivate func end(ofChild own: JobID) async throws(BrokerError) -> WorkflowEnd? {
        guard let summary = try await scope.system.workflowStore.summary(of: own) else {
            throw WorkflowMissing.error(own)
        }
        return summary.end
    }

    fileprivate func outcome(of own: JobID, _ end: WorkflowEnd) async throws(BrokerError) -> Outcome {
        end == .cancelled ? .cancelled : try await scope.system.failedOutcome(of: own)
    }

    /// The job has all it wants of its workflow, and may have to read it once more if its process dies.
    fileprivate func release(child own: JobID) async throws(BrokerError) {
        let store = try scope.system.workflowStore
        guard let head = try await store.head(of: own), let summary = try await store.summary(of: own) else { return }
        _ = try await store.release(own, retention: head.retention, generation: summary.generation)
    }
}

extension JobSystem {
    /// Does something for a job, which is put off when the broker cannot be reached.
    fileprivate func passing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as BrokerError where error.isPassing {
            throw AwaitingWorkflow(delay: .seconds(1))
        }
    }
}
