//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a time zone's clocks show, for all times: a table of transitions, and a rule for the years after it.
///
/// A pure value, read from the bytes of a TZif file (RFC 8536) by ``init(tzif:name:)``.
package struct TimeZoneRules: Sendable, Hashable {
    /// A time during which the clocks keep one distance from UTC.
    package struct Period: Sendable, Hashable {
        /// Its first second, since 1970 in UTC; `Int64.min` for the first one.
        package let start: Int64
        /// The second after its last one; `Int64.max` for the last one.
        package let end: Int64
        /// How many seconds the clocks are ahead of UTC.
        package let offset: Int64
    }

    /// The zone's name.
    package let name: TimeZoneName
    /// The times at which the distance changes, in seconds since 1970, ascending.
    private let transitions: [Int64]
    /// The distance from each transition on.
    private let offsets: [Int64]
    /// The distance before the first transition.
    private let firstOffset: Int64
    /// What holds from the last transition on; `nil` when nothing changes any more.
    private let rule: YearlyRule?

    /// Coordinated Universal Time, for which no file is needed.
    package static let utc = TimeZoneRules(name: .utc, transitions: [], offsets: [], firstOffset: 0, rule: nil)

    /// Creates rules from parts that were checked.
    init(name: TimeZoneName, transitions: [Int64], offsets: [Int64], firstOffset: Int64, rule: YearlyRule?) {
        self.name = name
        self.transitions = transitions
        self.offsets = offsets
        self.firstOffset = firstOffset
        self.rule = rule
    }

    /// The period that a time is in.
    ///
    /// - Parameter time: Seconds since 1970 in UTC.
    /// - Returns: The period; a neighbouring one may have the same offset.
    package func period(at time: Int64) -> Period {
        // How many transitions are not later than `time`.
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle] <= time { low = middle + 1 } else { high = middle }
        }
        guard low == transitions.count else {
            return Period(
                start: low == 0 ? .min : transitions[low - 1],
                end: transitions[low],
                offset: low == 0 ? firstOffset : offsets[low - 1]
            )
        }
        let start = transitions.last ?? .min
        guard let rule else { return Period(start: start, end: .max, offset: offsets.last ?? firstOffset) }
        let period = rule.period(at: time)
        return Period(start: max(period.start, start), end: period.end, offset: period.offset)
    }

    /// How many seconds the clocks are ahead of UTC at a time.
    ///
    /// - Parameter time: Seconds since 1970 in UTC.
    /// - Returns: The distance; less than zero west of Greenwich.
    package func offset(at time: Int64) -> Int64 { period(at: time).offset }

    /// When the clocks show a time first or, for a time that they skip, when they go on behind it.
    ///
    /// - Parameter local: What they show, as seconds since 1970 if they were in UTC.
    /// - Returns: Seconds since 1970 in UTC. It never decreases as `local` grows.
    package func instant(ofLocal local: Int64) -> Int64 {
        var period = period(at: local - Self.maximumOffset)
        while true {
            let time = local - period.offset
            if time < period.start { return period.start }
            if time < period.end { return time }
            period = self.period(at: period.end)
        }
    }

    /// More than any clock is away from UTC, in seconds.
    static let maximumOffset: Int64 = 26 * 3_600
}
