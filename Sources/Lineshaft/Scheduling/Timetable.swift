//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Which schedules a scheduler looks at, and when: what it knows of the store, without the store.
package struct Timetable: Sendable {
    private struct Entry {
        /// The version that was looked at last.
        var version: UInt64?
        /// When to look again, by the store's clock.
        var until: Timestamp?
        /// When to try again after a failure, by uptime; until then nothing else counts.
        var retry: Duration?
        /// Whether somebody is looking just now; until then nothing at all counts.
        var isBusy = false
        /// Whether it was changed meanwhile, so that what is seen may be old.
        var isDoubtful = false
    }

    private var entries: [ScheduleID: Entry] = [:]
    /// What the store's clock showed at an uptime.
    private var reference: (time: Timestamp, uptime: Duration)?

    package init() {}

    /// Learns what the store's clock shows.
    ///
    /// - Parameters:
    ///   - time: The store's time.
    ///   - uptime: The uptime at which it was heard.
    package mutating func calibrate(_ time: Timestamp, at uptime: Duration) {
        reference = (time, uptime)
    }

    /// Learns which schedules there are.
    ///
    /// - Parameter versions: All schedules.
    package mutating func note(_ versions: [ScheduleID: UInt64]) {
        entries = versions.reduce(into: [:]) { table, item in
            let old = entries[item.key]
            table[item.key] = old?.version == item.value ? old : Self.changed(old)
        }
    }

    /// Learns that schedules have been added, changed or removed.
    package mutating func noteChange(of ids: Set<ScheduleID>) {
        for id in ids { entries[id] = Self.changed(entries[id]) }
    }

    private static func changed(_ old: Entry?) -> Entry {
        let isBusy = old?.isBusy ?? false
        return Entry(version: nil, until: .distantPast, retry: old?.retry, isBusy: isBusy, isDoubtful: isBusy)
    }

    /// Learns that somebody begins to look at a schedule; how that ends must be noted.
    package mutating func begin(_ id: ScheduleID) {
        entries[id]?.isBusy = true
    }

    /// How many schedules somebody is looking at.
    package var busyCount: Int { entries.values.count(where: \.isBusy) }

    /// Learns how a look at a schedule ended.
    package mutating func note(_ look: ScheduleDesk.Look, of id: ScheduleID) {
        guard let old = entries[id] else { return }
        if old.isDoubtful {
            entries[id] = Entry(version: nil, until: .distantPast)
        } else if look.version == nil, look.until == nil {
            entries[id] = nil
        } else {
            // A time that had come at the look would have been seen to, so whatever this is, it must not make anybody spin.
            entries[id] = Entry(version: look.version, until: look.until.map { max($0, look.time + .milliseconds(1)) })
        }
    }

    /// Learns that a look at a schedule failed.
    package mutating func noteFailure(of id: ScheduleID, retry: Duration) {
        entries[id]?.isBusy = false
        entries[id]?.isDoubtful = false
        entries[id]?.retry = retry
    }

    /// The schedules to look at now, by name.
    package func due(at uptime: Duration) -> [ScheduleID] {
        entries.compactMap { id, entry in moment(of: entry).map { $0 <= uptime ? id : nil } ?? nil }.sorted()
    }

    /// When the next look is due, by uptime.
    package var nextMoment: Duration? { entries.values.compactMap(moment).min() }

    private func moment(of entry: Entry) -> Duration? {
        if entry.isBusy { return nil }
        if let retry = entry.retry { return retry }
        guard let until = entry.until else { return nil }
        guard let reference else { return .zero }
        return reference.uptime + reference.time.duration(to: until)
    }
}
