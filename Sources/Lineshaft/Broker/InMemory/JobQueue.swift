//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

/// One queue of the in-memory broker: the order of its jobs in each state.
package struct JobQueue: Sendable {
    /// The end of a lease as it was when the entry was made.
    ///
    /// Of those of one lease the one named by ``Run/alarm`` counts.
    struct Alarm: Sendable, Comparable {
        let deadline: Int64
        let order: Int64
        let slot: UInt32

        static func < (lhs: Alarm, rhs: Alarm) -> Bool { lhs.deadline < rhs.deadline }
    }

    /// The end of a window in which a unique key is held.
    struct Window: Sendable, Comparable {
        let end: Int64
        let key: String

        static func < (lhs: Window, rhs: Window) -> Bool { lhs.end < rhs.end }
    }

    /// Who holds a unique key.
    struct Holder: Sendable {
        let id: JobID
        /// The uptime until which it is held whatever becomes of the job; `nil` holds it until the job has ended.
        let end: Int64?
    }

    let name: QueueName
    var isPaused = false
    /// The queue's limits; `nil` for none, which is what costs nothing.
    var gate: Gate?
    /// The lines of tenants and of limited job types.
    var parts = QueueParts()
    var counts = QueueCounts()
    /// The ready jobs of each priority.
    private(set) var levels: [Line] = Array(repeating: Line(), count: JobPriority.levels)
    /// A bit for each level that may hold something.
    private var occupied: UInt16 = 0
    /// The entries of all levels, outdated ones included.
    private(set) var entryCount = 0
    /// The scheduled jobs by due time.
    var due = TimeLine()
    /// The waiting jobs that end by themselves, by when.
    var ends = TimeLine()
    var alarms = Heap<Alarm>()
    var dead = Line()
    var holders: [String: Holder] = [:]
    var windows = Heap<Window>()
    /// How many jobs became ready since workers were last woken.
    var arrivals = 0

    init(name: QueueName) {
        self.name = name
    }

    /// What back-pressure counts.
    var length: Int { counts.scheduled + counts.ready }

    /// The entries for ends of leases, outdated ones included.
    var alarmCount: Int { alarms.count }

    mutating func makeReady(_ entry: Line.Entry, level: Int, inFront: Bool) {
        if inFront { levels[level].prepend(entry) } else { levels[level].append(entry) }
        occupied |= 1 << UInt16(level)
        entryCount += 1
    }

    /// Takes the next ready job.
    mutating func pop(_ records: Slab<JobRecord>, at moment: Moment) -> UInt32? {
        parts.isActive ? popInTurn(records, at: moment.uptime) : popReady(records)
    }

    /// Takes the next ready job of nobody, of the highest priority.
    mutating func popReady(_ records: Slab<JobRecord>) -> UInt32? {
        while occupied != 0 {
            let level = UInt16.bitWidth - 1 - occupied.leadingZeroBitCount
            while let entry = levels[level].popFirst() {
                entryCount -= 1
                if records[entry.slot].order == entry.order { return entry.slot }
            }
            occupied &= ~(1 << UInt16(level))
        }
        return nil
    }

    /// Whether a level holds a job; what is outdated in front of it is dropped.
    mutating func hasCurrent(at level: Int, _ records: Slab<JobRecord>) -> Bool {
        while levels[level].count > 0 {
            let entry = levels[level][0]
            if records[entry.slot].order == entry.order { return true }
            _ = levels[level].popFirst()
            entryCount -= 1
        }
        return false
    }

    /// Drops what is outdated once it outnumbers what is not, so that each entry dropped is paid for by one added.
    mutating func compactReady(_ records: Slab<JobRecord>) {
        guard entryCount > 2 * counts.ready + 64 else { return }
        entryCount = 0
        for level in levels.indices {
            levels[level].compact { records[$0.slot].order == $0.order }
            entryCount += levels[level].count
        }
    }

    /// Drops every entry, when no job of any queue is left that one could stand for.
    mutating func removeOutdated(at uptime: Int64) {
        parts.removeOutdated(at: uptime)
        levels = Array(repeating: Line(), count: JobPriority.levels)
        occupied = 0
        entryCount = 0
        dead = Line()
        alarms = Heap()
    }

    mutating func compactParts(_ records: Slab<JobRecord>, at uptime: Int64) {
        parts.compact(ready: counts.ready, at: uptime) { records[$0.slot].order == $0.order }
    }

    mutating func compactDead(_ records: Slab<JobRecord>) {
        guard dead.count > 2 * counts.dead + 64 else { return }
        dead.compact { records[$0.slot].order == $0.order }
    }

    mutating func compactAlarms(_ records: Slab<JobRecord>, _ runs: Slab<Run>) {
        guard alarms.count > 2 * counts.running + 256 else { return }
        var current: [Alarm] = []
        current.reserveCapacity(counts.running)
        for alarm in alarms.unordered where isCurrent(alarm, records, runs) { current.append(alarm) }
        alarms = Heap(current)
    }

    func isCurrent(_ alarm: Alarm, _ records: Slab<JobRecord>, _ runs: Slab<Run>) -> Bool {
        records[alarm.slot].order == alarm.order
            && runs[UInt32(records[alarm.slot].time)].alarm == alarm.deadline
    }

    /// The uptime at which the first lease runs out.
    mutating func nextAlarm(_ records: Slab<JobRecord>, _ runs: inout Slab<Run>) -> Int64? {
        while let alarm = alarms.min {
            guard isCurrent(alarm, records, runs) else {
                alarms.removeMin()
                continue
            }
            let run = UInt32(records[alarm.slot].time)
            let deadline = runs[run].deadline
            if deadline <= alarm.deadline { return alarm.deadline }
            // The lease was extended since.
            runs[run].alarm = deadline
            alarms.replaceMin(with: Alarm(deadline: deadline, order: alarm.order, slot: alarm.slot))
        }
        return nil
    }
}
