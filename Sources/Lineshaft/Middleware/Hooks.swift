//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Middleware made of closures, for the cases that need no type of their own.
///
/// ```swift
/// configuration.middleware = [Hooks(onError: { context, error in report(error, job: context.id) })]
/// ```
public struct Hooks: SubmitMiddleware, RunMiddleware {
    private let beforeSubmit: (@Sendable (inout JobDraft) async throws -> Void)?
    private let beforeRun: (@Sendable (JobContext) async throws -> Void)?
    private let afterRun: (@Sendable (JobContext) async throws -> Void)?
    private let onError: (@Sendable (JobContext, any Error) async -> Void)?
    private let onEnd: (@Sendable (JobContext, Settlement.Disposition) async -> Void)?

    /// Creates hooks; every one may be left out.
    ///
    /// - Parameters:
    ///   - beforeSubmit: Called with each job before it is submitted; may change it, or refuse it by throwing.
    ///   - beforeRun: Called before each run; may refuse it by throwing, which counts as the handler's error.
    ///   - afterRun: Called after each run that returned; throwing makes the run a failed one.
    ///   - onError: Called with what a run threw, for every attempt. The error goes on its way afterwards.
    ///   - onEnd: Called after each run with what becomes of the job: succeeded, failed for good, tried again, and so on.
    public init(
        beforeSubmit: (@Sendable (inout JobDraft) async throws -> Void)? = nil,
        beforeRun: (@Sendable (JobContext) async throws -> Void)? = nil,
        afterRun: (@Sendable (JobContext) async throws -> Void)? = nil,
        onError: (@Sendable (JobContext, any Error) async -> Void)? = nil,
        onEnd: (@Sendable (JobContext, Settlement.Disposition) async -> Void)? = nil
    ) {
        self.beforeSubmit = beforeSubmit
        self.beforeRun = beforeRun
        self.afterRun = afterRun
        self.onError = onError
        self.onEnd = onEnd
    }

    /// Calls the hook before submission for each job, then goes on.
    ///
    /// - Parameters:
    ///   - drafts: The jobs.
    ///   - next: What comes behind.
    /// - Returns: What `next` returned.
    /// - Throws: What the hook throws, and then no job of the call is submitted; and what `next` throws.
    public func submit(
        _ drafts: [JobDraft],
        next: @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        guard let beforeSubmit else { return try await next(drafts) }
        var drafts = drafts
        for index in drafts.indices { try await beforeSubmit(&drafts[index]) }
        return try await next(drafts)
    }

    /// Calls the hooks around the run.
    ///
    /// - Parameters:
    ///   - context: The run.
    ///   - next: What comes behind.
    /// - Returns: What `next` returned.
    /// - Throws: What `next` or a hook throws, after the hook for errors has seen it.
    public func run(
        _ context: JobContext,
        next: @Sendable (JobContext) async throws -> [UInt8]
    ) async throws -> [UInt8] {
        do {
            try await beforeRun?(context)
            let output = try await next(context)
            try await afterRun?(context)
            return output
        } catch {
            await onError?(context, error)
            throw error
        }
    }

    /// Calls the hook for ends.
    ///
    /// - Parameters:
    ///   - context: The run.
    ///   - disposition: Where the job goes.
    public func ended(_ context: JobContext, _ disposition: Settlement.Disposition) async {
        await onEnd?(context, disposition)
    }
}
