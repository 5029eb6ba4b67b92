//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How many jobs a worker may claim ahead of what it can run: as many as it will start within a few milliseconds.
///
/// Claiming ahead keeps slots busy while a round trip is under way. A job that waits here behind a long one is a job that
/// another worker could have started, so the gauge follows the time that runs really take.
package struct PrefetchGauge {
    /// How long a claimed job may wait for a slot.
    private static let window = 0.005
    private static let smoothing = 0.1

    private let limit: Int
    private var averageSeconds: Double?

    package init(limit: Int) {
        self.limit = limit
    }

    /// A run has ended.
    package mutating func record(_ duration: Duration) {
        let seconds = Double(duration.saturatedNanoseconds) / 1e9
        // One long run is believed at once, so that prefetching stops before the next claim; short ones bit by bit.
        averageSeconds =
            averageSeconds.map { seconds > $0 * 8 ? seconds : $0 + (seconds - $0) * Self.smoothing } ?? seconds
    }

    /// How many jobs may be claimed ahead.
    package func allowance(concurrency: Int) -> Int {
        guard let averageSeconds else { return 0 }
        let inWindow = Self.window * Double(concurrency) / max(averageSeconds, 1e-9)
        return Int(min(Double(limit), inWindow))
    }
}
