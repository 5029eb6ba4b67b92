//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Synchronization
internal import Testing

#if canImport(Glibc)
internal import Glibc
#endif

@Suite("The pipeline when processes are killed", .timeLimit(.minutes(20)))
struct PipelineKillTests {
    /// A moment in an import: a worker has begun so many jobs of a kind.
    struct Point: Sendable, CustomTestStringConvertible {
        let job: String
        let count: Int

        var testDescription: String { "\(job) \(count)" }
    }

    private static let points = [
        Point(job: "unpack", count: 1), Point(job: "files", count: 1), Point(job: "validate", count: 1),
        Point(job: "validate", count: 4), Point(job: "summarise", count: 1), Point(job: "summarise", count: 5),
        Point(job: "join", count: 1), Point(job: "report", count: 1), Point(job: "tidy", count: 1),
    ]

    @Test("Wherever its only worker is killed, others come to the report of an undisturbed import", arguments: points)
    func killedOnce(point: Point) async throws {
        try await withImport(of: "data.zip") { trial in
            try await trial.runVictim(until: point)
        }
    }

    @Test(
        "When one worker after the other is killed, the last one comes to the same report",
        arguments: ["data.zip", "data"]
    )
    func killedAgain(source: String) async throws {
        try await withImport(of: source) { trial in
            // Several at once, none of which lives for longer than a job of each kind.
            for point in ["unpack", "validate", "validate", "summarise", "summarise", "join"] {
                try await trial.runVictim(until: Point(job: point, count: 1))
            }
        }
    }

    @Test("When the importing process is killed with its own worker, the report is written all the same")
    func killedImporter() async throws {
        try await Trial.run(of: "data.zip") { trial in
            let importer = try trial.start(["import", "data.zip", "--output", "report.json"])
            // Then all of it has been submitted.
            let killed = try await importer.result { if $0.contains(" of 4 steps") { importer.send(SIGKILL) } }
            #expect(killed.code == 128 + SIGKILL, "\(killed.everything)")
            try await attend(trial.start(["worker"]), stopping: SIGTERM) {
                while try trial.folder.names != ["data.zip", "report.json", "wanted.json"] {
                    try Task.checkCancellation()
                }
            }
            #expect(try trial.folder.text("report.json") == trial.folder.text("wanted.json"))
        }
    }

    /// Imports while `body` does harm, and lets a worker live after that.
    private func withImport(of source: String, _ body: @escaping @Sendable (Trial) async throws -> Void) async throws {
        try await Trial.run(of: source) { trial in
            let importer = try trial.start(
                ["import", source, "--output", "report.json", "--submit-only", "--rows-per-step", "50"]
            )
            let result = try await attend(importer, stopping: nil) {
                try await body(trial)
                try await attend(trial.start(["worker"]), stopping: SIGTERM) {
                    while try !trial.folder.names.contains("report.json") || trial.hasTemporaryData {
                        try Task.checkCancellation()
                    }
                }
            }
            #expect(result.code == 0, "\(result.everything)")
            #expect(try trial.folder.text("report.json") == trial.folder.text("wanted.json"))
            #expect(try !trial.hasTemporaryData)
        }
    }
}

/// A folder with data, the report that they come to, and a server.
private struct Trial: Sendable {
    let folder: TemporaryFolder
    private let url: String

    /// Dead workers are missed soon; and however slow the machine is, no job counts as one that kills its workers.
    private static let settings = ["LINESHAFT_WORKER_LEASE": "2s", "LINESHAFT_WORKER_POISON_LIMIT": "1000000"]

    static func run(of source: String, _ body: (Trial) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.pipeline(["sample", source, "--files", "6", "--rows", "200"])
        let result = try await folder.pipeline(["import", source, "--output", "wanted.json"])
        #expect(result.code == 0, "\(result.everything)")
        try await FleetTrial.run { trial in try await body(Trial(folder: folder, url: trial.url)) }
    }

    var hasTemporaryData: Bool {
        get throws { try folder.names.contains { $0.hasPrefix(".import-") } }
    }

    func start(_ arguments: [String]) throws -> ChildProcess {
        try folder.startPipeline(arguments, environment: Self.settings.merging(["LINESHAFT_URL": url]) { $1 })
    }

    /// Runs a worker that is killed at a point.
    func runVictim(until point: PipelineKillTests.Point) async throws {
        let victim = try start(["worker", "--verbose"])
        let count = Mutex(0)
        let killed = try await victim.result { line in
            guard line == "began import.\(point.job)" else { return }
            let isThere = count.withLock { count in
                count += 1
                return count == point.count
            }
            if isThere { victim.send(SIGKILL) }
        }
        #expect(killed.code == 128 + SIGKILL, "\(killed.everything)")
    }
}
