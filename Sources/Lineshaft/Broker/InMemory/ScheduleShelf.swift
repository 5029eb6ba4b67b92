//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The schedules of an in-memory broker: a value without time and tasks.
struct ScheduleShelf {
    private struct Mark {
        var sequence: UInt64
        /// Until when it is remembered.
        var expiry: Timestamp
    }

    private(set) var schedules: [ScheduleID: StoredSchedule] = [:]
    private var observers: [ObjectIdentifier: ScheduleObserver] = [:]
    /// The highest number that was let in, for each fence.
    private var marks: [String: Mark] = [:]
    /// How many fences there may be until those that nobody needs any more are looked for.
    private var markLimit = 1_000

    /// Writes a schedule in place of a version of it; `false` when another one is there.
    mutating func write(_ schedule: StoredSchedule, replacing version: UInt64?) -> Bool {
        let present = schedules[schedule.id]?.version
        if present == schedule.version { return true }
        guard present == version else { return false }
        schedules[schedule.id] = schedule
        return true
    }

    /// Removes a schedule, or one version of it; `false` when it is not there.
    mutating func remove(_ id: ScheduleID, version: UInt64?) -> Bool {
        if let version, schedules[id]?.version != version { return false }
        return schedules.removeValue(forKey: id) != nil
    }

    /// Whether a fence lets a firing in.
    func admits(_ fence: ScheduleFence) -> Bool {
        marks[fence.key].map { $0.sequence < fence.sequence } ?? true
    }

    /// Notes that a firing was let in.
    mutating func note(_ fence: ScheduleFence, at now: Timestamp) {
        marks[fence.key] = Mark(sequence: fence.sequence, expiry: now + ScheduleMachine.memory)
        guard marks.count > markLimit else { return }
        marks = marks.filter { $0.value.expiry > now }
        markLimit = max(1_000, marks.count * 2)
    }

    mutating func attach(_ observer: ScheduleObserver) {
        observers[ObjectIdentifier(observer)] = observer
    }

    func tellObservers(of id: ScheduleID) {
        for observer in observers.values { observer.change(of: id) }
    }

    mutating func detach(_ observer: ScheduleObserver) {
        observers[ObjectIdentifier(observer)] = nil
    }
}
