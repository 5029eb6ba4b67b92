//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Logging
import Testing

struct ImportFile: Job {
    static let name: JobName = "files.import"
    static let version = 2
    static let options = JobOptions(
        queue: "imports",
        timeout: .seconds(300),
        retry: .exponential(maximumAttempts: 5)
    )
    typealias Output = Int

    var path: String
    var encoding: String?
}

/// What an import's handler stands on: some place to write rows to.
actor Table {
    private(set) var rows: [String: UInt64] = [:]

    func insert(_ row: String, fence: UInt64) {
        rows[row] = max(rows[row] ?? 0, fence)
    }
}

extension ImportFile {
    static func handler(writingTo table: Table, reading lines: @escaping @Sendable (String) throws -> [String])
        -> Handler<ImportFile>
    {
        Handler(for: ImportFile.self) { job, context in
            let rows = try lines(job.path)
            for (number, row) in rows.enumerated() {
                try Task.checkCancellation()
                await table.insert(row, fence: context.fence)
                await context.report(progress: Double(number + 1), of: Double(rows.count))
            }
            context.logger.info("Imported a file", metadata: ["rows": "\(rows.count)"])
            return rows.count
        }
    }
}

struct Timing: RunMiddleware {
    func run(
        _ context: JobContext,
        next: @Sendable (JobContext) async throws -> [UInt8]
    ) async throws -> [UInt8] {
        let start = context.clock.uptime
        defer {
            context.logger.debug("Ran", metadata: ["duration": "\(context.clock.uptime - start)"])
        }
        return try await next(context)
    }
}

@Suite("The code of Defining jobs", .timeLimit(.minutes(20)))
struct DefiningJobsSnippets {
    let clock = VirtualClock()

    @Test("Options of a call are taken")
    func options() async throws {
        let jobs = try await memorySystem(clock: clock)
        let time = clock.now
        let path = "a.csv"

        let handle = try await jobs.submit(
            ImportFile(path: path),
            on: "imports",
            delay: .seconds(30),
            priority: .high,
            timeout: .seconds(60),
            deadline: .after(.seconds(3600)),
            unique: .byKey(path),
            headers: ["request": "4711"]
        )

        #expect(try await handle.status == .scheduled(until: time + .seconds(30)))

        let again = try await jobs.submit(ImportFile(path: path), unique: .byKey(path))
        if again.isDuplicate { print("already submitted as", again.id) }

        #expect(again.isDuplicate && again.id == handle.id)
        await jobs.shutdown()
    }

    @Test("An identifier makes submission idempotent")
    func identifier() async throws {
        let jobs = try await memorySystem(clock: clock)
        let job = ImportFile(path: "a.csv")

        let options = JobOptions(priority: .low, retention: .seconds(86_400))
        let id = JobID(derivedFrom: "import a.csv of 1 March")
        let handle = try await jobs.submit(job, options: options, id: id)

        #expect(try await jobs.submit(job, options: options, id: id).id == handle.id)
        #expect(try await jobs.inspector.counts(of: "imports").ready == 1)
        await jobs.shutdown()
    }

    @Test("Progress is followed and the job cancelled")
    func progress() async throws {
        let jobs = try await memorySystem()
        let table = Table()
        let worker = Worker(jobs, queues: ["imports": 1]) {
            ImportFile.handler(writingTo: table) { _ in ["a", "b", "c"] }
        }
        let handle = try await jobs.submit(ImportFile(path: "a.csv"))
        try await worker.run {
            for try await progress in handle.progress {
                print("\(Int(progress.fraction * 100)) %", progress.message ?? "")
            }

            #expect(try await handle.value == 3)
            #expect(try await handle.cancel() == .alreadyFinished)
        }
        #expect(await table.rows.count == 3)
        await jobs.shutdown()
    }

    @Test("Middleware stands around submissions and runs")
    func middleware() async throws {
        let table = Table()

        var configuration = JobSystem.Configuration()
        configuration.middleware = [
            Hooks(beforeSubmit: { draft in draft.details.headers["request"] = "4711" })
        ]
        let jobs = try await JobSystem(url: "memory:", configuration: configuration)

        var workerConfiguration = Worker.Configuration()
        workerConfiguration.middleware = [
            Timing(),
            Hooks(onError: { context, error in
                print("attempt", context.attempt, "of", context.id, "failed:", error)
            }),
        ]
        let worker = Worker(jobs, queues: ["imports": 2], configuration: workerConfiguration) {
            ImportFile.handler(writingTo: table) { _ in ["a"] }
        }

        let handle = try await jobs.submit(ImportFile(path: "a.csv"))
        #expect(try await worker.run { try await handle.value } == 1)
        await jobs.shutdown()
    }

    @Test("A full queue refuses or waits")
    func limits() async throws {
        var configuration = JobSystem.Configuration()
        configuration.lengthLimits = ["imports": .init(maximumLength: 1, whenFull: .fail)]
        let jobs = try await JobSystem(url: "memory:", configuration: configuration)

        try await jobs.submit(ImportFile(path: "a.csv"))
        let error = await #expect(throws: BrokerError.self) { try await jobs.submit(ImportFile(path: "b.csv")) }
        #expect(error?.code == .queueFull)
        await jobs.shutdown()
    }
}
