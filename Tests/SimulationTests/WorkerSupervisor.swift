//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import ServiceLifecycle

/// Starts a worker again and again, and ends it in every way there is, until the world has healed.
struct WorkerSupervisor {
    /// How a worker's life ends.
    private enum End {
        case killed
        case shutDown
        case cancelled
    }

    let world: World
    let number: Int

    func run() async throws {
        var generator = world.context.generator("worker \(number)")
        var generation = 0
        while !world.isOver {
            generation += 1
            try await live(world.makeProcess("worker \(number).\(generation)"), &generator)
            if !world.isHealed { try await world.clock.sleep(for: generator.duration(upTo: .seconds(5))) }
        }
    }

    private func live(_ process: SimulatedProcess, _ generator: inout SeededGenerator) async throws {
        let faults = world.makeInjector(process)
        let end: End = [.killed, .killed, .shutDown, .cancelled][Int.random(in: 0..<4, using: &generator)]
        let lifetime = generator.duration(upTo: .seconds(30))
        var configuration = Worker.Configuration()
        configuration.name = process.name
        configuration.lease = world.climate.lease
        configuration.concurrency = generator.chance(0.3) ? 1 : nil
        configuration.stuckGrace = .seconds(5)
        configuration.parkDelay = .seconds(10)
        configuration.shutdown.finish = .seconds(5)
        configuration.middleware = [HistoryMiddleware(world.recorder, process: process)]
        // Many slots share the calls to a broker that is far away.
        let (least, most) = world.climate.distance == nil ? (1, 3) : (16, 40)
        let queues: WorkerQueues = [
            "a": .init(concurrency: Int.random(in: least...most, using: &generator)),
            "b": .init(concurrency: Int.random(in: 1...2, using: &generator), weight: 2),
        ]
        let fixed = configuration
        try await process.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await faults.run() }
                let system = try await world.makeSystem(faults)
                let worker = Worker(system, queues: queues, configuration: fixed) {
                    Handler(for: Chore.self) { try await Chore.run($0, $1, world.witness) }
                }
                let logger = system.configuration.logger
                let services = ServiceGroup(services: [worker], logger: logger)
                group.addTask {
                    do {
                        try await services.run()
                    } catch let error as BrokerError where error.code == .unavailable {
                        world.recorder.record(.note("the worker did not start"), by: process)
                    }
                }
                group.addTask { try await endLife(end, after: lifetime, process, services) }
                // Whatever ends first ends the life: the worker, or what ends it.
                try await group.next()
                group.cancelAll()
            }
        }
        process.retire(world.recorder)
    }

    private func endLife(
        _ end: End,
        after lifetime: Duration,
        _ process: SimulatedProcess,
        _ services: ServiceGroup
    ) async throws {
        try await world.clock.sleep(for: lifetime)
        if !world.isHealed {
            switch end {
            case .killed:
                process.die()
                return
            case .cancelled:
                return
            case .shutDown:
                await services.triggerGracefulShutdown()
                try await world.clock.sleep(for: .seconds(1_000))
            }
        }
        while !world.isOver { try await world.clock.sleep(for: .seconds(3)) }
        await services.triggerGracefulShutdown()
        try await world.clock.sleep(for: .seconds(1_000))
    }
}
