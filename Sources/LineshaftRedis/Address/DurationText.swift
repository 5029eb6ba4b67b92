//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Durations as they are written in URLs: `500ms`, `2.5s`, `2m`, or a bare number of seconds.
enum DurationText {
    /// Reads a duration.
    ///
    /// - Returns: The duration, or `nil` when the text is none, or one of more than a day.
    static func read(_ text: String) -> Duration? {
        let number = text.utf8.prefix {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
        }
        let milliseconds: Double
        switch String(text.utf8.dropFirst(number.count)) {
        case "ms": milliseconds = 1
        case "s", "": milliseconds = 1_000
        case "m": milliseconds = 60_000
        default: return nil
        }
        guard number.count <= 12, let value = Double(Substring(number)), value.isFinite, value >= 0 else { return nil }
        let total = (value * milliseconds).rounded()
        guard total <= 86_400_000 else { return nil }
        return .milliseconds(Int64(total))
    }

    /// Writes a duration, to the millisecond.
    static func write(_ duration: Duration) -> String {
        let milliseconds = duration.saturatedNanoseconds / 1_000_000
        return milliseconds % 1_000 == 0 ? "\(milliseconds / 1_000)s" : "\(milliseconds)ms"
    }
}
