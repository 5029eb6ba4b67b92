//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftTesting
internal import Synchronization
internal import Testing

private struct Add: Job {
    static let name: JobName = "add"
    typealias Output = Int
    var first: Int
    var second: Int
}

private struct Flaky: Job {
    static let name: JobName = "flaky"
    typealias Output = Int
}

private struct Sleepy: Job {
    static let name: JobName = "sleepy"
    static let options = JobOptions(timeout: .seconds(60))
    var seconds: Int
}

private struct Unheard: Job {
    static let name: JobName = "unheard"
}

private struct Fatal: Error {}

@Suite(.timeLimit(.minutes(20)))
struct JobHarnessTests {
    @Test("A job runs and gives its value")
    func runs() async throws {
        try await withJobHarness {
            Handler(for: Add.self) { job, _ in job.first + job.second }
        } run: { harness in
            #expect(try await harness.run(Add(first: 1, second: 2)) == 3)
            try harness.expectSubmitted(Add.self, count: 1, on: "default") { $0.first == 1 }
        }
    }

    @Test("Delays and retries of hours take no time")
    func movesTime() async throws {
        try await withJobHarness {
            Handler(for: Flaky.self, retry: .policy(.constant(.seconds(3600)))) { _, context in
                if context.attempt < 4 { throw Fatal() }
                return context.attempt
            }
        } run: { harness in
            let handle = try await harness.jobs.submit(Flaky(), delay: .seconds(7200))
            let report = try await harness.drain()
            #expect(report.succeeded == 1)
            #expect(report.elapsed == .seconds(7200 + 3 * 3600))
            #expect(try await handle.value == 4)
        }
    }

    @Test("A handler that waits on the clock is waited for in virtual time, and timed out in it")
    func sleepsAndTimesOut() async throws {
        try await withJobHarness {
            Handler(for: Sleepy.self, retry: .never) { job, context in
                try await context.clock.sleep(for: .seconds(job.seconds))
            }
        } run: { harness in
            let short = try await harness.jobs.submit(Sleepy(seconds: 59))
            let long = try await harness.jobs.submit(Sleepy(seconds: 61))
            let report = try await harness.drain()
            #expect(report.succeeded == 1)
            #expect(report.failures[long.id]?.code == .timedOut)
            #expect(report.outcomes[short.id]?.outcome == .succeeded([]))
            #expect(report.elapsed == .seconds(60))
        }
    }

    @Test("A job that nobody knows is parked, reported, and said why")
    func reportsParkedJobs() async throws {
        try await withJobHarness {
            Handler(for: Add.self) { job, _ in job.first + job.second }
        } run: { harness in
            try await harness.jobs.submit(Unheard())
            let report = try await harness.drain()
            #expect(report.unfinished.map(\.wait) == [.parked])
            await #expect(throws: ExpectationFailure.self) { try await harness.run(Unheard()) }
        }
    }

    @Test("What was expected and not submitted is said in words")
    func explainsExpectations() async throws {
        try await withJobHarness {
            Handler(for: Add.self) { job, _ in job.first + job.second }
        } run: { harness in
            try await harness.jobs.submit(Add(first: 1, second: 1), on: "other")
            let error = #expect(throws: ExpectationFailure.self) {
                try harness.expectSubmitted(Add.self, on: "default")
            }
            #expect(error?.message.contains("“add” on “other”") == true)
            try harness.expectNoneSubmitted(Unheard.self)
        }
    }

    @Test("A job that puts itself off for ever reaches the limit")
    func reachesTheLimit() async throws {
        try await withJobHarness {
            Handler(for: Flaky.self) { _, context in try context.snooze(for: .seconds(3600)) }
        } run: { harness in
            try await harness.jobs.submit(Flaky())
            let error = await #expect(throws: ExpectationFailure.self) {
                try await harness.drain(limit: .seconds(86_400))
            }
            #expect(error?.message.contains("flaky") == true)
        }
    }

    @Test("Many jobs run to their end", arguments: [1, 10, 2_000])
    func drainsMany(count: Int) async throws {
        try await withJobHarness {
            Handler(for: Add.self) { job, _ in job.first + job.second }
        } run: { harness in
            let handles = try await harness.jobs.submit(contentsOf: (0..<count).map { Add(first: $0, second: 1) })
            let report = try await harness.drain()
            #expect(report.succeeded == count)
            for (index, handle) in handles.enumerated() { #expect(try await handle.value == index + 1) }
        }
    }

    @Test("A rate that holds jobs back is waited for in virtual time")
    func waitsForRates() async throws {
        try await withJobHarness {
            Handler(for: Add.self) { job in job.first + job.second }
        } run: { harness in
            try await harness.jobs.limit("default", rate: RateLimit(1, per: .seconds(60)))
            try await harness.jobs.submit(contentsOf: (0..<5).map { Add(first: $0, second: 1) })
            let report = try await harness.drain()
            #expect(report.succeeded == 5)
            #expect(report.elapsed == .seconds(240))
        }
    }

    @Test("Two handlers of one name are an error that names them, and not a hang")
    func refusesWrongHandlers() async throws {
        let error = await #expect(throws: (any Error).self) {
            try await withJobHarness {
                Handler(for: Add.self) { job in job.first }
                Handler(for: Add.self) { job in job.second }
            } run: { harness in
                _ = try await harness.drain()
            }
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("add"))
    }

    @Test("A job on a queue that the harness does not serve is reported with the reason")
    func reportsUnservedQueues() async throws {
        try await withJobHarness {
            Handler(for: Add.self) { job in job.first + job.second }
        } run: { harness in
            try await harness.jobs.submit(Add(first: 1, second: 1), on: "elsewhere")
            #expect(try await harness.drain().unfinished.count == 1)
            let error = await #expect(throws: ExpectationFailure.self) {
                try await harness.run(Add(first: 1, second: 1), options: JobOptions(queue: "elsewhere"))
            }
            #expect(error?.message.contains("No worker serves the queue “elsewhere”") == true)
        }
    }
}
