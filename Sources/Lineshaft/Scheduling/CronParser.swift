//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Reads the fields of a cron expression.
enum CronParser {
    /// What a field says.
    struct Field {
        var bits: UInt64 = 0
        /// Whether it begins with a star.
        var hasStar = false
        var includesLast = false
    }

    private static let shorthands = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    /// The five fields of an expression.
    static func fields(of text: String) throws(ConfigurationError) -> [Substring] {
        let words = words(of: text)
        if words.count == 1, let word = words.first, word.hasPrefix("@") {
            // Its parts are right, so no message ever points into it.
            if let meaning = shorthands[word.lowercased()] { return Self.words(of: meaning) }
            throw error(
                in: text,
                at: word,
                "there is no such name. Use @yearly, @monthly, @weekly, @daily, @hourly or @every followed by a duration"
            )
        }
        guard words.count == 5 else {
            let count = words.count == 1 ? "1 field" : "\(words.count) fields"
            throw ConfigurationError(
                code: .invalidSchedule,
                message:
                    "The cron expression \(String(reflecting: text)) has \(count); it must have five: minute, hour, "
                    + "day of month, month and day of week, such as “30 4 * * MON-FRI”."
                    + (words.count == 6 ? " Seconds and years are not among them." : "")
            )
        }
        return words
    }

    private static func words(of text: String) -> [Substring] {
        text.split { $0 == " " || $0 == "\t" }
    }

    /// Reads one field.
    static func read(
        _ field: Substring,
        as kind: CronField,
        in text: String
    ) throws(ConfigurationError) -> Field {
        var result = Field()
        result.hasStar = field.first == "*"
        for item in field.split(separator: ",", omittingEmptySubsequences: false) {
            if item.isEmpty { throw error(in: text, at: field, kind, "there is nothing before or after a comma") }
            if kind == .day, item == "L" || item == "l" {
                result.includesLast = true
            } else {
                result.bits |= try bits(of: item, as: kind, in: text)
            }
        }
        return result
    }

    private static func bits(
        of item: Substring,
        as kind: CronField,
        in text: String
    ) throws(ConfigurationError) -> UInt64 {
        let parts = item.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let range = parts[0]
        var (low, high) = (kind.range.lowerBound, kind.range.upperBound)
        if range != "*" {
            let ends = range.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            low = try value(of: ends[0], as: kind, in: text, at: item)
            if ends.count == 2 {
                high = try value(of: ends[1], as: kind, in: text, at: item)
                // In a range up to Sunday, it is the seventh day.
                if kind == .weekday, high == 0, low > 0 { high = 7 }
            } else if parts.count == 1 {
                high = low
            } else if kind == .weekday {
                // From a day on means to the end of its week, which Sunday begins.
                high = max(6, low)
            }
            if high < low {
                throw error(in: text, at: item, kind, "the range \(range) runs backwards; write it as two ranges")
            }
        } else if kind == .weekday {
            high = 6
        }
        var step = 1
        if parts.count == 2 {
            let width = kind.range.count
            guard let number = number(parts[1]), (1...width).contains(number) else {
                throw error(in: text, at: item, kind, "the step “\(parts[1])” must be a number from 1 to \(width)")
            }
            step = number
        }
        return stride(from: low, through: high, by: step).reduce(0) { $0 | 1 << UInt64($1) }
    }

    private static func value(
        of word: Substring,
        as kind: CronField,
        in text: String,
        at item: Substring
    ) throws(ConfigurationError) -> Int {
        if let index = kind.names.firstIndex(of: word.lowercased()) { return index + kind.firstNamed }
        if let number = number(word), kind.range.contains(number) { return number }
        throw error(in: text, at: item, kind, problem(of: word))
    }

    private static func number(_ word: Substring) -> Int? {
        guard (1...4).contains(word.utf8.count), word.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(word)
    }

    /// What is wrong with a word, for some that other programs know.
    private static func problem(of word: Substring) -> String {
        if word.isEmpty { return "a number or name is missing" }
        if word == "?" { return "“?” is not known here; write * for any" }
        if word.contains("#") { return "the nth weekday of a month cannot be written as one expression" }
        if word.uppercased().hasSuffix("L") || word.uppercased().hasSuffix("W") {
            return "“\(word)” is not known here; of L and W there is only L for the last day of the month"
        }
        if word.hasPrefix("*") { return "a star stands alone or with a step, as in */5" }
        return number(word) == nil ? "“\(word)” is no number or name" : "\(word) is out of range"
    }

    private static func error(
        in text: String,
        at place: Substring,
        _ kind: CronField,
        _ problem: String
    ) -> ConfigurationError {
        error(in: text, at: place, "\(problem). Allowed in the \(kind.name) are \(kind.allowed)", field: kind.name)
    }

    /// An error that points at a place in an expression.
    static func error(
        in text: String,
        at place: Substring,
        _ problem: String,
        field: String? = nil
    ) -> ConfigurationError {
        // A tab has a width of its own, and the marks below must stand under what they mark.
        let shown = String(text.map { $0 == "\t" ? " " : $0 })
        let indent = String(repeating: " ", count: text.distance(from: text.startIndex, to: place.startIndex))
        let marks = String(repeating: "^", count: max(place.count, 1))
        let what = field.map { "in its \($0), “\(place)”," } ?? "at “\(place)”,"
        return ConfigurationError(
            code: .invalidSchedule,
            message: "The cron expression \(String(reflecting: text)) cannot be used: \(what) \(problem).\n"
                + "  \(shown)\n  \(indent)\(marks)"
        )
    }
}
