//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Testing

#if canImport(Glibc)
internal import Glibc
#endif

@Suite("The pipeline", .timeLimit(.minutes(20)))
struct PipelineTests {
    @Test("A zip archive and the folder that it was made of come to the same report, and nothing temporary is left")
    func report() async throws {
        let folder = try TemporaryFolder()
        for name in ["data.zip", "data"] {
            let made = try await folder.pipeline(["sample", name, "--files", "3", "--rows", "100"])
            #expect(made.output == ["3 files with 300 orders are in \(name)"], "\(made.everything)")
        }
        try folder.write("not data".utf8, to: "data/readme.txt")
        for (source, report) in [("data.zip", "a.json"), ("data", "b.json")] {
            let result = try await folder.pipeline(["import", source, "--output", report, "--rows-per-step", "30"])
            #expect(result.code == 0, "\(result.everything)")
            #expect(result.output.contains { $0.hasPrefix("300 orders in 3 files, ") }, "\(result.everything)")
            #expect(result.output.contains("Left out: readme.txt") == (source == "data"))
        }
        #expect(try folder.names == ["a.json", "b.json", "data", "data.zip"])
        let archived = try folder.text("a.json")
        #expect(archived.contains("\"name\" : \"orders-2025-02.csv\""))
        #expect(try folder.text("b.json").replacing("\n    \"readme.txt\"\n  ", with: "\n\n  ") == archived)
    }

    @Test("A broken line ends the import with its file, line and column, and temporary data are deleted")
    func broken() async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.pipeline(["sample", "data.zip", "--files", "4", "--rows", "1000", "--broken", "3"])
        let result = try await folder.pipeline(["import", "data.zip"])
        #expect(result.code == 1, "\(result.everything)")
        let line = "orders-2025-03.csv, line 502, column 6 (quantity): “three” is no quantity: "
        #expect(result.errors.contains { $0.hasPrefix("Failed: ") && $0.contains(line) }, "\(result.everything)")
        #expect(result.errors.last == "Temporary data were deleted.", "\(result.everything)")
        #expect(try folder.names == ["data.zip"])
    }

    @Test(
        "What is no data is an error that says so",
        arguments: [
            (["import", "nothing"], 2 as Int32, "There is nothing at"),
            (["import", "bad.zip"], 1, "The archive cannot be imported: "),
            (["import", "empty"], 1, "there is no file in "),
            (["import", "empty", "--output", "no/where.json"], 2, "is no folder"),
            (["import", "empty", "--submit-only"], 2, "needs a broker"),
            (["import", "empty", "--rows-per-step", "0"], 2, "must be 1 or more"),
            (["worker"], 2, "--url"),
            (["sample", "empty"], 2, "already"),
            (["sample", "new", "--broken", "13"], 2, "from 1 to 12"),
        ]
    )
    func misuse(arguments: [String], code: Int32, text: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("PK but no archive".utf8, to: "bad.zip")
        try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: true)
        let result = try await folder.pipeline(arguments)
        #expect(result.code == code, "\(result.everything)")
        #expect(result.errors.joined(separator: "\n").contains(text), "\(result.everything)")
        #expect(try folder.names == ["bad.zip", "empty"])
    }

    @Test("Where there is no program that unpacks archives, the error says which one to install")
    func missingUnzip() async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.pipeline(["sample", "data.zip", "--files", "1", "--rows", "1"])
        let result = try await folder.pipeline(["import", "data.zip"], environment: ["PATH": folder.path])
        #expect(result.code == 1, "\(result.everything)")
        #expect(result.errors.first?.contains("apt install unzip") == true, "\(result.everything)")
        #expect(try folder.names == ["data.zip"])
    }

    @Test("An interrupted import leaves neither a report nor temporary data")
    func interrupted() async throws {
        let folder = try TemporaryFolder()
        _ = try await folder.pipeline(["sample", "data", "--files", "2", "--rows", "100000"])
        let program = try folder.startPipeline(["import", "data"])
        // Unpacking and checking so many takes longer than a signal.
        let result = try await program.result { line in
            if line.contains("0 of 4 steps") { program.interrupt() }
        }
        #expect(result.code == 130, "\(result.everything)")
        #expect(result.errors.last == "Interrupted: the import was cancelled, and no report was written.")
        #expect(try folder.names == ["data"])
    }
}

extension TemporaryFolder {
    /// Runs the pipeline in this folder to its end.
    func pipeline(_ arguments: [String], environment: [String: String] = [:]) async throws -> ChildProcess.Result {
        try await startPipeline(arguments, environment: environment).result()
    }

    /// Starts the pipeline in this folder.
    func startPipeline(_ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess([Program.pipeline] + arguments, in: url, environment: environment)
    }

    /// A file as text.
    func text(_ path: String) throws -> String {
        try String(contentsOf: url.appendingPathComponent(path), encoding: .utf8)
    }
}
