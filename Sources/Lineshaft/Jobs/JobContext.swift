//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Logging
internal import Synchronization

/// What a handler knows about the run it is in, and what it can do with it.
///
/// Valid until the handler returns.
public struct JobContext: Sendable {
    package let scope: RunScope

    package init(scope: RunScope) {
        self.scope = scope
    }

    /// The job.
    public var id: JobID { scope.delivery.envelope.id }

    /// The job's wire name.
    public var name: JobName { scope.delivery.envelope.name }

    /// The queue the job came from.
    public var queue: QueueName { scope.delivery.envelope.queue }

    /// The number of this attempt, from 1.
    public var attempt: Int { scope.delivery.attempt }

    /// The number of this delivery, from 1.
    ///
    /// It also counts runs that ended without an attempt, such as a worker's death.
    public var delivery: Int { scope.delivery.delivery }

    /// The lease's fencing token: it grows with each delivery of a job.
    ///
    /// Hand it to systems that can refuse a smaller one, and a worker that lost its lease can do no harm there either.
    public var fence: UInt64 { scope.delivery.lease.token }

    /// When this run will be cancelled: the earlier of the attempt's timeout and the job's deadline; `nil` if neither.
    public var deadline: Timestamp? { scope.deadline }

    /// When the job was submitted, by the submitter's clock.
    public var submitted: Timestamp { scope.delivery.envelope.submitted }

    /// The text that travels with the job.
    public var headers: [String: String] { scope.delivery.envelope.details.headers }

    /// The job or workflow that this job belongs to.
    public var parent: JobID? { scope.delivery.envelope.details.parent }

    /// The system that the job came from.
    public var jobs: JobSystem { scope.system }

    /// The system's clock.
    ///
    /// Handlers that wait on it can be tested in virtual time.
    public var clock: any QueueClock { scope.system.clock }

    /// A logger that carries the job's identity, name, queue and attempt as metadata.
    public var logger: Logger {
        var logger = scope.logger
        logger[metadataKey: "job.id"] = "\(id)"
        logger[metadataKey: "job.name"] = "\(name)"
        logger[metadataKey: "job.queue"] = "\(queue)"
        logger[metadataKey: "job.attempt"] = "\(attempt)"
        return logger
    }

    /// Tells whoever watches the job how far it has come.
    ///
    /// Advice, not a promise: reports may be merged, and one that cannot be delivered is logged at debug level and
    /// forgotten.
    ///
    /// - Parameters:
    ///   - completed: The part that is done, in the unit of `total`.
    ///   - total: The whole.
    ///   - message: What the job is doing; at most 1,000 bytes are kept.
    public func report(progress completed: Double, of total: Double = 1, message: String? = nil) async {
        let message = message?.prefix(utf8Count: JobProgress.longestMessage)
        let progress = JobProgress(completed: completed, total: total, message: message)
        do {
            try await scope.system.results.report(progress, of: id)
        } catch {
            logger.debug("Progress was not delivered", metadata: ["error": "\(error)"])
        }
    }

    /// Ends this run and puts the job off.
    ///
    /// That is neither a failure nor an attempt.
    ///
    /// ```swift
    /// guard await disk.hasRoom else { try context.snooze(for: .seconds(60)) }
    /// ```
    ///
    /// - Parameter delay: How long until the job is offered again; less than zero means at once.
    /// - Throws: Always: what it throws must leave the handler.
    public func snooze(for delay: Duration) throws -> Never {
        throw Snooze(delay: delay)
    }

    /// Submits another job, which has this one as its ``parent``.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - queue: Where it waits; wins over the options.
    ///   - options: What the call says otherwise than the job's type.
    /// - Returns: A handle to the job.
    /// - Throws: What ``JobSystem/submit(_:options:id:parent:)`` throws.
    @discardableResult
    public func submit<Other: Job>(
        _ job: Other,
        on queue: QueueName? = nil,
        options: JobOptions = JobOptions()
    ) async throws -> JobHandle<Other.Output> where Other.Input == NoValue {
        var options = options
        options.queue = queue ?? options.queue
        return try await scope.system.submit(job, options: options, parent: id)
    }
}

/// What all copies of one run's context share.
package final class RunScope: Sendable {
    package let delivery: Delivery
    package let system: JobSystem
    package let logger: Logger
    package let deadline: Timestamp?
    package let steps: StepSettings
    /// The task that the handler was called in; 0 when it is not known.
    private let task: Int
    private let stepRun = Mutex<StepRun?>(nil)
    private let startedChildren = Mutex<StartedChildren?>(nil)

    package init(
        delivery: Delivery,
        system: JobSystem,
        logger: Logger,
        deadline: Timestamp?,
        steps: StepSettings,
        task: Int = 0
    ) {
        self.delivery = delivery
        self.system = system
        self.logger = logger
        self.deadline = deadline
        self.steps = steps
        self.task = task
    }

    /// What tells the calling task from every other one that has not ended.
    package static var currentTask: Int { withUnsafeCurrentTask { $0?.hashValue ?? 0 } }

    /// Whether the calling task is the one that the handler was called in, and not a child of it.
    package var isOwnTask: Bool { task != 0 && Self.currentTask == task }

    /// Whether the run has started workflows.
    package var hasChildren: Bool { startedChildren.withLock { $0 != nil } }

    /// The workflows that the run has started.
    package var children: StartedChildren {
        startedChildren.withLock { known in
            let children = known ?? StartedChildren()
            known = children
            return children
        }
    }

    /// The run's steps, which are read when the first one is asked for.
    ///
    /// Two child tasks may both be the first and read twice; what the second one reads is dropped, for the first one's book may
    /// have gone on meanwhile.
    func stepRun(for name: String) async throws -> StepRun {
        if let known = stepRun.withLock({ $0 }) {
            if Task.isCancelled { known.noteCancellation() }
            try Task.checkCancellation()
            return known
        }
        try Task.checkCancellation()
        let read = try await StepRun.read(self, for: name)
        return stepRun.withLock { known in
            if let known { return known }
            known = read
            return read
        }
    }
}
