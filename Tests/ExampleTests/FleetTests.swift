//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Synchronization
internal import Testing

@Suite("The fleet", .timeLimit(.minutes(20)))
struct FleetTests {
    @Test("Two workers and a sender come to the quickstart's sum, and every job ran once")
    func sum() async throws {
        try await FleetTrial.run { trial in
            let counts = Tallies()
            counts.add(
                try await trial.withWorker { _ in
                    counts.add(
                        try await trial.withWorker { _ in
                            let result = try await trial.fleet(["send", "sum"])
                            #expect(result.code == 0, "\(result.everything)")
                            #expect(result.output.last == "499999500000")
                            let summary = try #require(result.output.dropLast().last)
                            // The failures are drawn from a seed, as they are in the quickstart.
                            let pattern = /1,000 jobs ran, 52 retries, 0 failed, in \d.* s/
                            #expect(summary.wholeMatch(of: pattern) != nil, "\(summary)")
                            #expect(result.output.contains { $0.contains("1000 of 1000 jobs") })
                        }
                    )
                }
            )
            #expect(counts.jobs == 1_000)
        }
    }

    @Test("The manifest is the one that a single process makes")
    func manifest() async throws {
        let folder = try TemporaryFolder()
        for index in 0..<300 { try folder.write("\(index)\n".utf8, to: "\(index % 7)/\(index)") }
        try folder.write("bytes\n", toName: [0x6E, 0xFF, 0xFE, 0x6F])
        let output = try TemporaryFolder()
        let alone = try await ChildProcess.run([Program.manifest, folder.path, "-o", "alone.json"], in: output.url)
        #expect(alone.code == 0, "\(alone.everything)")
        try await FleetTrial.run { trial in
            try await trial.withWorker(["--queues", "files=3"]) { _ in
                try await trial.withWorker(["--concurrency", "1"]) { _ in
                    let result = try await trial.fleet(
                        ["send", "manifest", folder.path, "--output", "fleet.json"],
                        in: output.url
                    )
                    #expect(result.code == 0, "\(result.everything)")
                    #expect(result.output.last?.hasPrefix("301 files, ") == true, "\(result.everything)")
                }
            }
        }
        let texts = try ["alone.json", "fleet.json"].map { try Data(contentsOf: output.url.appendingPathComponent($0)) }
        #expect(texts[0] == texts[1])
    }

    @Test("A file that workers cannot find is a failure in the manifest, and the exit code says so")
    func missingFile() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a\n".utf8, to: "a")
        let output = try TemporaryFolder()
        try await FleetTrial.run { trial in
            let sender = try trial.start(["send", "manifest", folder.path], in: output.url)
            let result = try await attend(sender, stopping: nil) {
                try await trial.waitForQueue("files") { $0.ready == 1 }
                // As it is on a machine that does not share the folder.
                try FileManager.default.removeItem(atPath: folder.path + "/a")
                try await trial.withWorker { _ in try await trial.waitForQueue("files") { $0.dead == 1 } }
            }
            #expect(result.code == 1, "\(result.everything)")
            #expect(result.errors.contains("Failed: a cannot be opened: No such file or directory"))
        }
    }

    @Test("Workers and queues are listed, for people and for programs")
    func lists() async throws {
        try await FleetTrial.run { trial in
            let none = try await trial.fleet(["workers"])
            #expect(none.output == ["No worker is there. Start one with “fleet worker”."])
            #expect(try await trial.fleet(["queues"]).output == ["No queue has been used."])
            #expect(try await trial.fleet(["workers", "--json"]).output.joined().filter { !$0.isWhitespace } == "[]")
            try await trial.withWorker(["--name", "left", "--queues", "default=3,files=2:4"]) { _ in
                while try await trial.fleet(["workers", "--json"]).output.count < 3 { try Task.checkCancellation() }
                let table = try await trial.fleet(["workers"]).output
                let cells = try #require(table.last).split(separator: " ").map(String.init)
                #expect(table.count == 2 && cells.count == 7)
                #expect(cells[0] == "left" && cells[3] == "1.0.0" && cells[4] == "0")
                #expect(cells[5...] == ["default=3,files=2:4", "hash-file,sum-integers"])
                #expect(
                    try await trial.fleet(["send", "sum", "--integers", "10", "--chunk-size", "1"]).output.last == "45"
                )
                let queues = try await trial.fleet(["queues"]).output
                #expect(queues.contains { $0.split(separator: " ") == ["default", "0", "0", "0", "0", "no"] })
            }
            // A worker that was stopped is gone from the list at once.
            #expect(try await trial.fleet(["workers"]).output == none.output)
        }
    }

    @Test("A worker takes its settings from a file, the environment, and its command line, the last one first")
    func settings() async throws {
        let folder = try TemporaryFolder()
        let text = #"{"lineshaft": {"worker": {"name": "file", "version": "file", "queues": ["mail=1"]}}}"#
        try folder.write(text.utf8, to: "fleet.json")
        try await FleetTrial.run { trial in
            try await trial.withWorker(
                ["--config", folder.path + "/fleet.json", "--name", "line"],
                settings: ["LINESHAFT_WORKER_NAME": "variable", "LINESHAFT_WORKER_VERSION": "variable"]
            ) { _ in
                while try await trial.fleet(["workers", "--json"]).output.count < 3 { try Task.checkCancellation() }
                let row = try #require(try await trial.fleet(["workers"]).output.last).split(separator: " ")
                #expect(row[0] == "line" && row[3] == "variable" && row[5] == "mail=1")
            }
        }
    }
}

/// Adds up what workers say when they have stopped.
private final class Tallies: Sendable {
    private let sum = Mutex(0)

    var jobs: Int { sum.withLock { $0 } }

    func add(_ worker: ChildProcess.Result) {
        #expect(worker.code == 0, "\(worker.everything)")
        guard let match = worker.output.last?.firstMatch(of: /has stopped: ([\d,]+) jobs?,/) else {
            Issue.record("A worker did not say what it did: \(worker.everything)")
            return
        }
        let count = Int(match.output.1.filter { $0 != "," }) ?? 0
        sum.withLock { $0 += count }
    }
}
