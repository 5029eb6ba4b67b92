//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Keeps schedules for all processes of a broker, and lets each of their firings in once.
///
/// A store knows nothing of recurrences and ticks: it keeps bytes under a name and a version, tells the time, and accepts
/// jobs under a fence. Its methods may be called from any task, at the same time.
public protocol ScheduleStore: Sendable {
    /// How often a scheduler looks at what there is, although nothing was pushed to it and nothing is due: a few seconds or
    /// more.
    var refreshInterval: Duration { get }

    /// Reads which schedules there are.
    ///
    /// - Returns: The version of each, and the broker's time.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func versions() async throws(BrokerError) -> ScheduleVersions

    /// Reads schedules.
    ///
    /// - Parameter ids: Which ones; `nil` for all.
    /// - Returns: Those that are there, and the broker's time, by which ticks fall due.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func read(_ ids: [ScheduleID]?) async throws(BrokerError) -> ScheduleReading

    /// Writes a schedule in place of one version of it.
    ///
    /// The comparison and the change are one step. The same call again is answered as the first one was, until somebody else has
    /// written: so a call whose answer was lost can be repeated.
    ///
    /// - Parameters:
    ///   - schedule: What to write. Its version is one that the schedule has not had before.
    ///   - version: The version that it takes the place of; `nil` when there must be none.
    ///   - isNews: Whether to tell all observers: for what people change, and not for each tick.
    /// - Returns: Whether it was written, now or by an earlier call; `false` when another version is there.
    /// - Throws: ``BrokerError`` when the store cannot be reached; then it may have been written.
    func write(
        _ schedule: StoredSchedule,
        replacing version: UInt64?,
        isNews: Bool
    ) async throws(BrokerError) -> Bool

    /// Removes a schedule and tells all observers.
    ///
    /// - Parameters:
    ///   - id: The schedule.
    ///   - version: The version to remove, and no other one; `nil` for any.
    /// - Returns: Whether it was there.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func remove(_ id: ScheduleID, version: UInt64?) async throws(BrokerError) -> Bool

    /// Accepts a job, unless one with the same or a higher number was accepted under the fence before.
    ///
    /// The comparison and the acceptance are one step. The number is remembered for sixty days after the last one.
    ///
    /// - Parameters:
    ///   - submission: The job and the conditions for accepting it.
    ///   - fence: The firing that it is.
    /// - Returns: The receipt; `accepted` also when the fence did not let it in. A job that is not kept because the queue is
    ///   full does not count as accepted.
    /// - Throws: ``BrokerError`` when the job may not have been accepted. Repeating the call is safe.
    func submit(_ submission: Submission, under fence: ScheduleFence) async throws(BrokerError) -> Receipt

    /// Begins to store a workflow, unless that was done before, or the moment for it has passed.
    ///
    /// That it was done is remembered for sixty days, or until an hour after ``confirm(_:)``, also when the workflow is not kept any more.
    /// The comparisons and the change are one step.
    ///
    /// - Parameters:
    ///   - workflow: The workflow.
    ///   - deadline: The last moment, by the broker's clock.
    /// - Returns: What is to be done with it.
    /// - Throws: ``BrokerError`` when the store cannot be reached, with the code `unsupported` when it keeps no workflows. Repeating the
    ///   call is safe.
    func create(_ workflow: WorkflowHead, before deadline: Timestamp) async throws(BrokerError) -> WorkflowCreation

    /// Says that nobody will begin to store a workflow again who has not read so before. Called once for each, and not at all when its process
    /// dies.
    ///
    /// - Parameter workflow: The workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func confirm(_ workflow: JobID) async throws(BrokerError)

    /// Tells an observer of changes from now on, and once after something may have been missed. Called once for each.
    ///
    /// - Parameter observer: Whom to tell.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func attach(_ observer: ScheduleObserver) async throws(BrokerError)

    /// Forgets an observer.
    ///
    /// - Parameter observer: Whom to tell no more.
    func detach(_ observer: ScheduleObserver) async
}

extension ScheduleStore {
    /// Refuses: this store keeps no workflows.
    public func create(
        _ workflow: WorkflowHead,
        before deadline: Timestamp
    ) async throws(BrokerError) -> WorkflowCreation {
        throw BrokerError(
            code: .unsupported,
            message:
                "This broker's schedules submit no workflows. Schedule a job that turns out to be one, or use a broker whose "
                + "do, such as Redis or the in-memory broker."
        )
    }

    /// Does nothing: there are none.
    public func confirm(_ workflow: JobID) async throws(BrokerError) {}
}

/// What is to be done with a workflow that a schedule submits.
public enum WorkflowCreation: Sendable, Hashable {
    /// It is to be filled and launched.
    case unfinished
    /// It was launched before, and may even be over and forgotten.
    case known
    /// The moment has passed, and nothing was done.
    case late
}

/// A schedule as a store keeps it.
public struct StoredSchedule: Sendable, Hashable {
    /// Its name.
    public let id: ScheduleID
    /// A number that is another one after each change.
    public let version: UInt64
    /// What it says, which only schedulers read.
    public let bytes: [UInt8]

    /// Creates a stored schedule.
    public init(id: ScheduleID, version: UInt64, bytes: [UInt8]) {
        self.id = id
        self.version = version
        self.bytes = bytes
    }
}

/// Which schedules a store holds.
public struct ScheduleVersions: Sendable, Hashable {
    /// The version of each.
    public let versions: [ScheduleID: UInt64]
    /// The broker's time at that moment.
    public let time: Timestamp

    /// Creates a list.
    public init(versions: [ScheduleID: UInt64], time: Timestamp) {
        self.versions = versions
        self.time = time
    }
}

/// What was read from a store.
public struct ScheduleReading: Sendable, Hashable {
    /// The schedules, by name.
    public let schedules: [StoredSchedule]
    /// The broker's time at that moment.
    public let time: Timestamp

    /// Creates a reading.
    public init(schedules: [StoredSchedule], time: Timestamp) {
        self.schedules = schedules
        self.time = time
    }
}

/// What tells the firings of one schedule apart for ever.
public struct ScheduleFence: Sendable, Hashable {
    /// The schedule, and when it was added: a later one of the same name has another key.
    public let key: String
    /// Counts the firings, from 1.
    public let sequence: UInt64

    /// Creates a fence.
    ///
    /// - Parameters:
    ///   - schedule: The schedule.
    ///   - created: When it was added.
    ///   - sequence: The number of the firing.
    public init(schedule: ScheduleID, created: Timestamp, sequence: UInt64) {
        key = "\(created.nanosecondsSinceEpoch):\(schedule)"
        self.sequence = sequence
    }
}

/// Whom a store tells that schedules were added, changed or removed.
///
/// Its method neither blocks nor suspends and may be called from any thread, a C callback included.
public final class ScheduleObserver: Sendable {
    private let onChange: @Sendable (ScheduleID?) -> Void

    /// Creates an observer.
    ///
    /// - Parameter onChange: What is told: which schedule is another one now, or `nil` when any may be.
    public init(onChange: @escaping @Sendable (ScheduleID?) -> Void) {
        self.onChange = onChange
    }

    /// Tells of a change, or that some may have been missed.
    ///
    /// - Parameter id: The schedule; `nil` when any may have changed.
    public func change(of id: ScheduleID?) {
        onChange(id)
    }
}
