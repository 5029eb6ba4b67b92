//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Durations as people write them in configuration files: `8s`, `250ms`, `1h`, `2m30s`.
///
/// Whole numbers, each with a unit, the larger units first. A bare number is refused: nobody can tell seconds from
/// milliseconds by looking at it.
package enum DurationText {
    /// The units, from large to small, with what each counts for.
    private static let units: [(name: String, duration: Duration)] = [
        ("d", .seconds(86_400)), ("h", .seconds(3_600)), ("m", .seconds(60)), ("s", .seconds(1)),
        ("ms", .milliseconds(1)), ("us", .microseconds(1)), ("ns", .nanoseconds(1)),
    ]

    /// The longest duration that is accepted: about a hundred years, far from the ends of every type.
    private static let maximum = Duration.seconds(36_525 * 86_400)

    /// Reads a duration.
    ///
    /// - Parameter text: The text, without white space.
    /// - Returns: The duration; `nil` when the text is none, or longer than a hundred years.
    package static func parse(_ text: String) -> Duration? {
        var rest = text.utf8[...]
        var sum = Duration.zero
        var unitsLeft = units[...]
        repeat {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest[digits.endIndex...]
            let letters = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
            rest = rest[letters.endIndex...]
            guard let count = Int64(String(decoding: digits, as: UTF8.self)),
                let index = unitsLeft.firstIndex(where: { $0.name.utf8.elementsEqual(letters) })
            else { return nil }
            let unit = unitsLeft[index].duration
            // Compared by division, because the product may be out of every range.
            guard Double(count) <= maximum / unit else { return nil }
            sum += unit * count
            unitsLeft = unitsLeft[(index + 1)...]
        } while !rest.isEmpty
        return sum <= maximum ? sum : nil
    }

    /// Writes a duration so that ``parse(_:)`` reads the same one.
    ///
    /// - Parameter duration: The duration, not negative and without parts of nanoseconds.
    /// - Returns: The shortest text.
    package static func text(_ duration: Duration) -> String {
        var rest = duration
        var text = ""
        for (name, unit) in units {
            let count = Int64((rest / unit).rounded(.down))
            if count > 0 { text += "\(count)\(name)" }
            rest -= unit * count
        }
        return text.isEmpty ? "0s" : text
    }
}
