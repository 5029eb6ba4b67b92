//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension CronExpression {
    /// The first matching time of a calendar, without regard to zones.
    ///
    /// - Parameter local: Seconds since 1970; the result is not earlier.
    /// - Returns: Seconds since 1970 of a whole minute; `nil` when no day of the next fifty years matches, and so none ever
    ///   will: a weekday comes to lie on 29 February again after forty years at most.
    func nextLocal(from local: Int64) -> Int64? {
        // Seconds do not match, so a minute that has begun is over.
        let minute = (local + 59).flooredQuotient(dividingBy: 60)
        let startDay = Int(minute.flooredQuotient(dividingBy: 1_440))
        let minuteOfDay = Int(minute - Int64(startDay) * 1_440)
        if matches(day: startDay), let found = nextMinute(from: minuteOfDay) {
            return (Int64(startDay) * 1_440 + Int64(found)) * 60
        }
        guard let first = nextMinute(from: 0), let day = nextDay(after: startDay) else { return nil }
        return (Int64(day) * 1_440 + Int64(first)) * 60
    }

    /// The first matching minute of a day, counted from midnight, from a given one on.
    private func nextMinute(from minuteOfDay: Int) -> Int? {
        let (hour, minute) = (minuteOfDay / 60, minuteOfDay % 60)
        if hours >> UInt64(hour) & 1 == 1, let found = Self.firstBit(of: minutes, from: minute) {
            return hour * 60 + found
        }
        guard let nextHour = Self.firstBit(of: hours, from: hour + 1) else { return nil }
        return Self.firstBit(of: minutes, from: 0).map { nextHour * 60 + $0 }
    }

    /// The next matching day, counted from 1970.
    private func nextDay(after day: Int) -> Int? {
        let date = CivilDate(daysSinceEpoch: day)
        var (year, month) = (date.year, date.month)
        var firstDay = date.day + 1
        while year <= date.year + 50 {
            if months >> UInt64(month) & 1 == 1, let found = nextDay(from: firstDay, inMonth: month, year: year) {
                return CivilDate(year: year, month: month, day: found).daysSinceEpoch
            }
            firstDay = 1
            month += 1
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        return nil
    }

    private func nextDay(from day: Int, inMonth month: Int, year: Int) -> Int? {
        let length = CivilDate.length(ofMonth: month, year: year)
        guard day <= length else { return nil }
        let first = CivilDate(year: year, month: month, day: 1).daysSinceEpoch
        return (day...length).first { day in
            matches(day: day, isLast: day == length, weekday: CivilDate.weekday(daysSinceEpoch: first + day - 1))
        }
    }

    private func matches(day: Int) -> Bool {
        let date = CivilDate(daysSinceEpoch: day)
        guard months >> UInt64(date.month) & 1 == 1 else { return false }
        return matches(
            day: date.day,
            isLast: date.day == CivilDate.length(ofMonth: date.month, year: date.year),
            weekday: CivilDate.weekday(daysSinceEpoch: day)
        )
    }

    private func matches(day: Int, isLast: Bool, weekday: Int) -> Bool {
        let matchesDay = days >> UInt64(day) & 1 == 1 || (includesLastDay && isLast)
        let matchesWeekday = weekdays >> UInt64(weekday) & 1 == 1
        return needsBothDays ? matchesDay && matchesWeekday : matchesDay || matchesWeekday
    }

    private static func firstBit(of bits: UInt64, from position: Int) -> Int? {
        let rest = bits >> UInt64(position)
        return rest == 0 ? nil : position + rest.trailingZeroBitCount
    }
}
