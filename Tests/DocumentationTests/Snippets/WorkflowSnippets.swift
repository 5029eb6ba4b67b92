//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Logging
import Testing

struct ReadFile: Job {
    static let name: JobName = "file.read"
    typealias Output = String

    var path: String
}

struct CountWords: Job {
    static let name: JobName = "words.count"
    typealias Input = String
    typealias Output = Int
}

struct AddUp: Job {
    static let name: JobName = "words.total"
    typealias Input = [Int]
    typealias Output = Int
}

struct CountLetters: Job {
    static let name: JobName = "letters.count"
    typealias Input = String
    typealias Output = Int
}

struct Describe: Job {
    static let name: JobName = "text.describe"
    typealias Input = Outputs<Int, Int>
    typealias Output = String
}

struct ListFailures: Job {
    static let name: JobName = "failures.list"
    typealias Input = [MemberResult<Int>]
    typealias Output = Int
}

struct RemoveTemporaryFiles: Job {
    static let name: JobName = "files.remove"
    typealias Input = WorkflowFailure
}

struct Announce: Job {
    static let name: JobName = "announce"
    typealias Input = Int
}

struct ReadFolder: Job {
    static let name: JobName = "folder.read"
    typealias Output = Int

    var path: String
}

struct CountFolder: Job {
    static let name: JobName = "folder.count"
    typealias Output = Int

    var path: String
}

struct Archive: Job {
    static let name: JobName = "folder.archive"

    var path: String
}

struct Estimate: Job {
    static let name: JobName = "words.estimate"
    typealias Input = MemberResult<Int>
    typealias Output = Int
}

/// Nothing is read from a disk here.
private func list(_ path: String) async throws -> [String] { ["\(path)/a", "\(path)/b"] }

@HandlerBuilder private func makeHandlers() -> [AnyHandler] {
    Handler(for: ReadFile.self) { job in
        if job.path.isEmpty { throw PermanentFailure("There is no path.") }
        return "the text of \(job.path)"
    }
    Handler(for: CountWords.self) { _, text, _ in text.split(separator: " ").count }
    Handler(for: CountLetters.self) { _, text, _ in text.count }
    Handler(for: AddUp.self) { job, counts, context in
        counts.reduce(0, +)
    }
    Handler(for: Describe.self) { _, counts, _ in "\(counts.values.0) words, \(counts.values.1) letters" }
    Handler(for: ListFailures.self) { _, results, _ in
        results.count { if case .failed = $0 { true } else { false } }
    }
    Handler(for: RemoveTemporaryFiles.self) { job, failure, context in
        context.logger.info("Removing what \(failure.name) left")
    }
    Handler(for: Announce.self) { (_, _, _) -> Void in }
    Handler(for: Archive.self) { (_, _) -> Void in }
    Handler(for: Estimate.self) { _, counted, _ in
        switch counted {
        case .succeeded(let count): count
        case .failed: 250
        }
    }
    Handler(for: CountFolder.self) { job, context in
        let counts = try await context.start {
            Group(try await list(job.path).map(ReadFile.init).map { $0.then(CountWords()) })
        }
        _ = try await context.start { Archive(path: job.path) }
        return try await counts.value.reduce(0, +)
    }
    Handler(
        for: ReadFolder.self,
        expanding: { job, _, context in
            Group(try await list(job.path).map(ReadFile.init).map { $0.then(CountWords()) }).then(AddUp())
        }
    )
}

@Suite(.timeLimit(.minutes(20)))
struct WorkflowSnippets {
    @Test
    func `Chains, groups and chords`() async throws {
        try await inSystem { jobs in
            let paths = ["a", "b", "c"]
            let words = try await jobs.submit(
                Group(paths.map(ReadFile.init).map { $0.then(CountWords()) }).then(AddUp())
            )
            print(try await words.value)
            let count = try await words.value
            #expect(count == 12)

            let both = ReadFile(path: "a").then(Parallel(CountWords(), CountLetters())).then(Describe())
            let value = try await jobs.submit(both).value
            #expect(value == "4 words, 13 letters")
        }
    }

    @Test
    func `Graphs`() async throws {
        try await inSystem { jobs in
            let graph = Graph { graph in
                let text = try graph.add(ReadFile(path: "a"))
                let words = try graph.add(CountWords(), taking: text)
                let letters = try graph.add(CountLetters(), taking: text)
                return try graph.add(Describe(), taking: words, letters)
            }
            let value = try await jobs.submit(graph).value
            #expect(value == "4 words, 13 letters")
        }
    }

    @Test
    func `Failures and callbacks`() async throws {
        try await inSystem { jobs in
            let files = ["a", ""].map { path in
                ReadFile(path: path)
                    .with(JobOptions(queue: "imports", retry: .constant(.seconds(1), maximumAttempts: 3)))
                    .then(CountWords())
            }
            let all = Group(files).then(AddUp())
                .onSuccess(Announce())
                .onFailure(RemoveTemporaryFiles())
            let first = try await jobs.submit(all)
            await #expect(throws: JobError.self) { try await first.value }

            let results = Group(files).collected().then(ListFailures())
            let value = try await jobs.submit(results).value
            #expect(value == 1)
        }
    }

    @Test
    func `Failures as results, and options of callbacks`() async throws {
        try await inSystem { jobs in
            let words = ReadFile(path: "").with(JobOptions(retry: .never)).then(CountWords())
            let estimate = words.asResult().then(Estimate())
            let value = try await jobs.submit(estimate).value
            #expect(value == 250)

            let urgent = JobOptions(priority: .high)
            let watched = words.onFailure(RemoveTemporaryFiles(), options: urgent)
            let first = try await jobs.submit(watched)
            await #expect(throws: JobError.self) { try await first.value }
        }
    }

    @Test
    func `Handles`() async throws {
        try await inSystem { jobs in
            let id = try await jobs.submit(ReadFile(path: "").then(CountWords())).id
            let import7 = jobs.workflow(for: id, returning: Int.self)
            await #expect(throws: JobError.self) { try await import7.value }

            let status = try await import7.status
            print("\(status.completed) of \(status.total)")
            if case .failed(let failure) = status.phase {
                print(failure)
                _ = try await import7.restart()
            }
        }
    }

    @Test
    func `Fan-out at run time`() async throws {
        try await inSystem { jobs in
            let value = try await jobs.submit(ReadFolder(path: "x")).value
            #expect(value == 8)
            let count = try await jobs.submit(CountFolder(path: "x")).value
            #expect(count == 8)
        }
    }

    private func inSystem(_ body: @Sendable (JobSystem) async throws -> Void) async throws {
        let jobs = try await JobSystem(url: "memory:")
        let worker = Worker(jobs, queues: ["default": 4, "imports": 2]) { makeHandlers() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            try await body(jobs)
            group.cancelAll()
        }
        await jobs.shutdown()
    }
}
