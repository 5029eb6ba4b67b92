//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Synchronization
import Testing

@Suite("A dead worker's job", .timeLimit(.minutes(20)))
struct RecoveryTests {
    private struct Long: Job {
        static let name: JobName = "long"
    }

    @Test("runs again within its time on a worker that was idle", arguments: [Duration.seconds(1), .seconds(60)])
    func recovery(length: Duration) async throws {
        for seed in 0..<UInt64(100) {
            let wait = try await onOwnThread {
                Result { try Simulation.run(seed: seed) { context in try await self.recover(length, context) } }
            }.get()
            // The promise, with the default lease of 8 seconds.
            #expect(wait <= .seconds(10), "seed \(seed)")
        }
    }

    /// The time between the death of a worker and the next run of its job.
    private func recover(_ length: Duration, _ context: SimulationContext) async throws -> Duration {
        let clock = context.clock
        let memory = MemoryBroker(clock: clock)
        let starts = Starts()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            var processes: [String: SimulatedProcess] = [:]
            for name in ["one", "two"] {
                let process = SimulatedProcess(name: name)
                processes[name] = process
                let faults = FaultInjector(clock: clock, process: process)
                let system = try await system(FaultInjectingBroker(memory, faults: faults), context)
                var configuration = Worker.Configuration()
                configuration.name = name
                let worker = Worker(system, queues: ["default": 1], configuration: configuration) {
                    Handler(for: Long.self) { (_: Long, context: JobContext) async throws -> Void in
                        starts.add(name, context.clock.uptime)
                        try await context.clock.sleep(for: length)
                    }
                }
                group.addTask { try await process.run { try await worker.run() } }
            }
            try await clock.sleep(for: .seconds(30))
            let client = try await system(memory, context)
            let job = try await client.submit(Long())
            try await clock.sleep(for: length / 2)
            let victim = starts.all.first.flatMap { processes[$0.worker] }
            victim?.die()
            let death = clock.uptime
            _ = try await job.value
            group.cancelAll()
            return (starts.all.last?.time ?? .zero) - death
        }
    }

    private func system(_ broker: any Broker, _ context: SimulationContext) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.clock = context.clock
        configuration.seed = context.seed
        configuration.logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        return try await JobSystem(broker: broker, configuration: configuration)
    }

    private final class Starts: Sendable {
        private let list = Mutex<[(worker: String, time: Duration)]>([])
        func add(_ worker: String, _ time: Duration) { list.withLock { $0.append((worker, time)) } }
        var all: [(worker: String, time: Duration)] { list.withLock { $0 } }
    }
}
