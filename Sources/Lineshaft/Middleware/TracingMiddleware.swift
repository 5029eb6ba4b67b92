//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Instrumentation
internal import ServiceContextModule
package import Tracing

/// Makes spans for submissions and runs, and carries the trace from one to the other in the job's headers, in whatever
/// format the bootstrapped tracer speaks (W3C `traceparent`, as a rule).
///
/// Systems and workers use it by themselves when a tracer has been bootstrapped; see ``JobSystem/Configuration/tracing``.
public struct TracingMiddleware: SubmitMiddleware, RunMiddleware {
    private struct HeaderInjector: Injector {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
            carrier[key] = value
        }
    }

    private struct HeaderExtractor: Extractor {
        func extract(key: String, from carrier: [String: String]) -> String? {
            if let value = carrier[key] { return value }
            let lowercased = key.lowercased()
            return carrier.first { $0.key.lowercased() == lowercased }?.value
        }
    }

    /// The tracer; the bootstrapped one if `nil`.
    private let chosen: (any Tracer)?

    /// Creates the middleware.
    public init() {
        chosen = nil
    }

    /// Creates the middleware for a tracer that need not be the bootstrapped one.
    package init(tracer: any Tracer) {
        chosen = tracer
    }

    private var tracer: any Tracer { chosen ?? InstrumentationSystem.tracer }
    private var instrument: any Instrument { chosen ?? InstrumentationSystem.instrument }

    /// Makes a producer span around a submission, and puts its context into the headers of the jobs.
    ///
    /// Headers that the caller has set stay.
    ///
    /// - Parameters:
    ///   - drafts: The jobs.
    ///   - next: What comes behind.
    /// - Returns: What `next` returned.
    /// - Throws: What `next` throws, which the span records.
    public func submit(
        _ drafts: [JobDraft],
        next: @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        guard let first = drafts.first else { return try await next(drafts) }
        return try await tracer.withSpan("submit \(first.name)", ofKind: .producer) { span in
            span.attributes["messaging.system"] = "lineshaft"
            span.attributes["messaging.operation.type"] = "send"
            span.attributes["messaging.destination.name"] = first.queue.rawValue
            span.attributes["messaging.batch.message_count"] = drafts.count
            if drafts.count == 1 { span.attributes["messaging.message.id"] = first.id.description }
            var carrier: [String: String] = [:]
            instrument.inject(span.context, into: &carrier, using: HeaderInjector())
            if carrier.isEmpty { return try await next(drafts) }
            var drafts = drafts
            for index in drafts.indices {
                drafts[index].details.headers.merge(carrier) { chosen, _ in chosen }
            }
            return try await next(drafts)
        }
    }

    /// Makes a consumer span around a run, as a child of the submission's.
    ///
    /// - Parameters:
    ///   - context: The run.
    ///   - next: What comes behind.
    /// - Returns: What `next` returned.
    /// - Throws: What `next` throws, which the span records.
    public func run(
        _ context: JobContext,
        next: @Sendable (JobContext) async throws -> [UInt8]
    ) async throws -> [UInt8] {
        var service = ServiceContext.current ?? .topLevel
        instrument.extract(context.headers, into: &service, using: HeaderExtractor())
        return try await tracer.withSpan("run \(context.name)", context: service, ofKind: .consumer) { span in
            span.attributes["messaging.system"] = "lineshaft"
            span.attributes["messaging.operation.type"] = "process"
            span.attributes["messaging.destination.name"] = context.queue.rawValue
            span.attributes["messaging.message.id"] = context.id.description
            span.attributes["lineshaft.attempt"] = context.attempt
            return try await next(context)
        }
    }
}
