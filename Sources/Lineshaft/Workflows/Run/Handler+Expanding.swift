//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Handler {
    /// Creates the handler of a job that turns out to be a workflow: what the workflow returns is the job's output.
    ///
    /// How many jobs there are, and which, is known only when the closure has looked:
    ///
    /// ```swift
    /// Handler(for: ImportFolder.self, expanding: { job, _, context in
    ///     Group(try await list(job.folder).map(ImportFile.init)).then(Summary())
    /// })
    /// ```
    ///
    /// The workflow is bound to the job. While it goes on the job waits and holds no slot; that is neither a failure nor an
    /// attempt. The job ends as the workflow does, and cancelling it cancels the workflow. Once the workflow has been
    /// submitted, the closure is not called again; when its process dies before, it is, and must come to the same workflow.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - retry: How failed attempts of the closure are repeated, unless the job brought a policy.
    ///   - isRetryable: Whether an error of the closure is worth another attempt.
    ///   - expansion: Makes the workflow.
    public init<Expansion: Workflow>(
        for type: J.Type,
        retry: RetryStrategy? = nil,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        expanding expansion: @escaping @Sendable (J, J.Input, JobContext) async throws -> Expansion
    ) where Expansion.Input == NoValue, Expansion.Output == J.Output {
        self.init(for: type, retry: retry, isRetryable: isRetryable) {
            (job: J, input: J.Input, context: JobContext) async throws -> J.Output in
            try await context.output { try await expansion(job, input, context) }
        }
    }
}

/// Ends a run whose job waits for a workflow.
package struct AwaitingWorkflow: Error {
    /// How long until the job looks by itself, should nobody tell it that the workflow is over.
    package static let patience = Duration.seconds(60)
}

/// Ends a run whose job's workflow has not succeeded.
package struct WorkflowNotSucceeded: Error {
    package let outcome: Outcome
}

extension JobContext {
    /// The output of the workflow that this job is.
    ///
    /// - Parameter expansion: Makes the workflow; not called when it was submitted before.
    /// - Returns: The output.
    /// - Throws: ``AwaitingWorkflow`` as long as the workflow goes on; ``WorkflowNotSucceeded``; ``Snooze`` when the store
    ///   cannot be reached; and what the closure throws.
    fileprivate func output<Expansion: Workflow>(
        _ expansion: () async throws -> Expansion
    ) async throws -> Expansion.Output where Expansion.Input == NoValue {
        let own = JobSystem.expansion(of: id)
        do {
            let summary = try await scope.system.workflowStore.summary(of: own)
            if let summary, summary.isLaunched { return try await output(of: own, summary.end) }
            try await submit(try await expansion(), as: own)
            let end = try await scope.system.workflowStore.summary(of: own)?.end
            return try await output(of: own, end)
        } catch let error as BrokerError where error.isPassing {
            logger.debug("A job's workflow is out of reach; the job is put off", metadata: ["error": "\(error)"])
            throw Snooze(delay: .seconds(1))
        }
    }

    private func submit<Expansion: Workflow>(_ workflow: Expansion, as own: JobID) async throws
    where Expansion.Input == NoValue {
        let envelope = scope.delivery.envelope
        if let reference = envelope.details.workflow {
            try await scope.system.workflowStore.noteExpansion(in: reference.id)
        }
        _ = try await scope.system.submit(
            workflow,
            id: own,
            retention: envelope.hasDetails ? envelope.details.retention : nil,
            replyTo: nil,
            parent: WorkflowParent(id: id, queue: queue)
        )
    }

    /// The job has read its workflow, and may have to once more if its process dies.
    private func release(_ own: JobID) async throws(BrokerError) {
        guard let head = try await scope.system.workflowHead(of: own) else { return }
        try await scope.system.workflowStore.release(own, retention: head.retention)
    }

    private func output<Output: Codable & Sendable>(of own: JobID, _ end: WorkflowEnd?) async throws -> Output {
        let system = scope.system
        switch end {
        case nil: throw AwaitingWorkflow()
        case .cancelled: throw WorkflowNotSucceeded(outcome: .cancelled)
        case .failed:
            let outcome = try await system.failedOutcome(of: own)
            try await release(own)
            throw WorkflowNotSucceeded(outcome: outcome)
        case .succeeded:
            let handle = system.workflow(for: own, returning: Output.self)
            let output = try await handle.output()
            try await release(own)
            return output
        }
    }
}

extension JobSystem {
    /// The workflow that a job turns out to be.
    package static func expansion(of id: JobID) -> JobID { JobID(derivedFrom: "\(id)/expansion") }

    /// Cancels the workflow that a job has turned out to be, if it has.
    func cancelExpansion(of id: JobID) async throws(BrokerError) {
        guard let store = broker.workflows else { return }
        let own = Self.expansion(of: id)
        if let step = try await store.cancel(own) { try await perform(step, of: own) }
    }

    /// Restarts the workflow that a job has turned out to be, if it has and it failed.
    func restartExpansion(of id: JobID) async throws {
        guard let store = broker.workflows else { return }
        let own = Self.expansion(of: id)
        guard let summary = try await store.summary(of: own), let end = summary.end, end != .succeeded else { return }
        try await restartWorkflow(own)
    }
}
