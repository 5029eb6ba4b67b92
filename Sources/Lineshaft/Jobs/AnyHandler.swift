//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A handler whose job type has been forgotten, as workers keep them.
public struct AnyHandler: Sendable {
    /// The wire name of the job type.
    public let name: JobName
    /// The version of the parameters' layout that the handler knows; jobs of a later one are not given to it.
    public let version: Int

    /// The job type's own options, for what the submitter left open.
    package let options: JobOptions
    package let retry: RetryStrategy?
    package let isRetryable: (@Sendable (any Error) -> Bool)?
    /// Limits of its own for the steps of its jobs.
    package let stepPolicy: StepPolicy?
    /// The names of the steps, when the handler is a list of them.
    package let stepNames: [String]?
    package let run: @Sendable (JobContext, any PayloadCodec) async throws -> [UInt8]

    /// Forgets the job type of a handler.
    public init<J>(_ handler: Handler<J>) {
        name = J.name
        version = J.version
        options = J.options
        retry = handler.retry
        isRetryable = handler.isRetryable
        stepPolicy = handler.stepPolicy
        stepNames = handler.stepNames
        // What a job without input gets, and whether there is output to encode: asked once and not for each run.
        let nothing = NoValue() as? J.Input
        let returnsNothing = J.Output.self == NoValue.self
        run = { context, codec in
            let envelope = context.scope.delivery.envelope
            // What comes from elsewhere may be out of reach for a while, which is no fault of the job's.
            let given = nothing == nil ? try await context.input() : nil
            let job = try J.decode(envelope.payload, version: envelope.version, codec: codec)
            let input: J.Input
            do {
                input = try nothing ?? (given ?? .value([])).decode(J.Input.self, codec)
            } catch {
                throw UndecodablePayload(type: "\(J.self)", byteCount: envelope.payload.count, cause: error)
            }
            let output = try await handler.body(job, input, context)
            if context.scope.hasChildren { try await context.awaitChildren() }
            if returnsNothing { return [] }
            let bytes: [UInt8]
            do {
                bytes = try codec.encode(output)
            } catch {
                throw UnencodableOutput(type: "\(J.Output.self)", cause: error)
            }
            if envelope.isPartOfWorkflow { try context.scope.system.checkOutput(bytes) }
            return bytes
        }
    }
}

/// What the handler returned cannot be encoded; no other attempt can help.
package struct UnencodableOutput: Error {
    package let type: String
    package let cause: any Error

    package init(type: String, cause: any Error) {
        self.type = type
        self.cause = cause
    }
}
