//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft

/// A clock whose uptime all processes of the machine share, so that their records can be merged.
struct MonotonicClock: QueueClock {
    var now: Timestamp { SystemClock().now }

    var uptime: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }

    func sleep(until deadline: Duration) async throws {
        try await SystemClock().sleep(for: deadline - uptime)
    }
}
