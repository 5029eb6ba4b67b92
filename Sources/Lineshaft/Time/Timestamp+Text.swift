//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(FoundationEssentials)
public import FoundationEssentials  // lint:allow(public-import) users have a Date in hand
#else
public import Foundation  // lint:allow(public-import) users have a Date in hand
#endif

extension Timestamp {
    /// Creates a time from a Foundation date, saturating at the ends of the range.
    public init(_ date: Date) {
        let nanoseconds = (date.timeIntervalSince1970 * 1e9).rounded()
        if nanoseconds.isNaN {
            self.init(nanosecondsSinceEpoch: 0)
        } else if nanoseconds >= 9.2e18 {
            self = .distantFuture
        } else if nanoseconds <= -9.2e18 {
            self = .distantPast
        } else {
            self.init(nanosecondsSinceEpoch: Int64(nanoseconds))
        }
    }

    /// This time as a Foundation date, which keeps microseconds and drops the rest.
    public var date: Date {
        Date(timeIntervalSince1970: Double(nanosecondsSinceEpoch) / 1e9)
    }
}

extension Timestamp: CustomStringConvertible {
    /// The time in ISO 8601 in UTC, with milliseconds: `2026-11-21T09:06:02.112Z`.
    public var description: String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
