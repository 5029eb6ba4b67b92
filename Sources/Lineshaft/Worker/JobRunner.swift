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
    /// A handler in the table, by reference: it is looked up once for each run and handed around.
    package final class Entry: Sendable {
        package let handler: AnyHandler
        package let steps: StepSettings

        package init(_ handler: AnyHandler, steps: StepSettings = StepSettings()) {
            self.handler = handler
            self.steps = steps
        }
    }

    /// A delivery that a slot is to run.
    package struct Assignment: Sendable {
        package let delivery: Delivery
        /// What runs it; `nil` when the worker does not know the job's name or version.
        package let entry: Entry?
        /// When the run will be cancelled.
        package let deadline: Timestamp?
    }

    private let system: JobSystem
    private let entries: [JobName: Entry]
    private let middleware: [any RunMiddleware]
    private let logger: Logger
    private let steps: StepSettings

    package init(
        system: JobSystem,
        handlers: [JobName: AnyHandler],
        middleware: [any RunMiddleware],
        logger: Logger,
        steps: StepSettings = StepSettings()
    ) {
        self.system = system
        self.steps = steps
        self.entries = handlers.mapValues { handler in
            let own = handler.stepPolicy.map { StepSettings(policy: $0, calls: steps.calls) }
            return Entry(handler, steps: own ?? steps)
        }
        self.middleware = middleware
        self.logger = logger
    }

    /// The handler that may run a job; `nil` when there is none, or only one for earlier versions.
    package func entry(for envelope: Envelope) -> Entry? {
        guard let entry = entries[envelope.name], envelope.version <= entry.handler.version else { return nil }
        return entry
    }

    /// Runs a delivery in the calling task, whose cancellation is the job's.
    ///
    /// - Parameters:
    ///   - assignment: The delivery.
    ///   - task: The calling task, see ``RunScope/currentTask``; its owner runs many jobs and asks once.
    /// - Returns: How the run ended.
    package func run(_ assignment: Assignment, task: Int = 0) async -> RunEnd {
        let delivery = assignment.delivery
        guard let entry = assignment.entry else { return .unknown }
        let context = JobContext(
            scope: RunScope(
                delivery: delivery,
                system: system,
                logger: logger,
                deadline: assignment.deadline,
                steps: entry.steps,
                task: task
            )
        )
        if mayBeOver(delivery) {
            do {
                if let reference = delivery.envelope.details.workflow,
                    let outcome = try await system.broker.workflows?.outcome(of: reference)
                {
                    return .alreadyOver(outcome)
                }
                let id = delivery.envelope.id
                if let record = try await system.results.outcomes(of: [id])[id] { return .alreadyOver(record.outcome) }
            } catch {
                // Running a job that may be over is worse than asking again.
                let message: Logger.Message = "It cannot be found out whether the job has ended before; it is put off"
                return .threw(AwaitingWorkflow(error, message, context.logger))
            }
        }
        do {
            if middleware.isEmpty { return .returned(try await entry.handler.run(context, system.configuration.codec)) }
            return .returned(try await run(context, entry, through: middleware[...]))
        } catch {
            return .threw(error)
        }
    }

    /// Whether a job may be over without its broker's knowing.
    ///
    /// A worker may have died after it had recorded the outcome; and a job of a workflow may have been enqueued so late that
    /// its first life was forgotten meanwhile.
    private func mayBeOver(_ delivery: Delivery) -> Bool {
        let isMember = delivery.envelope.isPartOfWorkflow
        if delivery.delivery > 1 { return isMember || system.storesResultsApart }
        return isMember && delivery.envelope.submitted.duration(to: system.clock.now) > JobSystem.memberRetention / 2
    }

    /// Whether anybody may want to hear how runs end.
    package var isHeard: Bool { !middleware.isEmpty }

    /// Tells the middleware what the end of a run means, the outermost last, and not on the caller's actor.
    @concurrent
    package func ended(_ delivery: Delivery, _ disposition: Settlement.Disposition) async {
        let scope = RunScope(delivery: delivery, system: system, logger: logger, deadline: nil, steps: steps)
        for middleware in middleware.reversed() { await middleware.ended(JobContext(scope: scope), disposition) }
    }

    private func run(
        _ context: JobContext,
        _ entry: Entry,
        through middleware: ArraySlice<any RunMiddleware>
    ) async throws -> [UInt8] {
        guard let first = middleware.first else {
            return try await entry.handler.run(context, system.configuration.codec)
        }
        return try await first.run(context) { context in
            try await self.run(context, entry, through: middleware.dropFirst())
        }
    }
}
