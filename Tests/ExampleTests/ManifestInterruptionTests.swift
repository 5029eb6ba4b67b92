//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest
internal import Testing

@Suite("The manifest when interrupted", .timeLimit(.minutes(20)))
struct ManifestInterruptionTests {
    @Test("Ctrl-C stops at once, says how many files are left, and writes nothing")
    func interruption() async throws {
        let folder = try TemporaryFolder()
        // It comes first and takes many minutes to read, so with one slot nothing is done when the signal comes.
        try folder.makeHugeFile("a-huge")
        for name in ["b", "c", "d"] { try folder.write("\(name)\n".utf8, to: name) }
        let output = try TemporaryFolder()
        let child = try ChildProcess([Program.manifest, folder.path, "-c", "1"], in: output.url)
        let result = try await child.result { line in
            if line.contains("0 of 4 files") { child.interrupt() }
        }
        #expect(result.code == 130)
        #expect(result.errors == ["Interrupted: 4 of 4 files left.", "No manifest was written."])
        #expect(try output.names.isEmpty)
    }

    @Test("An older manifest outlives an interruption")
    func olderManifest() async throws {
        let folder = try TemporaryFolder()
        try folder.makeHugeFile("tree/huge")
        try folder.write("old\n".utf8, to: "manifest.json")
        let child = try ChildProcess([Program.manifest, "tree"], in: folder.url)
        let result = try await child.result { line in
            if line.contains("0 of 1 file,") { child.interrupt() }
        }
        #expect(result.code == 130)
        #expect(try folder.names == ["manifest.json", "tree"])
    }

    @Test("On request it writes what has been read, and that it was interrupted")
    func partial() async throws {
        let folder = try TemporaryFolder()
        try folder.makeHugeFile("z-huge")
        for name in ["b", "c"] { try folder.write("\(name)\n".utf8, to: name) }
        let output = try TemporaryFolder()
        let child = try ChildProcess([Program.manifest, folder.path, "-c", "1", "--partial"], in: output.url)
        let result = try await child.result { line in
            if line.contains(" of 3 files") { child.interrupt() }
        }
        #expect(result.code == 130)
        #expect(result.errors.last == "What was read is in manifest.json.")
        let manifest = try readManifest(output, "manifest.json")
        #expect(manifest.totals.interrupted == true)
        #expect(!manifest.files.map(\.path).contains("z-huge"))
    }
}
