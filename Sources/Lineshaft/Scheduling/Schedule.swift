//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A job or a workflow that is submitted again and again, at times that a recurrence gives.
///
/// ```swift
/// Schedule("nightly-report", .cron("0 3 * * *", in: "Europe/Berlin"), overlap: .skip) { Report() }
/// ```
///
/// Give it to a ``Scheduler``, or add it with ``Schedules/add(_:)``. However many processes hold the same schedule, each of its
/// ticks submits one.
public struct Schedule: Sendable, Identifiable {
    /// The schedule's name, which all processes that hold it share.
    public let id: ScheduleID
    /// When it fires.
    public var recurrence: Recurrence
    /// What happens to ticks that nobody could fire in time.
    public var missed: MissedTicks
    /// What happens at a tick when the job before has not ended.
    public var overlap: OverlapPolicy
    /// How long after its time a tick fires at most, and always before the next one's time.
    ///
    /// Each tick is put off by a part of it that is drawn from the schedule's name and the tick, so that many schedules of
    /// one time do not all fire at once.
    public var jitter: Duration
    /// The earliest time at which it fires.
    public var starts: Timestamp?
    /// The latest time at which it fires.
    public var ends: Timestamp?
    /// Whether it waits until it is resumed.
    ///
    /// Matters when the schedule is added; for one that is there already, what was said last by
    /// ``Schedules/pause(_:)`` and ``Schedules/resume(_:)`` holds.
    public var isPaused: Bool

    /// Encodes what is submitted.
    private let makeWork: @Sendable (any PayloadCodec) throws -> ScheduledWork

    /// Creates a schedule of a job.
    ///
    /// Nothing is checked before it is added.
    ///
    /// - Parameters:
    ///   - id: The schedule's name.
    ///   - recurrence: When it fires.
    ///   - options: What the schedule says otherwise than the job's type. Times are counted from each submission.
    ///   - missed: What happens to ticks that nobody could fire in time.
    ///   - overlap: What happens at a tick when the job before has not ended.
    ///   - jitter: How long after its time a tick fires at most; up to a day.
    ///   - starts: The earliest time at which it fires.
    ///   - ends: The latest time at which it fires.
    ///   - isPaused: Whether it waits until it is resumed.
    ///   - job: Makes the job. Called once, when the schedule is added: all ticks submit the same parameters, and tell them apart
    ///     by ``JobContext/tick``.
    public init<J: Job>(
        _ id: ScheduleID,
        _ recurrence: Recurrence,
        options: JobOptions = JobOptions(),
        missed: MissedTicks = .one,
        overlap: OverlapPolicy = .allow,
        jitter: Duration = .zero,
        starts: Timestamp? = nil,
        ends: Timestamp? = nil,
        isPaused: Bool = false,
        job: @escaping @Sendable () throws -> J
    ) where J.Input == NoValue {
        self.init(id, recurrence, missed: missed, overlap: overlap, jitter: jitter) { codec in
            ScheduledWork(.job(try JobTemplate(try job(), options: options, codec: codec)))
        }
        self.starts = starts
        self.ends = ends
        self.isPaused = isPaused
    }

    /// Creates a schedule of a workflow.
    ///
    /// ```swift
    /// Schedule("import", .cron("0 4 * * *"), overlap: .skip) { FetchFiles().then(ImportFiles()) }
    /// ```
    ///
    /// Nothing is checked before it is added.
    ///
    /// - Parameters:
    ///   - id: The schedule's name.
    ///   - recurrence: When it fires.
    ///   - retention: How long each workflow is kept once it is over; the system's `resultRetention` if left out.
    ///   - missed: What happens to ticks that nobody could fire in time.
    ///   - overlap: What happens at a tick when the workflow before is not over.
    ///   - jitter: How long after its time a tick fires at most; up to a day.
    ///   - starts: The earliest time at which it fires.
    ///   - ends: The latest time at which it fires.
    ///   - isPaused: Whether it waits until it is resumed.
    ///   - workflow: Makes the workflow. Called once, when the schedule is added: all ticks submit the same one, and its jobs
    ///     tell them apart by ``JobContext/tick``.
    @_disfavoredOverload
    public init<W: Workflow>(
        _ id: ScheduleID,
        _ recurrence: Recurrence,
        retention: Duration? = nil,
        missed: MissedTicks = .one,
        overlap: OverlapPolicy = .allow,
        jitter: Duration = .zero,
        starts: Timestamp? = nil,
        ends: Timestamp? = nil,
        isPaused: Bool = false,
        workflow: @escaping @Sendable () throws -> W
    ) where W.Input == NoValue {
        self.init(id, recurrence, missed: missed, overlap: overlap, jitter: jitter) { codec in
            ScheduledWork(.workflow(try ScheduledWorkflow(try workflow(), retention: retention, codec: codec)))
        }
        self.starts = starts
        self.ends = ends
        self.isPaused = isPaused
    }

    /// Creates a schedule of anything that can be encoded as work.
    package init(
        _ id: ScheduleID,
        _ recurrence: Recurrence,
        missed: MissedTicks,
        overlap: OverlapPolicy,
        jitter: Duration,
        work: @escaping @Sendable (any PayloadCodec) throws -> ScheduledWork
    ) {
        self.id = id
        self.recurrence = recurrence
        self.missed = missed
        self.overlap = overlap
        self.jitter = jitter
        isPaused = false
        makeWork = work
    }

    /// Checks everything and encodes the work.
    ///
    /// - Parameter codec: What encodes parameters.
    /// - Returns: What is stored of the schedule.
    /// - Throws: ``ConfigurationError`` that names the schedule and what is wrong with it; ``JobError`` when the job cannot be
    ///   encoded.
    package func definition(codec: any PayloadCodec) throws -> ScheduleDefinition {
        try NameRules.check(id)
        var problem = missed.problem
        if jitter < .zero || jitter > .seconds(86_400) {
            problem = "the jitter is \(jitter); it must be between zero and a day"
        } else if let starts, let ends, starts > ends {
            problem = "it ends at \(ends), before it starts at \(starts)"
        }
        if let problem {
            throw ConfigurationError(code: .invalidSchedule, message: "In the schedule “\(id)”, \(problem).")
        }
        do throws(ConfigurationError) {
            _ = try RecurrenceTiming(recurrence)
        } catch {
            throw ConfigurationError(code: error.code, message: "In the schedule “\(id)”: \(error.message)")
        }
        return ScheduleDefinition(
            recurrence: recurrence,
            work: try makeWork(codec),
            missed: missed,
            overlap: overlap,
            jitter: jitter.saturatedNanoseconds,
            starts: starts,
            ends: ends
        )
    }
}

/// Collects the schedules of a ``Scheduler``.
@resultBuilder
public enum ScheduleBuilder: Sendable {
    /// A single schedule.
    public static func buildExpression(_ schedule: Schedule) -> [Schedule] { [schedule] }

    /// Several schedules.
    public static func buildExpression(_ schedules: [Schedule]) -> [Schedule] { schedules }

    /// All that stand in a block.
    public static func buildBlock(_ parts: [Schedule]...) -> [Schedule] { parts.flatMap(\.self) }

    /// Those of an `if` without `else`.
    public static func buildOptional(_ part: [Schedule]?) -> [Schedule] { part ?? [] }

    /// Those of the first branch.
    public static func buildEither(first part: [Schedule]) -> [Schedule] { part }

    /// Those of the second branch.
    public static func buildEither(second part: [Schedule]) -> [Schedule] { part }

    /// Those of a loop.
    public static func buildArray(_ parts: [[Schedule]]) -> [Schedule] { parts.flatMap(\.self) }
}
