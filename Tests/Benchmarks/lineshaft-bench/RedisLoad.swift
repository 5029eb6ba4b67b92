//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Lineshaft
internal import LineshaftRedis
internal import Logging

/// What the benchmarks of Redis have in common.
enum RedisBench {
    /// Opens a system on a server.
    static func open(_ url: String) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.logger = Logger(label: "bench")
        configuration.logger.logLevel = .error
        return try await JobSystem(
            url: url + "?prefix=lineshaft-bench",
            adapters: [.redis],
            configuration: configuration
        )
    }

    static func worker(_ system: JobSystem, queues: WorkerQueues = ["default": 256]) -> Worker {
        Worker(system, queues: queues) {
            Handler(for: Nothing.self) { _, _ in }
        }
    }

    /// Puts jobs into a queue and does not wait for them.
    static func fill(_ system: JobSystem, _ count: Int, on queue: QueueName? = nil) async throws {
        var left = count
        while left > 0 {
            let part = min(left, 1_000)
            _ = try await system.submit(contentsOf: [Nothing](repeating: Nothing(), count: part), on: queue)
            left -= part
        }
    }

    /// Waits until nothing is left in a queue.
    static func waitUntilEmpty(_ system: JobSystem, _ queue: QueueName = .default) async throws {
        while true {
            let counts = try await system.inspector.counts(of: queue)
            if counts.ready + counts.running + counts.scheduled == 0 { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Jobs that many tasks submit and await.
struct Load: Sendable {
    let jobs: Int
    let submitters: Int

    func submit(to system: JobSystem, inBatchesOf size: Int) async throws {
        let rounds = jobs / submitters / size
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<submitters {
                group.addTask {
                    for _ in 0..<rounds {
                        let handles = try await system.submit(contentsOf: [Nothing](repeating: Nothing(), count: size))
                        for handle in handles { _ = try await handle.value }
                    }
                }
            }
        }
    }
}
