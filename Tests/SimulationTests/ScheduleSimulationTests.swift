//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import LineshaftTesting
import Testing

@Suite("The simulation of schedules", .timeLimit(.minutes(20)))
struct ScheduleSimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let chosenSeed = environment["LINESHAFT_SIMULATION_SEED"].flatMap(UInt64.init)
    private static let count = environment["LINESHAFT_SIMULATION_HISTORIES"].flatMap(UInt64.init) ?? 120

    @Test
    func `Each tick fires exactly once, whatever becomes of schedulers`() async {
        let seeds = Self.chosenSeed.map { $0...$0 } ?? 0...(Self.count - 1)
        let failures = await onOwnThread {
            seeds.compactMap { seed -> String? in
                do {
                    let problems = try Simulation.run(seed: seed, maximumSteps: 2_000_000) { context in
                        try await ScheduleWorld(context).live()
                    }
                    return problems.isEmpty ? nil : "Seed \(seed): " + problems.joined(separator: "\n")
                } catch {
                    return "Seed \(seed): \(error)"
                }
            }
        }
        for failure in failures.prefix(5) { Issue.record("\(failure)") }
        #expect(failures.isEmpty, "\(failures.count) of \(seeds.count) histories are bad")
    }
}
