//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Testing

@Suite("The code about faults", .timeLimit(.minutes(20)))
struct FaultsSnippets {
    @Test("A job survives the worker that takes it first", arguments: UInt64(0)..<20)
    func survives(seed: UInt64) throws {
        let sum = try Simulation.run(seed: seed) { context in
            let broker = MemoryBroker(clock: context.clock)

            // Each process has its own way to the one broker. The first dies of its first claim.
            let doomed = SimulatedProcess(name: "doomed")
            let faults = FaultInjector(
                plan: .scripted(.fault(.dieAfter, on: .claim)),
                clock: context.clock,
                process: doomed
            )
            let faulty = FaultInjectingBroker(broker, faults: faults)

            let jobs = try await system(broker, context, seed: 2 * seed)
            let handle = try await jobs.submit(SumIntegers(integers: [1, 2, 3]))
            try await doomed.run {
                try await worker(system(faulty, context, seed: 2 * seed + 1)).run()
            }
            return try await worker(jobs).run { try await handle.value }
        }
        #expect(sum == 6)
    }

    private func system(
        _ broker: any Broker,
        _ context: SimulationContext,
        seed: UInt64
    ) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.clock = context.clock
        configuration.seed = seed
        configuration.logger.logLevel = .error
        return try await JobSystem(broker: broker, configuration: configuration)
    }

    private func worker(_ jobs: JobSystem) -> Worker {
        Worker(jobs) { SumIntegers.handler() }
    }
}
