//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Times `body` and returns how many operations a second that were.
func rate(of operations: Int, _ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return Double(operations) / (ContinuousClock.now - start).seconds
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
