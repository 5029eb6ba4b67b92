//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The machine's own clock.
public struct SystemClock: QueueClock {
    private static let origin = ContinuousClock.now

    /// Creates the clock.
    ///
    /// All system clocks of a process share one origin of ``uptime``.
    public init() {
        _ = Self.origin
    }

    /// The machine's wall-clock time.
    public var now: Timestamp { Timestamp(Date.now) }

    /// The time since the first system clock of this process was made; it runs on while the machine sleeps.
    public var uptime: Duration { Self.origin.duration(to: .now) }

    /// Suspends the caller until ``uptime`` has reached `deadline`.
    ///
    /// - Parameter deadline: The uptime to wait for.
    /// - Throws: `CancellationError` as soon as the calling task is cancelled.
    public func sleep(until deadline: Duration) async throws {
        // A hundred years are as good as any longer time, and the system's clock can count them.
        let bounded = min(deadline, .seconds(3_155_760_000))
        try await ContinuousClock().sleep(until: Self.origin.advanced(by: bounded), tolerance: .zero)
    }
}

extension QueueClock where Self == SystemClock {
    /// The machine's own clock.
    public static var system: SystemClock { SystemClock() }
}
