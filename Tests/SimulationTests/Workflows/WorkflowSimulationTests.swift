//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite("A workflow", .timeLimit(.minutes(20)))
struct WorkflowSimulationTests {
    @Test("has one end, and each of its jobs one submission, in every history", arguments: 0..<8)
    func histories(part: UInt64) async throws {
        for seed in part * 40..<part * 40 + 40 {
            let report = try await onOwnThread {
                Result {
                    try Simulation.run(seed: seed, maximumSteps: 4_000_000) { context in
                        try await WorkflowWorld(context).live()
                    }
                }
            }.get()
            #expect(report.problems == [], "seed \(seed)")
        }
    }
}
