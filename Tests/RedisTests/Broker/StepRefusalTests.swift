//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Logging
import Testing

@Suite(.serialized, .timeLimit(.minutes(20)))
struct StepRefusalTests {
    private struct Large: Job {
        static let name: JobName = "large"
        typealias Output = Int

        let size: Int
    }

    @Test
    func `A step that is larger than Redis takes fails its job with the reason, and is sent to nobody`() async throws {
        let server = try RedisServer()
        var configuration = JobSystem.Configuration()
        configuration.logger.logLevel = .critical
        let jobs = try await JobSystem(
            url: "redis+unix://\(server.socket)",
            adapters: [.redis],
            configuration: configuration
        )
        var settings = Worker.Configuration()
        settings.steps = StepPolicy(maximumValueSize: 1 << 30, maximumTotalSize: 1 << 30)
        let worker = Worker(jobs, queues: ["default": 1], configuration: settings) {
            Handler(for: Large.self) { job, context in
                try await context.checkpoint("small") {}
                let text = try await context.checkpoint("large") { String(repeating: "x", count: job.size) }
                return text.utf8.count
            }
        }
        let (failed, output) = try await worker.run {
            let failed = try await jobs.submit(Large(size: 64 << 20))
            await #expect(throws: JobError.self) { try await failed.value }
            return (failed.id, try await jobs.submit(Large(size: 4 << 20)).value)
        }
        #expect(output == 4 << 20)
        let job = try #require(try await jobs.inspector.find(failed))
        let failure = try #require(job.failures.last)
        #expect(job.failures.count == 1 && failure.code == .invalidStep)
        #expect(failure.message.contains("“large”") && failure.message.contains("67108864"), "\(failure.message)")
        #expect(try await jobs.steps(of: failed).map(\.name) == ["small"])
        await jobs.shutdown()
    }
}
