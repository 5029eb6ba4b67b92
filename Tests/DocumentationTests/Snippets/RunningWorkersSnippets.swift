//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite("The code of Running workers", .timeLimit(.minutes(20)))
struct RunningWorkersSnippets {
    @Test("A worker is configured, steered and asked")
    func worker() async throws {
        let jobs = try await memorySystem()
        let table = Table()

        var configuration = Worker.Configuration()
        configuration.version = "1.4.2"
        configuration.concurrency = 12
        configuration.shutdown.finish = .seconds(25)
        let worker = Worker(
            jobs,
            queues: ["default": 10, "imports": .init(concurrency: 4, weight: 3)],
            configuration: configuration
        ) {
            SumIntegers.handler()
            ImportFile.handler(writingTo: table) { _ in [] }
        }

        try await worker.run {
            try await jobs.pause("imports")
            let handle = try await jobs.submit(ImportFile(path: "a.csv"))

            let explanation = try await jobs.explain(handle.id)
            print(explanation)

            #expect(explanation == .queuePaused("imports"))
            try await worker.setConcurrency(2, of: "imports")

            for report in try await jobs.inspector.workers() {
                print(report.id, report.host, report.queues.map(\.name), report.running, report.runs.map(\.name))
            }

            try await jobs.limit("exports", concurrency: 2)
            try await jobs.limit("mail", rate: RateLimit(100, per: .seconds(60), burst: 10))
            #expect(try await jobs.inspector.counts(of: "exports").limits == QueueLimits(concurrency: 2))

            try await jobs.resume("imports")
            #expect(try await handle.value == 0)
        }
        await jobs.shutdown()
    }
}
