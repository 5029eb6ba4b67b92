//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// When something recurs, as the five fields of cron say it: minute, hour, day of month, month, day of week.
///
/// `30 4 1,15 * MON-FRI` is half past four on the first and the fifteenth of each month, and on each working day: when both
/// days are restricted, either is enough. A day field that begins with a star does not count as restricted, even with a
/// step, so `0 0 */2 * MON` is Mondays with an odd date.
///
/// Besides numbers, fields take lists (`1,15`), ranges (`1-5`), steps (`*/10`, `8-18/2`, and `5/10` for `5-59/10`), the
/// English names of months and weekdays, 7 for Sunday, and `L` for the last day of the month. `@yearly`, `@annually`,
/// `@monthly`, `@weekly`, `@daily`, `@midnight` and `@hourly` stand for whole expressions.
public struct CronExpression: Sendable, Hashable, CustomStringConvertible {
    /// The text it was made from.
    public let description: String

    /// One bit for each minute of an hour, and so on.
    let minutes: UInt64
    let hours: UInt64
    let days: UInt64
    let months: UInt64
    let weekdays: UInt64
    /// Whether the last day of each month counts, whatever its number.
    let includesLastDay: Bool
    /// Whether a day must match both day fields, because at least one of them begins with a star.
    let needsBothDays: Bool
    /// Whether the expression recurs by the hour or the minute, so that it goes by the time that passes and not by the time
    /// of day: its minute or hour begins with a star.
    package let isInterval: Bool

    /// Reads an expression.
    ///
    /// - Parameter text: Five fields with blanks between, or a name such as `@daily`.
    /// - Throws: ``ConfigurationError`` with the code `invalidSchedule` that shows which field is wrong and what it may be,
    ///   also when no day of any year matches.
    public init(_ text: String) throws(ConfigurationError) {
        let fields = try CronParser.fields(of: text)
        description = text
        let minute = try CronParser.read(fields[0], as: .minute, in: text)
        let hour = try CronParser.read(fields[1], as: .hour, in: text)
        let day = try CronParser.read(fields[2], as: .day, in: text)
        let month = try CronParser.read(fields[3], as: .month, in: text)
        let weekday = try CronParser.read(fields[4], as: .weekday, in: text)
        minutes = minute.bits
        hours = hour.bits
        days = day.bits
        months = month.bits
        // Sunday is both 0 and 7.
        weekdays = (weekday.bits | weekday.bits >> 7) & 0x7F
        includesLastDay = day.includesLast
        needsBothDays = day.hasStar || weekday.hasStar
        isInterval = minute.hasStar || hour.hasStar

        guard needsBothDays, !includesLastDay else { return }
        // Of each month, its longest length: that of a leap year.
        let named = (1...12).filter { months >> UInt64($0) & 1 == 1 }
        let longest = named.reduce(0) { max($0, CivilDate.length(ofMonth: $1, year: 2_000)) }
        if days.trailingZeroBitCount <= longest { return }
        throw CronParser.error(
            in: text,
            at: fields[2],
            "no month that it names has such a day, so it would never fire. Use `L` for the last day of a month"
        )
    }

    /// The first time that matches after another, as the clocks of a zone show it.
    ///
    /// It reads the zone's file each time.
    ///
    /// - Parameters:
    ///   - time: The time to start behind.
    ///   - zone: Whose clocks count.
    /// - Returns: The time, or `nil` when there is none before the end of what a timestamp can hold.
    /// - Throws: ``ConfigurationError`` when there is no such zone, or the machine has no time zone database.
    public func next(
        after time: Timestamp,
        in zone: TimeZoneName = .utc
    ) throws(ConfigurationError) -> Timestamp? {
        next(after: time, by: try TimeZoneDatabase.system.rules(of: zone))
    }

    /// The first time that matches after another.
    ///
    /// - Parameters:
    ///   - time: The time to start behind.
    ///   - rules: What the clocks show.
    /// - Returns: The time, or `nil` when there is none before the end of what a timestamp can hold.
    package func next(after time: Timestamp, by rules: TimeZoneRules) -> Timestamp? {
        let second = time.nanosecondsSinceEpoch.flooredQuotient(dividingBy: 1_000_000_000)
        let next = isInterval ? nextShown(after: second, in: rules) : nextOfDay(after: second, in: rules)
        guard let next, next <= Self.lastSecond else { return nil }
        return Timestamp(nanosecondsSinceEpoch: next * 1_000_000_000)
    }

    /// The last second of what a timestamp can hold.
    private static let lastSecond = Int64.max / 1_000_000_000

    /// The next time at which the clocks show a time that matches: never for a time that they skip, twice for one that
    /// they show twice.
    private func nextShown(after second: Int64, in rules: TimeZoneRules) -> Int64? {
        var period = rules.period(at: second + 1)
        var earliest = second + 1
        while earliest <= Self.lastSecond {
            guard let local = nextLocal(from: earliest + period.offset) else { return nil }
            let time = local - period.offset
            if time < period.end { return time }
            earliest = period.end
            period = rules.period(at: earliest)
        }
        return nil
    }

    /// The next moment of a time of day: once for a time that clocks show twice, and right behind the gap for one that
    /// they skip.
    private func nextOfDay(after second: Int64, in rules: TimeZoneRules) -> Int64? {
        var local = second + rules.offset(at: second) + 1
        while let candidate = nextLocal(from: local) {
            let time = rules.instant(ofLocal: candidate)
            // Clocks that were put back show some times again, which have had their turn.
            if time > second { return time }
            local = candidate + 1
        }
        return nil
    }
}
