//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftRedis
internal import Logging
internal import Synchronization

/// A job for tests of what lies between it and its worker.
struct Echo: Job {
    static let name: JobName = "echo"
    typealias Output = String
    var text: String
}

extension JobSystem {
    /// A system on Redis.
    convenience init(redis url: String, log: LogRecorder? = nil) async throws {
        var configuration = Configuration()
        configuration.logger = log?.logger ?? Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() }
        try await self.init(url: url, adapters: [.redis], configuration: configuration)
    }

    /// A worker that echoes.
    func echoing(queues: [QueueName] = ["default"]) -> Worker {
        Worker(self, queues: WorkerQueues(Dictionary(uniqueKeysWithValues: queues.map { ($0, 4) }))) {
            Handler(for: Echo.self) { job, _ in job.text }
        }
    }
}

/// The error that opening a system on Redis fails with, or `nil` when it opens.
func refusal(of url: String) async -> (any Error)? {
    do {
        let jobs = try await JobSystem(redis: url)
        await jobs.shutdown()
        return nil
    } catch {
        return error
    }
}
