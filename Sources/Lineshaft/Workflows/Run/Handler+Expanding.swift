//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Logging

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
    /// For a job that does more than that, see ``JobContext/start(_:)``.
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
            try await context.start { try await expansion(job, input, context) }.value
        }
    }
}

/// Ends a run whose job waits for a workflow that it has started, or for a broker that cannot be reached.
///
/// A handler that catches errors lets this one through: it is called again when the workflow is over. That is neither a
/// failure nor an attempt, and may happen any number of times.
public struct AwaitingWorkflow: Error, Sendable {
    /// How long until the job looks by itself, should nobody tell it that the workflow is over.
    public let delay: Duration

    package init(delay: Duration = .seconds(60)) {
        self.delay = delay
    }

    /// The job is put off because its broker has refused to say what it must know.
    ///
    /// - Parameters:
    ///   - error: Why; what does not pass by itself is for a person to see, and not asked again at once.
    ///   - message: What that means.
    ///   - logger: Where it is said.
    package init(_ error: any Error, _ message: Logger.Message, _ logger: Logger) {
        let isPassing = (error as? BrokerError)?.isPassing ?? false
        logger.log(level: isPassing ? .debug : .error, message, metadata: ["error": "\(error)"])
        self.init(delay: isPassing ? .seconds(1) : .seconds(30))
    }
}
