//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The one source of time of everything in Lineshaft: wall time that can be stored, and time that only moves forward.
///
/// Code that needs to know or to wait for time takes a clock; only ``SystemClock`` touches the machine's. Tests pass a
/// virtual clock instead and move it by hand, so no test waits for real time.
public protocol QueueClock: Sendable {
    /// The wall-clock time. It may jump, in either direction, when somebody sets the machine's clock.
    var now: Timestamp { get }

    /// How long this clock has been running. It never jumps and never goes back; leases and timeouts are measured on it.
    var uptime: Duration { get }

    /// Suspends the caller until `uptime` has reached `deadline`.
    ///
    /// Returns at once when the deadline has passed.
    ///
    /// - Parameter deadline: The uptime to wait for.
    /// - Throws: `CancellationError` as soon as the calling task is cancelled.
    func sleep(until deadline: Duration) async throws
}

extension QueueClock {
    /// Suspends the caller for `duration`.
    ///
    /// - Parameter duration: How long to wait; zero or less returns at once.
    /// - Throws: `CancellationError` as soon as the calling task is cancelled.
    public func sleep(for duration: Duration) async throws {
        try await sleep(until: uptime + duration)
    }
}
