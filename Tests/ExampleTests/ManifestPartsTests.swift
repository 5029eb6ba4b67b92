//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest
internal import Foundation
internal import Lineshaft
internal import Synchronization
internal import Testing

@Suite("The manifest's parts", .timeLimit(.minutes(20)))
struct ManifestPartsTests {
    @Test("Paths travel as strings, and as bytes where they are not UTF-8")
    func pathsTravel() throws {
        let paths = [BytePath("plain"), BytePath("ünïcödé\n"), BytePath(bytes: [0x61, 0xFF]), BytePath("")]
        let data = try JSONEncoder().encode(paths)
        #expect(try JSONDecoder().decode([BytePath].self, from: data) == paths)
        #expect(String(decoding: try JSONEncoder().encode(paths[2]), as: UTF8.self) == #"{"base64":"Yf8="}"#)
        #expect(String(decoding: try JSONEncoder().encode(paths[0]), as: UTF8.self) == #""plain""#)
    }

    @Test("What a path could do to a terminal is escaped")
    func displayText() {
        #expect(BytePath("a\u{1B}[2Jb\n").displayText == #"a\u{1B}[2Jb\n"#)
        #expect(BytePath("日本語").displayText == "日本語")
        #expect(BytePath(bytes: [0x61, 0xFF]).displayText == "a\u{FFFD}")
    }

    @Test("Missing and forbidden files are not tried again; trouble with reading is")
    func permanence() {
        for code in [EACCES, EPERM, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG] {
            #expect(FileError("cannot be opened", code: code).isPermanent)
        }
        for code in [EIO, EMFILE, ENFILE, ENOMEM, ESTALE, EAGAIN] {
            #expect(!FileError("cannot be read", code: code).isPermanent)
        }
        #expect(FileError("cannot be opened", code: EACCES).description == "cannot be opened: Permission denied")
    }

    @Test("A walk goes on where it was, in order, and names what it cannot look into")
    func walk() throws {
        let folder = try TemporaryFolder()
        for name in ["b/2", "b/1", "a", "c"] { try folder.write([], to: name) }
        var walk = FolderWalk(root: BytePath(folder.path))
        #expect(walk.next(2) == [.file(BytePath("a")), .file(BytePath("b/1"))])
        #expect(walk.next(9) == [.file(BytePath("b/2")), .file(BytePath("c"))])
        #expect(walk.next(9) == [])
        var lost = FolderWalk(root: BytePath(folder.path + "/gone"))
        let error = FileError("the folder cannot be opened", code: ENOENT)
        #expect(lost.next(9) == [.unreadable(BytePath(""), error)])
    }

    @Test("However large the folder, the queue stays as short as its limit says")
    func backPressure() async throws {
        let folder = try TemporaryFolder()
        for index in 0..<300 { try folder.write("\(index)\n".utf8, to: "\(index)") }
        var configuration = JobSystem.Configuration()
        configuration.lengthLimits[HashFile.queue] = .init(maximumLength: 5)
        let jobs = try await JobSystem(url: "memory:", configuration: configuration)
        let inspector = try jobs.inspector
        let longest = Mutex(0)
        var settings = Worker.Configuration()
        // What was claimed ahead and goes back always has room, and so has what loses its lease, so on a slow machine both would
        // count beside the limit.
        settings.prefetch = 0
        settings.lease = .seconds(3_600)
        settings.middleware = [
            Hooks(beforeRun: { _ in
                let counts = try await inspector.counts(of: HashFile.queue)
                longest.withLock { $0 = max($0, counts.ready + counts.scheduled) }
            })
        ]
        let worker = Worker(jobs, queues: [HashFile.queue: 2], configuration: settings) { HashFile.handler() }
        let run = ManifestRun(root: BytePath(folder.path))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            try await run.run(on: jobs)
            group.cancelAll()
        }
        #expect(await run.manifest.files.count == 300)
        #expect(longest.withLock { $0 } <= 5)
    }

    @Test("A cancelled call on a blocking thread ends as the body decides, and one that has not begun does not begin")
    func blockingThreads() async throws {
        let threads = BlockingThreads()
        let (started, start) = AsyncStream<Void>.makeStream()
        let task = Task {
            try await threads.run { isCancelled in
                start.finish()
                while !isCancelled() { sched_yield() }
                return "stopped"
            }
        }
        for await _ in started {}
        task.cancel()
        #expect(try await task.value == "stopped")
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await threads.run { _ in "ran" }
        }
        await #expect(throws: CancellationError.self) { try await late.value }
    }
}
