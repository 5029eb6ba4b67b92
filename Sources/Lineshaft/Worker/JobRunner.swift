//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Logging

/// Runs deliveries: finds the handler, goes through the middleware, and reports how it ended.
///
/// It decides nothing.
package struct JobRunner: Sendable {
    /// A delivery that a slot is to run.
    package struct Assignment: Sendable {
        package let delivery: Delivery
        /// When the run will be cancelled.
        package let deadline: Timestamp?
    }

    private let system: JobSystem
    private let handlers: [JobName: AnyHandler]
    private let middleware: [any RunMiddleware]
    private let logger: Logger

    package init(
        system: JobSystem,
        handlers: [JobName: AnyHandler],
        middleware: [any RunMiddleware],
        logger: Logger
    ) {
        self.system = system
        self.handlers = handlers
        self.middleware = middleware
        self.logger = logger
    }

    /// The handler that may run a job; `nil` when there is none, or only one for earlier versions.
    package func handler(for envelope: Envelope) -> AnyHandler? {
        guard let handler = handlers[envelope.name], envelope.version <= handler.version else { return nil }
        return handler
    }

    /// Runs a delivery in the calling task, whose cancellation is the job's.
    package func run(_ assignment: Assignment) async -> RunEnd {
        let delivery = assignment.delivery
        guard let handler = handler(for: delivery.envelope) else { return .unknown }
        if system.storesResultsApart && delivery.delivery > 1 {
            do {
                let id = delivery.envelope.id
                if let record = try await system.results.outcomes(of: [id])[id] { return .alreadyOver(record.outcome) }
            } catch {
                // Running a job that may be over is worse than asking again.
                return .threw(Snooze(delay: .seconds(1)))
            }
        }
        let context = JobContext(
            scope: RunScope(delivery: delivery, system: system, logger: logger, deadline: assignment.deadline)
        )
        do {
            if middleware.isEmpty { return .returned(try await handler.run(context, system.configuration.codec)) }
            return .returned(try await run(context, handler, through: middleware[...]))
        } catch {
            return .threw(error)
        }
    }

    private func run(
        _ context: JobContext,
        _ handler: AnyHandler,
        through middleware: ArraySlice<any RunMiddleware>
    ) async throws -> [UInt8] {
        guard let first = middleware.first else {
            return try await handler.run(context, system.configuration.codec)
        }
        return try await first.run(context) { context in
            try await self.run(context, handler, through: middleware.dropFirst())
        }
    }
}
