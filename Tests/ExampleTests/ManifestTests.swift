//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest
internal import Foundation
internal import Testing

@Suite("The manifest", .timeLimit(.minutes(20)))
struct ManifestTests {
    @Test("It says of every file what sha256sum, wc -l and wc -c say")
    func agreesWithTools() async throws {
        let folder = try TemporaryFolder()
        try makeTree(in: folder)
        let output = try TemporaryFolder()
        let result = try await ChildProcess.run(
            [Program.manifest, folder.path, "--output", "out.json", "--concurrency", "4"],
            in: output.url
        )
        #expect(result.code == 0, "\(result.everything)")
        #expect(try output.names == ["out.json"])
        let manifest = try readManifest(output, "out.json")
        let expected = try await toolsView(of: folder)
        #expect(expected.count == 421)
        #expect(manifest.root == folder.path)
        #expect(manifest.failed.isEmpty)
        #expect(manifest.files.map(\.exactPath) == expected.keys.sorted())
        for file in manifest.files {
            #expect(expected[file.exactPath] == FileDigest(bytes: file.bytes, lines: file.lines, sha256: file.sha256))
        }
        #expect(manifest.totals.files == expected.count)
        #expect(manifest.totals.bytes == expected.values.reduce(0) { $0 + $1.bytes })
        #expect(manifest.totals.lines == expected.values.reduce(0) { $0 + $1.lines })
        #expect(manifest.totals.interrupted == nil)
    }

    @Test("The same files give the same text, whatever the concurrency, and the manifest leaves itself out")
    func stable() async throws {
        let folder = try TemporaryFolder()
        for index in 0..<50 { try folder.write("\(index)\n".utf8, to: "\(index % 7)/\(index)") }
        var texts: [Data] = []
        for concurrency in ["1", "8", "3"] {
            let result = try await ChildProcess.run([Program.manifest, ".", "-c", concurrency], in: folder.url)
            #expect(result.code == 0, "\(result.everything)")
            texts.append(try Data(contentsOf: folder.url.appendingPathComponent("manifest.json")))
        }
        #expect(texts[0] == texts[1] && texts[1] == texts[2])
        #expect(try readManifest(folder, "manifest.json").files.count == 50)
    }

    @Test("An empty folder has an empty manifest")
    func empty() async throws {
        let folder = try TemporaryFolder()
        let output = try TemporaryFolder()
        let result = try await ChildProcess.run([Program.manifest, folder.path], in: output.url)
        #expect(result.code == 0, "\(result.everything)")
        let manifest = try readManifest(output, "manifest.json")
        #expect(manifest.files.isEmpty && manifest.failed.isEmpty && manifest.totals.files == 0)
    }

    /// Several hundred files, ordinary and odd; links, a pipe and an empty folder, which are no files.
    private func makeTree(in folder: TemporaryFolder) throws {
        for index in 0..<400 {
            let lines = (0..<(index % 37)).map { "line \($0) of file \(index)\n" }.joined()
            try folder.write(lines.utf8, to: "plain/\(index % 11)/\(index % 3)/file-\(index).txt")
        }
        try folder.write([], to: "empty")
        try folder.write("no line end".utf8, to: "unended")
        try folder.write("\n\n\n".utf8, to: "only ends")
        try folder.write("a b\n".utf8, to: "with space/and more  space.txt")
        try folder.write("é\n".utf8, to: "ünïcödé/日本語/🏭.txt")
        try folder.write("odd\n".utf8, to: "new\nline")
        try folder.write("odd\n".utf8, to: "tab\tquote\"back\\slash'$(true)`*?")
        try folder.write("odd\n".utf8, to: "-rf")
        try folder.write("odd\n".utf8, to: ".hidden/.file")
        for index in 0..<10 {
            try folder.write([UInt8](repeating: 0, count: index * 262_144 / 3), to: "sizes/\(index)")
        }
        let noise = (0..<(5 << 20)).lazy.map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        try folder.write(noise, to: "big")
        try folder.write("bytes\n", toName: [0x6E, 0xFF, 0xFE, 0x6F])
        let files = FileManager.default
        try files.createDirectory(atPath: folder.path + "/no files/below", withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "empty")
        try files.createSymbolicLink(atPath: folder.path + "/loop", withDestinationPath: ".")
        try files.createSymbolicLink(atPath: folder.path + "/dangling", withDestinationPath: "nowhere")
        #expect(mkfifo(folder.path + "/pipe", 0o644) == 0)
    }

    /// What the system's own tools say of each file.
    private func toolsView(of folder: TemporaryFolder) async throws -> [BytePath: FileDigest] {
        let script = """
            for file do
              printf '%s\\0%s %s %s\\0' "${file#./}" \
                "$(wc -c < "$file")" "$(wc -l < "$file")" "$(sha256sum < "$file" | cut -c 1-64)"
            done > "$OUT"
            """
        let output = try TemporaryFolder()
        let result = try await ChildProcess.run(
            [
                "env", "OUT=\(output.path)/list", "find", ".", "-type", "f", "-exec", "sh", "-c", script, "sh", "{}",
                "+",
            ],
            in: folder.url
        )
        try #require(result.code == 0, "\(result.everything)")
        let list = try Data(contentsOf: output.url.appendingPathComponent("list"))
        let fields = list.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        var view: [BytePath: FileDigest] = [:]
        for index in stride(from: fields.startIndex, to: fields.endIndex, by: 2) {
            let words = String(decoding: fields[index + 1], as: UTF8.self).split(separator: " ")
            try #require(words.count == 3)
            view[BytePath(bytes: Array(fields[index]))] = FileDigest(
                bytes: try #require(Int(words[0])),
                lines: try #require(Int(words[1])),
                sha256: String(words[2])
            )
        }
        return view
    }
}

func readManifest(_ folder: TemporaryFolder, _ name: String) throws -> Manifest {
    try JSONDecoder().decode(Manifest.self, from: Data(contentsOf: folder.url.appendingPathComponent(name)))
}

extension Manifest.File {
    var exactPath: BytePath { pathBase64.map { BytePath(bytes: Array($0)) } ?? BytePath(path) }
}
