//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The two readings of a clock that a decision about time needs, taken once per call.
package struct Moment: Sendable {
    /// Wall-clock time: due times, expiries and deadlines are compared with it.
    package let now: Timestamp
    /// Nanoseconds of uptime: leases, windows and retentions are compared with it, for it never jumps.
    package let uptime: Int64

    package init(now: Timestamp, uptime: Duration) {
        self.now = now
        self.uptime = uptime.saturatedNanoseconds
    }

    package init(_ clock: some QueueClock) {
        self.init(now: clock.now, uptime: clock.uptime)
    }

    /// The uptime `duration` from now, saturating.
    package func uptime(after duration: Duration) -> Int64 {
        let (sum, overflow) = uptime.addingReportingOverflow(max(duration, .zero).saturatedNanoseconds)
        return overflow ? .max : sum
    }
}
