//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Logging
import ServiceLifecycle
import Testing
import UnixSignals

struct SumIntegers: Job {
    static let name: JobName = "sum"
    typealias Output = Int64

    var integers: [Int64]
}

extension SumIntegers {
    static func handler() -> Handler<SumIntegers> {
        Handler(for: SumIntegers.self) { job, context in
            job.integers.reduce(0, +)
        }
    }
}

@Suite("The code of the first pages", .timeLimit(.minutes(20)))
struct GettingStartedSnippets {
    @Test("A job is submitted and awaited")
    func sums() async throws {
        let jobs = try await memorySystem()
        let worker = Worker(jobs) { SumIntegers.handler() }
        let (six, all) = try await worker.run {
            let sum = try await jobs.submit(SumIntegers(integers: [1, 2, 3]))
            let six = try await sum.value

            let chunks = [[1, 2], [3, 4], [5]].map { SumIntegers(integers: $0) }
            let sums = try await jobs.submit(contentsOf: chunks)
            var total: Int64 = 0
            for sum in sums { total += try await sum.value }

            return (six, total)
        }
        #expect(six == 6)
        #expect(all == 15)
        await jobs.shutdown()
    }

    @Test("A handle is made again from an identifier")
    func rebuilt() async throws {
        let jobs = try await memorySystem()
        let worker = Worker(jobs) { SumIntegers.handler() }
        let text = try await jobs.submit(SumIntegers(integers: [1, 2, 3])).id.description
        let value = try await worker.run { () -> Int64? in
            guard let id = JobID(text) else { return nil }
            let sum = jobs.handle(for: SumIntegers.self, id: id)
            return try await sum.value
        }
        #expect(value == 6)
        await jobs.shutdown()
    }

    @Test("A system is opened by its URL")
    func url() async throws {
        try await open("memory:", [])
    }

    private func open(_ url: String, _ adapters: [BrokerAdapter]) async throws {
        let jobs = try await JobSystem(url: url, adapters: adapters)
        await jobs.shutdown()
    }
}

/// A program that works until it is told to stop.
func serve(_ url: String, _ adapters: [BrokerAdapter], _ logger: Logger) async throws {
    let jobs = try await JobSystem(url: url, adapters: adapters)
    let worker = Worker(jobs, queues: ["default": 10, "imports": 2]) {
        Handler(for: SumIntegers.self) { job, context in
            job.integers.reduce(0, +)
        }
    }
    let services = ServiceGroup(
        services: [worker],
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger
    )
    try await services.run()
    await jobs.shutdown()
}
