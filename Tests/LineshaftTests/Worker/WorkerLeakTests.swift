//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

private struct Nothing: Job {
    static let name: JobName = "nothing"
}

@Suite(.timeLimit(.minutes(20)))
struct WorkerLeakTests {
    @Test
    func `Nothing of a worker or a system is left when both have stopped`() async throws {
        weak var forgottenWorker: Worker?
        weak var forgottenSystem: JobSystem?
        weak var forgottenBroker: MemoryBroker?
        do {
            let clock = VirtualClock()
            let broker = MemoryBroker(clock: clock)
            var configuration = JobSystem.Configuration()
            configuration.clock = clock
            configuration.tracing = false
            let jobs = try await JobSystem(broker: broker, configuration: configuration)
            let worker = Worker(jobs) {
                Handler(for: Nothing.self) { _, context in
                    try await context.checkpoint("half") { await context.report(progress: 1) }
                }
            }
            forgottenWorker = worker
            forgottenSystem = jobs
            forgottenBroker = broker
            try await worker.run {
                for handle in try await jobs.submit(contentsOf: Array(repeating: Nothing(), count: 50)) {
                    _ = try await handle.value
                    for try await _ in handle.progress {}
                }
            }
            await jobs.shutdown()
        }
        #expect(forgottenWorker == nil)
        #expect(forgottenSystem == nil)
        #expect(forgottenBroker == nil)
    }
}
