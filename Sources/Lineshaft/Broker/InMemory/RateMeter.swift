//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Counts what a ``RateLimit`` allows: the generic cell rate algorithm, a plain value without clock.
///
/// It holds one time. That of a queue that begins its jobs at even distances is the time of its next job; the time may
/// run ahead of the clock by as much as a burst takes.
package struct RateMeter: Sendable {
    package let limit: RateLimit
    private let interval: Int64
    /// How far ``next`` may be ahead of the clock for another job to be begun.
    private let tolerance: Int64
    private var next = Int64.min

    package init(_ limit: RateLimit) {
        self.limit = limit
        interval = limit.interval
        tolerance = Self.product(limit.interval, limit.burst - 1)
    }

    /// How many jobs may be begun at `uptime`.
    package func available(at uptime: Int64) -> Int {
        let ahead = ahead(at: uptime)
        guard ahead <= tolerance else { return 0 }
        return Int((tolerance - ahead) / interval) + 1
    }

    /// How many nanoseconds until another job may be begun; 0 when one may be at once.
    package func wait(at uptime: Int64) -> Int64 {
        max(ahead(at: uptime) - tolerance, 0)
    }

    /// The uptime from which nothing of what was begun counts any more.
    package var recovery: Int64 { next }

    /// Notes that `count` jobs are begun at `uptime`.
    package mutating func take(_ count: Int, at uptime: Int64) {
        let (sum, overflow) = max(next, uptime).addingReportingOverflow(Self.product(interval, count))
        next = overflow ? .max : sum
    }

    /// Takes back that a job was begun.
    ///
    /// Without effect when the rate has recovered from it already.
    package mutating func giveBack() {
        if next > .min + interval { next -= interval }
    }

    /// Goes on under another limit: what was begun under this one still counts, but for no more than the other's burst.
    package func changed(to limit: RateLimit, at uptime: Int64) -> RateMeter {
        var meter = RateMeter(limit)
        let (latest, overflow) = uptime.addingReportingOverflow(Self.product(limit.interval, limit.burst))
        meter.next = min(next, overflow ? .max : latest)
        return meter
    }

    private func ahead(at uptime: Int64) -> Int64 {
        guard next > uptime else { return 0 }
        let (difference, overflow) = next.subtractingReportingOverflow(uptime)
        return overflow ? .max : difference
    }

    private static func product(_ interval: Int64, _ count: Int) -> Int64 {
        let (product, overflow) = interval.multipliedReportingOverflow(by: Int64(clamping: count))
        return overflow ? .max : product
    }
}
