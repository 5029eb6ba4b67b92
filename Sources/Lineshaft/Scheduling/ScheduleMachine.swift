//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What to do about a schedule at a moment: a pure decision, which every process comes to alike.
///
/// A tick goes through three steps, each of them safe to repeat by anybody:
///
/// 1. It is decided: the record, with the tick among the pending firings, takes the place of the one before it, unless another
///    process was faster.
/// 2. It is submitted, under a fence that lets each firing in once.
/// 3. The record is told so.
///
/// Whoever finds a pending firing that nobody completes goes on from there.
package struct ScheduleMachine: Sendable {
    /// What is known of the job before.
    package enum Previous: Sendable, Hashable {
        /// Nobody has asked.
        case unknown
        /// It waits or runs.
        case alive
        /// It has ended, or there was none.
        case over
    }

    /// What to do next.
    package enum Step: Sendable, Hashable {
        /// Nothing before a time, by the store's clock; `nil` for nothing at all.
        case rest(until: Timestamp?)
        /// Find out whether a job has ended.
        case ask(JobID)
        /// Have the store take this record in place of the one that was read.
        case write(ScheduleRecord)
        /// Submit these, in order, and then write that they are.
        case submit([ScheduleRecord.Firing])
    }

    /// How long a process is left alone with the firings that it has decided before another one helps.
    package static let patience = Duration.seconds(5)

    /// How long the broker remembers at least what it has accepted of a schedule.
    package static let memory = Duration.seconds(60 * 86_400)

    /// How late a decided firing is submitted at most: well within ``memory``, for after that the broker cannot tell whether it
    /// was.
    package static let limit = Duration.seconds(30 * 86_400)

    private let record: ScheduleRecord
    private let timing: RecurrenceTiming

    /// Creates a machine for one record.
    package init(_ record: ScheduleRecord, timing: RecurrenceTiming) {
        self.record = record
        self.timing = timing
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - now: The store's time.
    ///   - isOwn: Whether the caller has written the record itself, and so has to submit what is pending.
    ///   - previous: What is known of the job before.
    /// - Returns: What to do.
    package func step(now: Timestamp, isOwn: Bool, previous: Previous) -> Step {
        if !record.pending.isEmpty { return finishPending(now: now, isOwn: isOwn) }
        if record.isPaused { return .rest(until: nil) }
        let definition = record.definition
        let single = definition.overlap.rule != .allow
        let limit = single ? 1 : definition.missed.limit
        var due = due(at: now, limit: limit)
        guard let newest = due.last else { return .rest(until: nextDue) }
        due = Array(due.suffix(limit))
        if definition.missed.rule == .skip { due.removeAll { now > dueTime(of: $0) + MissedTicks.tolerance } }

        var next = record
        next.cursor = newest
        var replaced: JobID?
        if single, !due.isEmpty, let last = record.last?.job {
            switch (previous, definition.overlap.rule) {
            case (.unknown, _): return .ask(last)
            case (.alive, .replace): replaced = last
            case (.alive, _): due = []
            case (.over, _): break
            }
        }
        for tick in due {
            next.sequence += 1
            next.pending.append(
                ScheduleRecord.Firing(sequence: next.sequence, tick: tick, isManual: false, replaced: replaced)
            )
        }
        next.decided = due.isEmpty ? nil : now
        return .write(next)
    }

    private func finishPending(now: Timestamp, isOwn: Bool) -> Step {
        let decided = record.decided ?? record.cursor
        if now > decided + Self.limit {
            var next = record
            next.complete(last: nil, problem: "It was decided at \(decided), and nobody submitted it in time.")
            return .write(next)
        }
        let helpTime = decided + Self.patience
        // A clock that was set back must not make anybody wait for longer.
        return isOwn || now >= helpTime || now < decided - Self.patience
            ? .submit(record.pending) : .rest(until: helpTime)
    }

    /// When the schedule is to be looked at next, if nothing is due.
    private var nextDue: Timestamp? { ticks(after: record.cursor).first.map(dueTime) }

    /// The next ticks after a time, within the schedule's bounds.
    ///
    /// - Parameters:
    ///   - time: The time to start behind.
    ///   - count: How many.
    /// - Returns: The ticks, fewer at the end.
    package func ticks(after time: Timestamp, count: Int = 1) -> [Timestamp] {
        var ticks: [Timestamp] = []
        var time = max(time, floor)
        while ticks.count < count, let tick = timing.next(after: time, anchor: record.anchor) {
            if let ends = record.definition.ends, tick > ends { break }
            ticks.append(tick)
            time = tick
        }
        return ticks
    }

    /// The moment behind which ticks count, so that one at the very start does.
    private var floor: Timestamp {
        record.definition.starts.map { $0 - .nanoseconds(1) } ?? .distantPast
    }

    /// The latest ticks whose time has come, in order: more than are wanted, or all.
    private func due(at now: Timestamp, limit: Int) -> [Timestamp] {
        let end = min(now, record.definition.ends ?? now)
        let start = max(record.cursor, floor)
        guard end > start else { return [] }
        let jitter = Duration.nanoseconds(record.definition.jitter)
        guard jitter > .zero else {
            return timing.latest(after: start, through: end, limit: limit, anchor: record.anchor)
        }
        // All that is older than the jitter is due, and of the rest what comes before the first that is not.
        let certain = min(end, now - jitter)
        var due =
            certain > start
            ? timing.latest(after: start, through: certain, limit: limit, anchor: record.anchor) : []
        var time = max(certain, start)
        while let tick = timing.next(after: time, anchor: record.anchor), tick <= end, dueTime(of: tick) <= now {
            due.append(tick)
            time = tick
        }
        return due
    }

    /// When a tick is to fire: its own time and a part of the jitter that every process derives alike.
    private func dueTime(of tick: Timestamp) -> Timestamp {
        let jitter = record.definition.jitter
        guard jitter > 0 else { return tick }
        let firing = ScheduleRecord.Firing(sequence: 0, tick: tick, isManual: false, replaced: nil)
        return tick + .nanoseconds(Int64(record.jobID(of: firing).high.multipliedFullWidth(by: UInt64(jitter)).high))
    }
}
