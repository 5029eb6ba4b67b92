//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

/// The schedules of a broker: what all processes see, add and change at run time.
///
/// ```swift
/// try await jobs.schedules.add(Schedule("digest", .every(.seconds(3600))) { Digest() })
/// try await jobs.schedules.pause("digest")
/// ```
///
/// Somewhere a ``Scheduler`` must run for ticks to fire; ``runNow(_:)`` needs none. All calls throw ``BrokerError`` with the code
/// `unsupported` when the broker keeps no schedules.
public struct Schedules: Sendable {
    let jobs: JobSystem

    /// Adds a schedule, or gives one of the same name another definition.
    ///
    /// One that is there keeps what it has fired and whether it is paused; when its recurrence is another one, ticks count from
    /// now on.
    ///
    /// - Parameter schedule: The schedule.
    /// - Returns: The schedule as it is now.
    /// - Throws: ``ConfigurationError`` that says what is wrong with it; ``JobError`` when its job cannot be encoded;
    ///   ``BrokerError`` when the broker cannot be reached.
    @discardableResult
    public func add(_ schedule: Schedule) async throws -> ScheduleStatus {
        let desk = try ScheduleDesk(jobs)
        let definition = try schedule.definition(codec: jobs.configuration.codec)
        return ScheduleStatus(try await desk.define(schedule.id, as: definition, isPaused: schedule.isPaused))
    }

    /// All schedules, by name.
    ///
    /// One that was damaged, or written by a newer program, is left out and logged as an error.
    ///
    /// - Returns: The schedules.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    public func list() async throws -> [ScheduleStatus] {
        let desk = try ScheduleDesk(jobs)
        let reading = try await desk.store.read(nil)
        let readable = reading.schedules.compactMap { stored -> ScheduleStatus? in
            do {
                return ScheduleStatus(try desk.sheet(stored, at: reading.time))
            } catch {
                jobs.configuration.logger.error(
                    "A schedule cannot be read",
                    metadata: ["schedule": "\(stored.id)", "error": "\(error)"]
                )
                return nil
            }
        }
        return readable.sorted { $0.id < $1.id }
    }

    /// One schedule.
    ///
    /// - Parameter id: Its name.
    /// - Returns: The schedule, or `nil` when there is none.
    /// - Throws: ``BrokerError`` when the broker cannot be reached or what it holds cannot be read.
    public func find(_ id: ScheduleID) async throws -> ScheduleStatus? {
        let desk = try ScheduleDesk(jobs)
        let reading = try await desk.store.read([id])
        return try reading.schedules.first.map { ScheduleStatus(try desk.sheet($0, at: reading.time)) }
    }

    /// Stops firing a schedule, everywhere, until it is resumed.
    ///
    /// - Parameter id: Its name.
    /// - Throws: ``ConfigurationError`` with the code `unknownSchedule`; ``BrokerError`` when the broker cannot be reached.
    public func pause(_ id: ScheduleID) async throws {
        _ = try await ScheduleDesk(jobs).change(id) { $0.setPaused(true, now: $1) }
    }

    /// Fires a schedule again, from the next tick on.
    ///
    /// Ticks of the pause were not wanted, so they do not count as missed.
    ///
    /// - Parameter id: Its name.
    /// - Throws: ``ConfigurationError`` with the code `unknownSchedule`; ``BrokerError`` when the broker cannot be reached.
    public func resume(_ id: ScheduleID) async throws {
        _ = try await ScheduleDesk(jobs).change(id) { $0.setPaused(false, now: $1) }
    }

    /// Removes a schedule.
    ///
    /// Jobs that it has submitted go on. One that a ``Scheduler`` defines in code comes back when such a scheduler starts.
    ///
    /// - Parameter id: Its name.
    /// - Returns: Whether it was there.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    @discardableResult
    public func remove(_ id: ScheduleID) async throws -> Bool {
        try await ScheduleDesk(jobs).store.remove(id, version: nil)
    }

    /// Submits a schedule's job or workflow at once, whether it is paused or not, and leaves its ticks as they are: they do not
    /// wait for it.
    ///
    /// - Parameter id: Its name.
    /// - Returns: The job or workflow.
    /// - Throws: ``ConfigurationError`` with the code `unknownSchedule`; the reason when it is refused, by middleware or the broker;
    ///   ``BrokerError`` when the broker cannot be reached or the queue is full. It may then have been submitted, or may be by
    ///   a scheduler in a few seconds.
    @discardableResult
    public func runNow(_ id: ScheduleID) async throws -> JobID {
        let desk = try ScheduleDesk(jobs)
        let sheet = try await desk.change(id, leavingOutFull: false) { $0.runNow($1) }
        var written: UInt64? = sheet.version
        let job = sheet.record.pending.first.map { sheet.record.jobID(of: $0) }
        // When somebody else was faster, it is submitted as well.
        let submitted = try await desk.finish(sheet, &written)
        return submitted ?? job ?? JobID(high: 0, low: 0)
    }

    /// The next times at which a schedule would fire, by its own times: paused or not, and without jitter.
    ///
    /// - Parameters:
    ///   - count: How many; at most 1,000.
    ///   - id: Its name.
    /// - Returns: The times, fewer when it ends.
    /// - Throws: ``ConfigurationError`` with the code `unknownSchedule`; ``BrokerError`` when the broker cannot be reached.
    public func next(_ count: Int, of id: ScheduleID) async throws -> [Timestamp] {
        let desk = try ScheduleDesk(jobs)
        let reading = try await desk.store.read([id])
        guard let stored = reading.schedules.first else { throw await desk.unknown(id) }
        let sheet = try desk.sheet(stored, at: reading.time)
        return sheet.machine.ticks(after: max(sheet.record.cursor, sheet.time), count: min(count, 1_000))
    }
}

extension JobSystem {
    /// The schedules of the broker.
    public var schedules: Schedules { Schedules(jobs: self) }
}

/// A schedule as it is stored, and how far it has come.
public struct ScheduleStatus: Sendable, Hashable, Identifiable {
    /// Its name.
    public let id: ScheduleID
    /// When it fires.
    public let recurrence: Recurrence
    /// What it submits.
    public let work: ScheduledWork
    /// What happens to ticks that nobody could fire in time.
    public let missed: MissedTicks
    /// What happens at a tick when the job before has not ended.
    public let overlap: OverlapPolicy
    /// How long after its time a tick fires at most.
    public let jitter: Duration
    /// The earliest time at which it fires.
    public let starts: Timestamp?
    /// The latest time at which it fires.
    public let ends: Timestamp?
    /// Whether it waits until it is resumed.
    public let isPaused: Bool
    /// When it was added, by the broker's clock.
    public let created: Timestamp
    /// The last tick that submitted something.
    public let lastTick: Timestamp?
    /// The job or workflow that it submitted.
    public let lastJob: JobID?
    /// The next tick; `nil` when it is paused or at its end.
    public let nextTick: Timestamp?
    /// Why the last firing could not submit anything; `nil` when it did.
    public let problem: String?

    init(_ sheet: ScheduleDesk.Sheet) {
        let record = sheet.record
        id = record.id
        recurrence = record.definition.recurrence
        work = record.definition.work
        missed = record.definition.missed
        overlap = record.definition.overlap
        jitter = .nanoseconds(record.definition.jitter)
        starts = record.definition.starts
        ends = record.definition.ends
        isPaused = record.isPaused
        created = record.created
        lastTick = record.last?.tick
        lastJob = record.last?.job
        nextTick = record.isPaused ? nil : sheet.machine.ticks(after: record.cursor).first
        problem = record.problem
    }
}
