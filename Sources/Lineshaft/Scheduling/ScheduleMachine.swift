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
        /// Find out whether what a tick submitted has ended.
        case ask(ScheduleRecord.Last)
        /// Have the store take this record in place of the one that was read.
        case write(ScheduleRecord)
        /// Submit these, in order, and then write that they are.
        case submit([ScheduleRecord.Firing])
        /// Remove the schedule: it has long fired for the last time.
        case remove
    }

    /// How long a process is left alone with the firings that it has decided before another one helps.
    package static let patience = Duration.seconds(5)

    /// How long the broker remembers at least what it has accepted of a schedule.
    package static let memory = Duration.seconds(60 * 86_400)

    /// How long a schedule is kept that will not fire again, for those who ask what became of it.
    package static let afterlife = Duration.seconds(86_400)

    /// How long after a record was read a workflow may be begun by it.
    package static let haste = Duration.seconds(300)

    /// How long is it remembered at least that a workflow was begun, once its record says so: much longer than ``haste``, for
    /// the clocks of a Cluster's nodes may disagree.
    package static let workflowMemory = Duration.seconds(3_600)

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
        guard let newest = due.last else { return rest(now: now) }
        due = Array(due.suffix(limit))
        if definition.missed.rule == .skip { due.removeAll { now > dueTime(of: $0) + MissedTicks.tolerance } }

        var next = record
        next.cursor = newest
        var replaced: ScheduleRecord.Last?
        if single, !due.isEmpty, let last = record.last {
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
        if let next = withoutOutdated(now: now) { return .write(next) }
        let decided = record.decided ?? record.cursor
        let helpTime = decided + Self.patience
        // A clock that was set back must not make anybody wait for longer.
        return isOwn || now >= helpTime || now < decided - Self.patience
            ? .submit(record.pending) : .rest(until: helpTime)
    }

    /// The record without pending firings that nobody has submitted in time; `nil` when it has none of those.
    ///
    /// - Parameter now: The store's time.
    /// - Returns: The record to write.
    package func withoutOutdated(now: Timestamp) -> ScheduleRecord? {
        let decided = record.decided ?? record.cursor
        guard !record.pending.isEmpty, now > decided + Self.limit else { return nil }
        var next = record
        next.complete(last: nil, problem: "It was decided at \(decided), and nobody submitted it in time.")
        return next
    }

    /// What to do when nothing is due.
    private func rest(now: Timestamp) -> Step {
        if let next = ticks(after: record.cursor).first { return .rest(until: dueTime(of: next)) }
        // None will come any more.
        let end = record.cursor + Self.afterlife
        return now < end ? .rest(until: end) : .remove
    }

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
        // Each tick has its turn before the next one's time, so of those that have come only the last may still have to wait.
        let isExact = record.definition.jitter == 0
        var due = timing.latest(after: start, through: end, limit: isExact ? limit : limit + 1, anchor: record.anchor)
        if let last = due.last, dueTime(of: last) > now { due.removeLast() }
        return due
    }

    /// When a tick is to fire: its own time and a part of the jitter that every process derives alike, but never as late as the next
    /// tick's own time.
    private func dueTime(of tick: Timestamp) -> Timestamp {
        var jitter = record.definition.jitter
        guard jitter > 0 else { return tick }
        if let next = timing.next(after: tick, anchor: record.anchor) {
            jitter = min(jitter, tick.duration(to: next).saturatedNanoseconds)
        }
        let firing = ScheduleRecord.Firing(sequence: 0, tick: tick, isManual: false, replaced: nil)
        return tick + .nanoseconds(Int64(record.jobID(of: firing).high.multipliedFullWidth(by: UInt64(jitter)).high))
    }
}
