//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A recurrence that was read and checked: what its ticks are.
package struct RecurrenceTiming: Sendable, Hashable {
    private enum Rule: Sendable, Hashable {
        case cron(CronExpression, TimeZoneRules)
        case every(nanoseconds: Int64)
        case once(Timestamp)
    }

    private let rule: Rule

    /// Reads and checks a recurrence.
    ///
    /// - Parameters:
    ///   - recurrence: The recurrence.
    ///   - database: Where its zone is looked up.
    /// - Throws: ``ConfigurationError`` that says what is wrong with the expression, the interval or the zone.
    package init(
        _ recurrence: Recurrence,
        database: TimeZoneDatabase = .system
    ) throws(ConfigurationError) {
        switch recurrence.rule {
        case .cron(let text, let zone):
            if let interval = try EveryText.interval(of: text) {
                rule = .every(nanoseconds: try Self.checked(interval))
            } else {
                rule = .cron(try CronExpression(text), try database.rules(of: zone))
            }
        case .every(let nanoseconds): rule = .every(nanoseconds: try Self.checked(.nanoseconds(nanoseconds)))
        case .once(let time): rule = .once(time)
        }
    }

    private static func checked(_ interval: Duration) throws(ConfigurationError) -> Int64 {
        if interval >= .seconds(1) { return interval.saturatedNanoseconds }
        throw ConfigurationError(
            code: .invalidSchedule,
            message: "A schedule is to fire every \(interval); the interval must be one second or more."
        )
    }

    /// The first tick after a time.
    ///
    /// - Parameters:
    ///   - time: The time to start behind.
    ///   - anchor: What intervals are counted from; it is no tick itself.
    /// - Returns: The tick, or `nil` when there is none any more.
    package func next(after time: Timestamp, anchor: Timestamp) -> Timestamp? {
        switch rule {
        case .cron(let expression, let zone): return expression.next(after: time, by: zone)
        case .once(let tick): return tick > time ? tick : nil
        case .every(let interval):
            let (elapsed, overflow) = time.nanosecondsSinceEpoch.subtractingReportingOverflow(
                anchor.nanosecondsSinceEpoch
            )
            if overflow { return nil }
            let count = max(elapsed.flooredQuotient(dividingBy: interval) + 1, 1)
            let (distance, isFar) = count.multipliedReportingOverflow(by: interval)
            let (tick, isFarther) = anchor.nanosecondsSinceEpoch.addingReportingOverflow(distance)
            return isFar || isFarther ? nil : Timestamp(nanosecondsSinceEpoch: tick)
        }
    }

    /// The latest ticks of a span of time, which may be years long.
    ///
    /// - Parameters:
    ///   - start: Where the span begins; a tick at this very moment does not count.
    ///   - end: The last moment of the span.
    ///   - limit: How many are wanted.
    ///   - anchor: What intervals are counted from.
    /// - Returns: At least `limit` ticks, or all there are, in order.
    package func latest(after start: Timestamp, through end: Timestamp, limit: Int, anchor: Timestamp) -> [Timestamp] {
        // Looking back further and further takes no more than a few times the ticks that are wanted.
        var reach = Duration.seconds(60)
        while true {
            let from = max(start, end - reach)
            var ticks: [Timestamp] = []
            var time = from
            while let tick = next(after: time, anchor: anchor), tick <= end {
                ticks.append(tick)
                time = tick
            }
            if ticks.count >= limit || from == start { return ticks }
            reach = reach * 4
        }
    }
}

/// The duration of `@every 1h30m`.
enum EveryText {
    private static let units: [(letter: Character, seconds: Int64)] = [
        ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    /// The interval that a text states; `nil` when it does not begin with `@every`.
    ///
    /// - Parameter text: The text.
    /// - Returns: The interval.
    /// - Throws: ``ConfigurationError`` that points at what is no duration.
    static func interval(of text: String) throws(ConfigurationError) -> Duration? {
        let words = text.split { $0 == " " || $0 == "\t" }
        guard let first = words.first, first.lowercased() == "@every" else { return nil }
        guard words.count == 2 else {
            throw CronParser.error(
                in: text,
                at: words.count > 2 ? words[2] : first,
                "@every must be followed by one duration, such as 90s or 1h30m"
            )
        }
        var rest = words[1]
        var seconds: Int64 = 0
        var next = 0
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            // Each unit once, the larger ones first.
            guard let number = Int64(digits), number <= 1_000_000_000, let unit = rest.first,
                let index = units[next...].firstIndex(where: { $0.letter == unit })
            else {
                throw CronParser.error(
                    in: text,
                    at: words[1],
                    "this is no duration. Write whole numbers with d, h, m and s, the larger ones first, such as 90s or 1h30m"
                )
            }
            rest = rest.dropFirst()
            seconds += number * units[index].seconds
            next = index + 1
        }
        return .seconds(seconds)
    }
}
