//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A point in wall-clock time, in whole nanoseconds since 1 January 1970 UTC, that can be stored and sent.
///
/// Arithmetic saturates at the ends of the range (the years 1677 and 2262), so that a far-off delay stays far off
/// and never traps.
public struct Timestamp: Sendable, Hashable, Comparable, Codable {
    /// Nanoseconds since 1 January 1970 UTC; negative before it.
    public let nanosecondsSinceEpoch: Int64

    /// The earliest time that can be represented.
    public static let distantPast = Timestamp(nanosecondsSinceEpoch: .min)

    /// The latest time that can be represented.
    public static let distantFuture = Timestamp(nanosecondsSinceEpoch: .max)

    /// Creates a time from nanoseconds since 1 January 1970 UTC.
    public init(nanosecondsSinceEpoch: Int64) {
        self.nanosecondsSinceEpoch = nanosecondsSinceEpoch
    }

    /// Creates a time from milliseconds since 1 January 1970 UTC, saturating at the ends of the range.
    public init(millisecondsSinceEpoch: Int64) {
        let (product, overflow) = millisecondsSinceEpoch.multipliedReportingOverflow(by: 1_000_000)
        self.nanosecondsSinceEpoch = overflow ? (millisecondsSinceEpoch < 0 ? .min : .max) : product
    }

    /// Whole milliseconds since 1 January 1970 UTC, rounded down.
    public var millisecondsSinceEpoch: Int64 {
        let (quotient, remainder) = nanosecondsSinceEpoch.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The time `duration` after this one, saturating at the ends of the range.
    public func advanced(by duration: Duration) -> Timestamp {
        let distance = duration.saturatedNanoseconds
        let (sum, overflow) = nanosecondsSinceEpoch.addingReportingOverflow(distance)
        // A distance that was cut to the range leads out of it.
        guard overflow || distance == .max || distance == .min else { return Timestamp(nanosecondsSinceEpoch: sum) }
        return duration < .zero ? .distantPast : .distantFuture
    }

    /// How long it is from this time to `other`; negative when `other` is earlier.
    public func duration(to other: Timestamp) -> Duration {
        .nanoseconds(other.nanosecondsSinceEpoch) - .nanoseconds(nanosecondsSinceEpoch)
    }

    /// Whether `lhs` is earlier than `rhs`.
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.nanosecondsSinceEpoch < rhs.nanosecondsSinceEpoch
    }

    /// The time `duration` after `time`, saturating at the ends of the range.
    public static func + (time: Timestamp, duration: Duration) -> Timestamp {
        time.advanced(by: duration)
    }

    /// The time `duration` before `time`, saturating at the ends of the range.
    public static func - (time: Timestamp, duration: Duration) -> Timestamp {
        time.advanced(by: .zero - duration)
    }
}

extension Duration {
    /// This duration in whole nanoseconds, saturating at the ends of `Int64`.
    package var saturatedNanoseconds: Int64 {
        if self >= .nanoseconds(Int64.max) { return .max }
        if self <= .nanoseconds(Int64.min) { return .min }
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carry) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }

    /// This duration in seconds, as a floating-point number.
    package var inSeconds: Double {
        // Longer ones have no components; nobody waits for their end.
        let bounded = Swift.min(Swift.max(self, .seconds(-1e18)), .seconds(1e18))
        return Double(bounded.components.seconds) + Double(bounded.components.attoseconds) / 1e18
    }
}
