//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension YearlyRule {
    /// Reads a rule such as `EST5EDT,M3.2.0,M11.1.0`; `nil` when the text is none.
    init?(_ text: some StringProtocol) {
        var reader = Reader(text: Array(text.utf8)[...])
        guard reader.skipName(), let west = reader.time(maximumHours: 24) else { return nil }
        offset = -west
        if reader.text.isEmpty {
            summer = nil
            return
        }
        guard reader.skipName() else { return nil }
        var summerOffset = offset + 3_600
        if reader.text.first != UInt8(ascii: ",") {
            guard let west = reader.time(maximumHours: 24) else { return nil }
            summerOffset = -west
        }
        guard reader.take(","), let start = reader.change(), reader.take(","), let end = reader.change(),
            reader.text.isEmpty
        else { return nil }
        summer = Summer(offset: summerOffset, start: start, end: end)
    }

    private struct Reader {
        var text: ArraySlice<UInt8>

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard text.first == UInt8(ascii: character) else { return false }
            text.removeFirst()
            return true
        }

        /// Three letters or more, or anything in angle brackets.
        mutating func skipName() -> Bool {
            if take("<") {
                guard let end = text.firstIndex(of: UInt8(ascii: ">")) else { return false }
                text = text[(end + 1)...]
                return true
            }
            let rest = text.drop { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            }
            guard rest.startIndex - text.startIndex >= 3 else { return false }
            text = rest
            return true
        }

        /// A number of at most three digits.
        mutating func number() -> Int? {
            var value = 0
            var count = 0
            while let byte = text.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), count < 3 {
                value = value * 10 + Int(byte - UInt8(ascii: "0"))
                count += 1
                text.removeFirst()
            }
            return count > 0 ? value : nil
        }

        /// Hours, and minutes and seconds if they are there, as seconds.
        mutating func time(maximumHours: Int) -> Int64? {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard let hours = number(), hours <= maximumHours else { return nil }
            var seconds = Int64(hours) * 3_600
            for unit in [Int64(60), 1] {
                guard take(":") else { break }
                guard let value = number(), value < 60 else { return nil }
                seconds += Int64(value) * unit
            }
            return isNegative ? -seconds : seconds
        }

        mutating func change() -> Change? {
            guard let day = day() else { return nil }
            guard take("/") else { return Change(day: day, time: 2 * 3_600) }
            // Version 3 of the format lets a change happen up to a week away from its day.
            guard let time = time(maximumHours: 167) else { return nil }
            return Change(day: day, time: time)
        }

        private mutating func day() -> Change.Day? {
            if take("J") {
                guard let number = number(), (1...365).contains(number) else { return nil }
                return .withoutLeapDay(number)
            }
            guard take("M") else {
                guard let number = number(), number <= 365 else { return nil }
                return .ofYear(number)
            }
            guard let month = number(), (1...12).contains(month), take("."), let week = number(),
                (1...5).contains(week), take("."), let weekday = number(), weekday <= 6
            else { return nil }
            return .weekday(weekday, week: week, month: month)
        }
    }
}
