//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting

/// Somebody who goes through the dead letters: some are retried, some deleted, and the process may die in the middle.
struct Operator {
    let world: World

    func run() async throws {
        for number in 1...4 {
            let process = world.makeProcess("operator \(number)")
            // The last one meets no faults.
            let faults = world.makeInjector(process, isRough: number < 4)
            try await process.run {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await faults.run() }
                    let system = try await world.makeSystem(faults)
                    do {
                        try await tidy(system, world.context.generator(process.name))
                    } catch let error as BrokerError where error.code == .unavailable {
                        world.recorder.record(.note("gave up: \(error.code)"), by: process)
                    }
                    group.cancelAll()
                }
            }
            process.retire(world.recorder)
            try await world.clock.sleep(for: .seconds(3))
        }
        try await world.waitForOutcomes()
    }

    private func tidy(_ system: JobSystem, _ generator: SeededGenerator) async throws {
        var generator = generator
        for queue in [QueueName("a"), "b"] {
            if generator.chance(0.2) {
                try await system.retryAll(in: queue)
                continue
            }
            for try await job in system.deadLetters(in: queue) {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: try await system.delete([job.id])
                case 1, 2: try await system.retry([job.id])
                default: break
                }
            }
        }
    }
}
