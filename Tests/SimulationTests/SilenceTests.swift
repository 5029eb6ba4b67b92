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

@Suite("A broker that never answers", .timeLimit(.minutes(20)))
struct SilenceTests {
    private struct Endless: Job {
        static let name: JobName = "endless"
    }

    /// What came of one run.
    private struct Verdict: Sendable {
        var cancelled: Duration?
        var stopped: Duration?
    }

    @Test(
        "delays neither timeouts nor the deadlines of shutdown",
        arguments: [FaultPoint.extend, .settle, .settleAndClaim, .announce, .inspect, .detach, .claim]
    )
    func silence(point: FaultPoint) async throws {
        for seed in 0..<UInt64(20) {
            let verdict = try await onOwnThread {
                Result { try Simulation.run(seed: seed) { context in try await self.run(point, context) } }
            }.get()
            // The attempt's timeout of 5 seconds, from a start within the first two.
            let cancelled = try #require(verdict.cancelled, "\(point), seed \(seed)")
            #expect(cancelled >= .seconds(5) && cancelled <= .seconds(7), "\(point), seed \(seed)")
            // Shutdown begins at 20 s; each of its four steps takes a second at most.
            let stopped = try #require(verdict.stopped, "\(point), seed \(seed)")
            #expect(stopped >= .seconds(20) && stopped <= .seconds(24.5), "\(point), seed \(seed)")
        }
    }

    private func run(_ point: FaultPoint, _ context: SimulationContext) async throws -> Verdict {
        let clock = context.clock
        let memory = MemoryBroker(clock: clock)
        let start = clock.uptime
        let verdict = Mutex(Verdict())
        // The first claim brings the job; every later call of the kind hangs.
        let first = point == .claim ? 2 : 1
        let entries = (first..<200).map { FaultPlan.Entry.fault(.hang, on: point, call: $0) }
        let faults = FaultInjector(plan: .scripted(entries), clock: clock, process: SimulatedProcess(name: "p"))
        var configuration = JobSystem.Configuration()
        configuration.clock = clock
        configuration.seed = context.seed
        configuration.logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let client = try await JobSystem(broker: memory, configuration: configuration)
        var job = JobOptions()
        job.timeout = .seconds(5)
        _ = try await client.submit(Endless(), options: job)
        let system = try await JobSystem(
            broker: FaultInjectingBroker(memory, faults: faults),
            configuration: configuration
        )
        var settings = Worker.Configuration()
        settings.lease = .seconds(3)
        settings.shutdown = .init(finish: .seconds(1), cancel: .seconds(1), release: .seconds(1))
        let worker = Worker(system, queues: ["default": 1], configuration: settings) {
            Handler(for: Endless.self) { (_: Endless, context: JobContext) async throws -> Void in
                do {
                    try await context.clock.sleep(for: .seconds(3600))
                } catch {
                    verdict.withLock { $0.cancelled = $0.cancelled ?? clock.uptime - start }
                    throw error
                }
            }
        }
        try await worker.run { try await clock.sleep(for: .seconds(20)) }
        verdict.withLock { $0.stopped = clock.uptime - start }
        return verdict.withLock { $0 }
    }
}
