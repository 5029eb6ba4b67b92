//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A workflow that was submitted, here or elsewhere.
///
/// Copies stand for the same workflow. Letting go of the last one does nothing to it.
public struct WorkflowHandle<Output: Codable & Sendable>: Sendable, Identifiable {
    /// The workflow's identity.
    ///
    /// Another process gets a handle from it with ``JobSystem/workflow(for:returning:)``.
    public let id: JobID

    private let system: JobSystem
    private let claim: TicketClaim
    /// The workflow's own head and when it was submitted, where that was through this handle.
    private let submitted: (plan: WorkflowHead, time: Duration)?

    /// Creates a handle.
    ///
    /// - Parameters:
    ///   - system: Where the workflow is asked for.
    ///   - claim: Where its outcome arrives.
    ///   - plan: What has just been submitted, with the outcome to be delivered here.
    package init(system: JobSystem, claim: TicketClaim, plan: WorkflowHead? = nil) {
        id = claim.id
        self.system = system
        self.claim = claim
        submitted = plan.map { ($0, system.clock.uptime) }
    }

    /// Whether the outcome is certain to be delivered without being asked for.
    ///
    /// Should that be lost, the store tells it again as long as it keeps the outcome, which is a minute at least.
    private var isDelivered: Bool {
        claim.ticket.isFinished || submitted.map { system.clock.uptime - $0.time < .seconds(30) } ?? false
    }

    /// What the workflow returned.
    ///
    /// Suspends until the workflow is over; that is pushed, not polled. Cancelling the waiting task ends the wait, not the
    /// workflow.
    ///
    /// - Throws: ``JobError`` whose code says how the first job failed, or `cancelled`; `notFound` when there is no such
    ///   workflow or it is no longer kept; `undecodableOutput` when it returned something else; `inputTooLarge` when it
    ///   returned more than ``WorkflowLimits`` allow; `CancellationError` when the
    ///   waiting task is cancelled; ``BrokerError`` when the system is shut down or unreachable.
    public var value: Output {
        get async throws {
            if !isDelivered { try await system.watchWorkflow(id) }
            switch try await claim.ticket.outcome().outcome {
            case .succeeded: return try await output()
            case .failed(let failure) where failure.code == .cancelled && failure.type.isEmpty:
                throw JobError(code: .cancelled, message: "Workflow \(id) was cancelled.", id: id, failure: failure)
            case .failed(let failure):
                throw JobError(
                    code: failure.code,
                    message: "Workflow \(id) failed. \(failure.message)",
                    id: id,
                    failure: failure
                )
            case .cancelled, .expired:
                throw JobError(code: .cancelled, message: "Workflow \(id) was cancelled.", id: id)
            }
        }
    }

    /// Where the workflow is now, and how many of its jobs have ended.
    ///
    /// - Throws: ``JobError`` with the code `notFound` when there is no such workflow or it is no longer kept;
    ///   ``BrokerError`` when the store cannot be reached.
    public var status: WorkflowStatus {
        get async throws { try await system.workflowStatus(of: id) }
    }

    /// How many of the workflow's jobs have ended: now, and then each time that it is told, until it is over.
    ///
    /// A slow reader gets the newest report and misses the ones between.
    public var progress: WorkflowProgressSequence {
        WorkflowProgressSequence(claim: claim, system: system)
    }

    /// Cancels the workflow: no more of it is begun, and what has been begun and has not ended is cancelled.
    ///
    /// It is over when the last of its running jobs has stopped.
    ///
    /// - Returns: Whether there was something to cancel; `false` when the workflow was over.
    /// - Throws: ``JobError`` with the code `notFound`; ``BrokerError`` when an unknown part was cancelled. Repeating the
    ///   call is safe.
    @discardableResult
    public func cancel() async throws -> Bool {
        try await system.cancelWorkflow(id)
    }

    /// Begins again what failed or was cancelled in a workflow that is over.
    ///
    /// What has succeeded is kept.
    ///
    /// Handles that have had the failure keep it; the one that is returned awaits the next end.
    ///
    /// - Returns: A handle to the same workflow.
    /// - Throws: ``JobError`` with the code `notFound`; ``ConfigurationError`` with the code `invalidState` when the
    ///   workflow has not failed; ``BrokerError`` when an unknown part was begun. Repeating the call is safe.
    public func restart() async throws -> WorkflowHandle<Output> {
        try await system.restartWorkflow(id)
        return system.workflow(for: id, returning: Output.self)
    }

    /// The output of a workflow that has succeeded.
    func output() async throws -> Output {
        let store = try system.workflowStore
        let wanted: WorkflowNode.Part
        if let plan = submitted?.plan {
            wanted = plan.output
        } else {
            guard let head = try await store.head(of: id) else { throw system.workflowNotFound(id) }
            wanted = head.output
        }
        let part: WorkflowInput
        do {
            part = try await system.read(wanted, of: id, from: store)
        } catch let error as WorkflowSizeError {
            let message = "The output of workflow \(id) cannot be read. \(error.message)"
            throw JobError(code: error.code, message: message, id: id, cause: error)
        }
        do {
            return try part.decode(Output.self, system.configuration.codec)
        } catch {
            throw JobError(
                code: .undecodableOutput,
                message:
                    "The output of workflow \(id) is not a \(Output.self): \(error). The handle and the workflow must "
                    + "agree on its output.",
                id: id,
                cause: error
            )
        }
    }
}

/// Where a workflow is.
public struct WorkflowStatus: Sendable, Hashable {
    /// How far it has come.
    ///
    /// More may come, so a switch outside this package keeps an `@unknown default`.
    @nonexhaustive
    public enum Phase: Sendable, Hashable {
        /// It goes on.
        case running
        /// A job has failed, or somebody has cancelled it, and what was begun has not ended yet.
        case stopping
        /// All of it is done.
        case succeeded
        /// A job has failed.
        case failed(WorkflowFailure)
        /// Somebody has cancelled it.
        case cancelled
    }

    /// How far it has come.
    public let phase: Phase
    /// How many of its jobs have ended, callbacks left out.
    public let completed: Int
    /// How many jobs it has, callbacks left out.
    public let total: Int
    /// How many times it has been restarted.
    public let restarts: Int

    /// Creates a status.
    public init(phase: Phase, completed: Int, total: Int, restarts: Int) {
        self.phase = phase
        self.completed = completed
        self.total = total
        self.restarts = restarts
    }

    /// Whether the workflow is over.
    public var isFinished: Bool {
        switch phase {
        case .running, .stopping: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}

/// How far a workflow has come, as it goes on.
///
/// It may be iterated more than once and by several tasks.
public struct WorkflowProgressSequence: AsyncSequence, Sendable {
    /// What it gives out.
    public typealias Element = JobProgress

    private let claim: TicketClaim
    private let system: JobSystem

    fileprivate init(claim: TicketClaim, system: JobSystem) {
        self.claim = claim
        self.system = system
    }

    /// Starts to follow the workflow at the first call of `next()`.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(claim: claim, system: system)
    }

    /// Follows a workflow's progress.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let claim: TicketClaim
        private let system: JobSystem
        private var reports: AsyncStream<JobProgress>.Iterator?

        fileprivate init(claim: TicketClaim, system: JobSystem) {
            self.claim = claim
            self.system = system
        }

        /// The next report, in jobs; `nil` once the workflow is over or the task is cancelled.
        ///
        /// - Throws: ``JobError`` with the code `notFound` when there is no such workflow or it is no longer kept;
        ///   ``BrokerError`` when the store cannot be reached.
        public mutating func next() async throws -> JobProgress? {
            if reports == nil {
                let stream = claim.ticket.followProgress()
                try await system.watchWorkflow(claim.id)
                let status = try await system.workflowStatus(of: claim.id)
                claim.ticket.progress(JobProgress(completed: Double(status.completed), total: Double(status.total)))
                reports = stream.makeAsyncIterator()
            }
            return await reports?.next(isolation: #isolation)
        }
    }
}

// One task iterates it; another makes an iterator of its own.
@available(*, unavailable)
extension WorkflowProgressSequence.AsyncIterator: Sendable {}
