//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// One of the ordered parts of a job's work, see ``Handler/init(for:retry:isRetryable:steps:)``.
public struct Step<J: Job>: Sendable {
    /// The step's name, unique in its handler, 1 to 200 bytes.
    public let name: String
    package let body: @Sendable (J, J.Input, JobContext) async throws -> Void

    /// Creates a step that needs the job and the context of its run.
    ///
    /// - Parameters:
    ///   - name: Its name, under which it is recorded.
    ///   - body: The work.
    public init(_ name: String, _ body: @escaping @Sendable (J, JobContext) async throws -> Void) {
        self.name = name
        self.body = { job, _, context in try await body(job, context) }
    }

    /// Creates a step that needs the job alone.
    ///
    /// - Parameters:
    ///   - name: Its name, under which it is recorded.
    ///   - body: The work.
    public init(_ name: String, _ body: @escaping @Sendable (J) async throws -> Void) {
        self.name = name
        self.body = { job, _, _ in try await body(job) }
    }

    /// Creates a step of a job that takes the output of the job before it.
    ///
    /// - Parameters:
    ///   - name: Its name, under which it is recorded.
    ///   - body: The work.
    public init(_ name: String, _ body: @escaping @Sendable (J, J.Input, JobContext) async throws -> Void) {
        self.name = name
        self.body = body
    }
}

/// Lists the steps of a handler.
@resultBuilder
public enum StepBuilder<J: Job>: Sendable {
    /// Takes a step.
    public static func buildExpression(_ step: Step<J>) -> [Step<J>] { [step] }

    /// Takes steps that were made elsewhere.
    public static func buildExpression(_ steps: [Step<J>]) -> [Step<J>] { steps }

    /// Joins steps.
    public static func buildBlock(_ steps: [Step<J>]...) -> [Step<J>] { steps.flatMap { $0 } }

    /// Takes the steps of an `if`.
    public static func buildOptional(_ steps: [Step<J>]?) -> [Step<J>] { steps ?? [] }

    /// Takes the steps of an `if`.
    public static func buildEither(first steps: [Step<J>]) -> [Step<J>] { steps }

    /// Takes the steps of an `else`.
    public static func buildEither(second steps: [Step<J>]) -> [Step<J>] { steps }

    /// Takes the steps of a `for`.
    public static func buildArray(_ steps: [[Step<J>]]) -> [Step<J>] { steps.flatMap { $0 } }
}
