//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// When summer time begins and ends in each year, as the `TZ` variable of POSIX states it and the last line of a TZif file
/// does: `CET-1CEST,M3.5.0,M10.5.0/3`.
struct YearlyRule: Sendable, Hashable {
    /// A day of each year and a time on it.
    struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// The day from 1 to 365; 29 February is not counted.
            case withoutLeapDay(Int)
            /// The day from 0 to 365.
            case ofYear(Int)
            /// A weekday of a month, the `week`th one; 5 for the last.
            case weekday(Int, week: Int, month: Int)
        }

        let day: Day
        /// Seconds after midnight, which may lead to another day.
        let time: Int64

        /// Seconds since 1970, as the clocks show them at that moment.
        func local(inYear year: Int) -> Int64 {
            let newYear = CivilDate(year: year, month: 1, day: 1).daysSinceEpoch
            let days: Int
            switch day {
            case .withoutLeapDay(let number):
                days = newYear + number - 1 + (number >= 60 && CivilDate.isLeap(year) ? 1 : 0)
            case .ofYear(let number): days = newYear + number
            case .weekday(let weekday, let week, let month):
                let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
                let ahead = (weekday - CivilDate.weekday(daysSinceEpoch: first) + 7) % 7
                let length = CivilDate.length(ofMonth: month, year: year)
                let day = ahead + 7 * (week - 1)
                days = first + (day < length ? day : day - 7)
            }
            return Int64(days) * 86_400 + time
        }
    }

    /// The part of the year in which other clocks hold.
    struct Summer: Sendable, Hashable {
        let offset: Int64
        let start: Change
        let end: Change
    }

    /// How many seconds the clocks are ahead of UTC outside of summer.
    let offset: Int64
    /// Summer time, if the zone has any.
    let summer: Summer?

    /// The period that a time is in, were the rule always to have held.
    func period(at time: Int64) -> TimeZoneRules.Period {
        guard let summer else { return TimeZoneRules.Period(start: .min, end: .max, offset: offset) }
        // The years around are looked at as well, for a change may fall into its neighbour, and a rule may begin summer
        // at the very moment at which it ends.
        let bounded = min(max(time, -Self.horizon), Self.horizon)
        let year = CivilDate(daysSinceEpoch: Int(bounded.flooredQuotient(dividingBy: 86_400))).year
        var changes: [(time: Int64, offset: Int64, isStart: Bool)] = []
        for year in year - 2...year + 2 {
            changes.append((summer.start.local(inYear: year) - offset, summer.offset, true))
            changes.append((summer.end.local(inYear: year) - summer.offset, offset, false))
        }
        changes.sort { ($0.time, $0.isStart ? 1 : 0) < ($1.time, $1.isStart ? 1 : 0) }
        let next = changes.firstIndex { $0.time > bounded } ?? changes.count
        guard next > 0 else { return TimeZoneRules.Period(start: .min, end: .max, offset: offset) }
        return TimeZoneRules.Period(
            start: changes[next - 1].time,
            end: next < changes.count ? changes[next].time : .max,
            offset: changes[next - 1].offset
        )
    }

    /// Beyond the range of any timestamp; what comes later is as then.
    private static let horizon: Int64 = 20_000_000_000
}
