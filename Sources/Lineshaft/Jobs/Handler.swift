//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The work behind a job type: a closure, which captures what it depends on.
///
/// ```swift
/// Handler(for: SumIntegers.self) { job, context in
///     job.integers.reduce(0, +)
/// }
/// ```
///
/// A handler may run more than once for one job (a worker may die between the work and its settlement), so its effects
/// should bear repeating; ``JobContext/fence`` helps where they do not. Cancellation arrives as the task's own: a timeout,
/// a deadline, somebody's `cancel()`, a lost lease, or shutdown.
public struct Handler<J: Job>: Sendable {
    package let retry: RetryStrategy?
    package let isRetryable: (@Sendable (any Error) -> Bool)?
    package let body: @Sendable (J, J.Input, JobContext) async throws -> J.Output
    /// Limits of its own for the steps of its jobs.
    package var stepPolicy: StepPolicy?
    /// The names of the steps, when the handler is a list of them.
    package var stepNames: [String]?

    /// Creates the handler of a job that takes nothing from a job before it.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - retry: How failed attempts are repeated, unless the job brought a policy; the job type's by default.
    ///   - isRetryable: Whether an error is worth another attempt; asked for errors that do not say so themselves.
    ///   - body: The work.
    @_disfavoredOverload
    public init(
        for type: J.Type,
        retry: RetryStrategy? = nil,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        _ body: @escaping @Sendable (J, JobContext) async throws -> J.Output
    ) where J.Input == NoValue {
        // Disfavoured, for a closure of several statements that returns nothing would fit this as well as the next.
        self.retry = retry
        self.isRetryable = isRetryable
        self.body = { job, _, context in try await body(job, context) }
    }

    /// Creates the handler of a job that takes nothing from a job before it and returns nothing.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - retry: How failed attempts are repeated, unless the job brought a policy; the job type's by default.
    ///   - isRetryable: Whether an error is worth another attempt; asked for errors that do not say so themselves.
    ///   - body: The work.
    public init(
        for type: J.Type,
        retry: RetryStrategy? = nil,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        _ body: @escaping @Sendable (J, JobContext) async throws -> Void
    ) where J.Input == NoValue, J.Output == NoValue {
        self.retry = retry
        self.isRetryable = isRetryable
        self.body = { job, _, context in
            try await body(job, context)
            return NoValue()
        }
    }

    /// Creates the handler of a job whose parameters are all that it needs.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - retry: How failed attempts are repeated, unless the job brought a policy; the job type's by default.
    ///   - isRetryable: Whether an error is worth another attempt; asked for errors that do not say so themselves.
    ///   - body: The work.
    @_disfavoredOverload
    public init(
        for type: J.Type,
        retry: RetryStrategy? = nil,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        _ body: @escaping @Sendable (J) async throws -> J.Output
    ) where J.Input == NoValue {
        self.retry = retry
        self.isRetryable = isRetryable
        self.body = { job, _, _ in try await body(job) }
    }

    /// Creates the handler of a job whose parameters are all that it needs and which returns nothing.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - retry: How failed attempts are repeated, unless the job brought a policy; the job type's by default.
    ///   - isRetryable: Whether an error is worth another attempt; asked for errors that do not say so themselves.
    ///   - body: The work.
    public init(
        for type: J.Type,
        retry: RetryStrategy? = nil,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        _ body: @escaping @Sendable (J) async throws -> Void
    ) where J.Input == NoValue, J.Output == NoValue {
        self.retry = retry
        self.isRetryable = isRetryable
        self.body = { job, _, _ in
            try await body(job)
            return NoValue()
        }
    }

    /// Creates the handler of a job that takes the output of the job before it.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - retry: How failed attempts are repeated, unless the job brought a policy; the job type's by default.
    ///   - isRetryable: Whether an error is worth another attempt; asked for errors that do not say so themselves.
    ///   - body: The work.
    @_disfavoredOverload
    public init(
        for type: J.Type,
        retry: RetryStrategy? = nil,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        _ body: @escaping @Sendable (J, J.Input, JobContext) async throws -> J.Output
    ) {
        self.retry = retry
        self.isRetryable = isRetryable
        self.body = body
    }

    /// Creates the handler of a job that takes the output of the job before it and returns nothing.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - retry: How failed attempts are repeated, unless the job brought a policy; the job type's by default.
    ///   - isRetryable: Whether an error is worth another attempt; asked for errors that do not say so themselves.
    ///   - body: The work.
    public init(
        for type: J.Type,
        retry: RetryStrategy? = nil,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        _ body: @escaping @Sendable (J, J.Input, JobContext) async throws -> Void
    ) where J.Output == NoValue {
        self.retry = retry
        self.isRetryable = isRetryable
        self.body = { job, input, context in
            try await body(job, input, context)
            return NoValue()
        }
    }
}

/// Lists the handlers of a worker.
@resultBuilder
public enum HandlerBuilder: Sendable {
    /// Takes a handler.
    public static func buildExpression<J>(_ handler: Handler<J>) -> [AnyHandler] { [AnyHandler(handler)] }

    /// Takes handlers that were made elsewhere.
    public static func buildExpression(_ handlers: [AnyHandler]) -> [AnyHandler] { handlers }

    /// Joins handlers.
    public static func buildBlock(_ handlers: [AnyHandler]...) -> [AnyHandler] { handlers.flatMap { $0 } }

    /// Takes the handlers of an `if`.
    public static func buildOptional(_ handlers: [AnyHandler]?) -> [AnyHandler] { handlers ?? [] }

    /// Takes the handlers of an `if`.
    public static func buildEither(first handlers: [AnyHandler]) -> [AnyHandler] { handlers }

    /// Takes the handlers of an `else`.
    public static func buildEither(second handlers: [AnyHandler]) -> [AnyHandler] { handlers }

    /// Takes the handlers of a `for`.
    public static func buildArray(_ handlers: [[AnyHandler]]) -> [AnyHandler] { handlers.flatMap { $0 } }
}
