//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Darwin)
internal import Darwin
#endif

/// How fast something went, and what it cost.
struct Speed {
    /// Operations a second.
    let rate: Double
    /// Processor time for one operation, over all cores, in microseconds.
    ///
    /// Other programs on the machine disturb it less than the rate.
    let cpuMicroseconds: Double

    /// Times `body`, which does so many operations.
    static func measure(_ operations: Int, _ body: () async throws -> Void) async rethrows -> Speed {
        let (start, cpu) = (ContinuousClock.now, cpuSeconds())
        try await body()
        let seconds = (ContinuousClock.now - start).seconds
        return Speed(
            rate: Double(operations) / seconds,
            cpuMicroseconds: (cpuSeconds() - cpu) * 1e6 / Double(operations)
        )
    }

    private static func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}

extension Duration {
    /// This duration in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

extension [Double] {
    /// The middle value; 0 of none.
    var median: Double { quantile(0.5) }

    /// The value below which `part` of the values lie; 0 of none.
    func quantile(_ part: Double) -> Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return sorted[Swift.min(Int(Double(sorted.count) * part), sorted.count - 1)]
    }
}
