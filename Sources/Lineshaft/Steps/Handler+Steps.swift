//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Handler {
    /// Creates the handler of a job whose work is a list of steps, one after the other.
    ///
    /// Each runs once: when the job runs again, after a failure or a crash, it goes on at the step that had not finished.
    ///
    /// ```swift
    /// Handler(for: ImportArchive.self) {
    ///     Step("unpack") { job, context in try await archive.unpack(job.path) }
    ///     Step("load") { job, context in try await table.load(job.path) }
    /// }
    /// ```
    ///
    /// It is ``JobContext/checkpoint(_:_:)`` for each of them in turn; a step may use it in turn. The steps may not depend on when or
    /// where the handler is made, for other workers go on with them.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - retry: How failed attempts are repeated, unless the job brought a policy; the job type's by default.
    ///   - isRetryable: Whether an error is worth another attempt; asked for errors that do not say so themselves.
    ///   - steps: The steps, at least one, each with a name of its own; a worker checks that when it starts.
    public init(
        for type: J.Type,
        retry: RetryStrategy? = nil,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        @StepBuilder<J> steps: () -> [Step<J>]
    ) where J.Output == NoValue {
        let steps = steps()
        self.init(for: type, retry: retry, isRetryable: isRetryable) { (job: J, input: J.Input, context) -> Void in
            for step in steps {
                try await context.checkpoint(step.name) { try await step.body(job, input, context) }
            }
        }
        stepNames = steps.map(\.name)
    }

    /// The same handler with limits of its own for the steps of its jobs.
    ///
    /// - Parameter policy: The limits, and whether the order of steps is checked; they replace those of the worker.
    /// - Returns: A handler to give to a worker.
    public func stepPolicy(_ policy: StepPolicy) -> Handler {
        var copy = self
        copy.stepPolicy = policy
        return copy
    }
}

/// The steps that a handler is a list of, and the limits that it was given, checked before a worker serves.
package enum StepRules: Sendable {
    /// Checks a handler.
    ///
    /// - Parameter handler: The handler.
    /// - Throws: ``ConfigurationError`` that names the handler and the step.
    package static func check(_ handler: AnyHandler) throws(ConfigurationError) {
        if let problem = handler.stepPolicy?.problem {
            throw ConfigurationError(
                code: .invalidValue,
                message: "In the step policy of the handler for “\(handler.name)”, \(problem)."
            )
        }
        guard let names = handler.stepNames else { return }
        if names.isEmpty {
            throw ConfigurationError(
                code: .invalidValue,
                message: "The handler for “\(handler.name)” is a list of no steps. Give it one at least."
            )
        }
        var seen: Set<String> = []
        for name in names {
            if !(1...StepBook.longestName).contains(name.utf8.count) {
                throw ConfigurationError(
                    code: .invalidName,
                    message:
                        "The name “\(name.prefix(50))” of a step of the handler for “\(handler.name)” is \(name.utf8.count) "
                        + "bytes long; it must be from 1 to \(StepBook.longestName)."
                )
            }
            if !seen.insert(name).inserted {
                throw ConfigurationError(
                    code: .duplicateName,
                    message:
                        "The handler for “\(handler.name)” has two steps of the name “\(name)”. Give one of them another "
                        + "name, or remove it."
                )
            }
        }
    }
}
