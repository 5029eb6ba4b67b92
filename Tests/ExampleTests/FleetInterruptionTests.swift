//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest
internal import Foundation
internal import Testing

#if canImport(Glibc)
internal import Glibc
#endif

@Suite("The fleet when processes end", .timeLimit(.minutes(20)))
struct FleetInterruptionTests {
    /// Dead workers are missed soon; and however slow the machine is, no job counts as one that kills its workers.
    private static let shortLeases = ["LINESHAFT_WORKER_LEASE": "2s", "LINESHAFT_WORKER_POISON_LIMIT": "1000000"]

    /// With such leases, nobody else gets a job in the time of a test unless it is given back.
    private static let longLeases = ["LINESHAFT_WORKER_LEASE": "1h"]

    @Test("A job whose worker was killed in the middle runs on another one, and its outcome arrives")
    func killedWorker() async throws {
        try await withHugeFile { trial, folder, output in
            let settings = Self.shortLeases
            let sender = try trial.start(["send", "manifest", folder.path], in: output.url)
            let result = try await attend(sender, stopping: nil) {
                let killed = try await trial.withWorker(settings: settings, stopping: nil) { worker in
                    try await trial.waitForQueue("files") { $0.running == 1 && $0.ready == 0 }
                    worker.send(SIGKILL)
                }
                #expect(killed.code == 128 + SIGKILL)
                try folder.write("small\n".utf8, to: "huge")
                try await finish(on: trial, settings)
            }
            expectManifest(result, output)
        }
    }

    @Test("A worker that is told to stop gives its job back at once, without waiting for the lease")
    func stoppedWorker() async throws {
        try await withHugeFile { trial, folder, output in
            let settings = Self.longLeases.merging(["LINESHAFT_WORKER_SHUTDOWN_FINISH": "0s"]) { $1 }
            let sender = try trial.start(["send", "manifest", folder.path], in: output.url)
            let result = try await attend(sender, stopping: nil) {
                let stopped = try await trial.withWorker(settings: settings) { _ in
                    try await trial.waitForQueue("files") { $0.running == 1 && $0.ready == 0 }
                }
                #expect(stopped.code == 0, "\(stopped.everything)")
                #expect(stopped.output.last?.contains(" 0 retries, 0 failed attempts.") == true)
                let counts = try await trial.counts(of: "files")
                #expect(counts.ready == 1 && counts.running == 0)
                try folder.write("small\n".utf8, to: "huge")
                try await finish(on: trial, settings)
            }
            expectManifest(result, output)
        }
    }

    @Test("A second signal does not wait for what runs, and the exit code tells")
    func secondSignal() async throws {
        try await withHugeFile { trial, folder, output in
            // Long enough that only the second signal can end it.
            let settings = Self.longLeases.merging(["LINESHAFT_WORKER_SHUTDOWN_FINISH": "1h"]) { $1 }
            let sender = try trial.start(["send", "manifest", folder.path], in: output.url)
            let result = try await attend(sender, stopping: nil) {
                let worker = try trial.start(["worker"], settings: settings)
                let stopped = try await attend(worker, stopping: nil) {
                    try await trial.waitForQueue("files") { $0.running == 1 && $0.ready == 0 }
                    worker.send(SIGTERM)
                    worker.send(SIGINT)
                }
                #expect(stopped.code == 130, "\(stopped.everything)")
                let counts = try await trial.counts(of: "files")
                #expect(counts.ready == 1 && counts.running == 0, "\(counts), \(stopped.everything)")
                try folder.write("small\n".utf8, to: "huge")
                try await finish(on: trial, Self.longLeases)
            }
            expectManifest(result, output)
        }
    }

    @Test("A sum is right although a worker is killed while it is made")
    func killedWhileSumming() async throws {
        try await FleetTrial.run { trial in
            let settings = Self.shortLeases
            try await trial.withWorker(settings: settings) { _ in
                try await trial.withWorker(settings: settings, stopping: nil) { worker in
                    let sender = try trial.start(["send", "sum", "--integers", "4000000", "--chunk-size", "10000"])
                    let (lines, continuation) = AsyncStream<String>.makeStream()
                    let result = try await attend(sender, stopping: nil, onLine: { continuation.yield($0) }) {
                        for await line in lines where line.contains(" of 400 jobs") { break }
                        worker.send(SIGKILL)
                    }
                    #expect(result.code == 0, "\(result.everything)")
                    #expect(result.output.last == "7999998000000")
                }
            }
        }
    }

    @Test("Ctrl-C on a sender cancels its jobs wherever they are, and says what was left")
    func interruptedSender() async throws {
        try await withHugeFile { trial, folder, output in
            try folder.write("b\n".utf8, to: "b")
            let worker = try await trial.withWorker(["--queues", "files=1"], settings: Self.longLeases) { _ in
                let sender = try trial.start(["send", "manifest", folder.path], in: output.url)
                let result = try await attend(sender, stopping: SIGINT) {
                    // The small file comes first and has ended, and the huge one is being read.
                    try await trial.waitForQueue("files") { $0.running == 1 && $0.ready == 0 }
                }
                #expect(result.code == 130, "\(result.everything)")
                let last = try #require(result.errors.dropLast().last)
                #expect(
                    last.hasPrefix("Interrupted: 1 of 2 files left. Of 2 jobs sent, 0 were cancelled before they ran ")
                )
                #expect(last.hasSuffix("and 1 while they ran; 1 had ended."), "\(last)")
                #expect(result.errors.last == "No manifest was written.")
                #expect(try output.names.isEmpty)
                try await trial.waitForQueue("files") { $0.running == 0 && $0.ready == 0 }
            }
            #expect(worker.code == 0, "\(worker.everything)")
        }
    }

    @Test("Jobs that nobody has taken are cancelled with their sender")
    func interruptedBeforeStart() async throws {
        try await FleetTrial.run { trial in
            let sender = try trial.start(["send", "sum"])
            let result = try await attend(sender, stopping: SIGINT) {
                try await trial.waitForQueue("default") { $0.ready == 1_000 }
            }
            #expect(result.code == 130)
            #expect(
                result.errors.first == "No worker that runs “sum-integers” is there yet; start one with “fleet worker”."
            )
            let rest = "Of 1,000 jobs sent, 1,000 were cancelled before they ran and 0 while they ran; 0 had ended."
            #expect(result.errors.last == "Interrupted: the sum is not known. \(rest)")
            #expect(try await trial.counts(of: "default").ready == 0)
        }
    }

    /// A folder with one file that takes many minutes to read, so that its job is under way for as long as a test wants.
    private func withHugeFile(
        _ body: (FleetTrial, TemporaryFolder, TemporaryFolder) async throws -> Void
    ) async throws {
        try await FleetTrial.run { trial in
            let (folder, output) = (try TemporaryFolder(), try TemporaryFolder())
            try folder.makeHugeFile("huge")
            try await body(trial, folder, output)
        }
    }

    /// Runs a worker until nothing is left in the queue.
    private func finish(on trial: FleetTrial, _ settings: [String: String]) async throws {
        let worker = try await trial.withWorker(settings: settings) { _ in
            try await trial.waitForQueue("files") { $0.running == 0 && $0.ready == 0 && $0.scheduled == 0 }
        }
        #expect(worker.code == 0, "\(worker.everything)")
    }

    private func expectManifest(_ result: ChildProcess.Result, _ output: TemporaryFolder) {
        #expect(result.code == 0, "\(result.everything)")
        do {
            let manifest = try readManifest(output, "manifest.json")
            #expect(manifest.files.map(\.bytes) == [6] && manifest.failed.isEmpty)
        } catch {
            Issue.record(error)
        }
    }
}
