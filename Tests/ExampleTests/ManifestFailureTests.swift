//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest
internal import Foundation
internal import Testing

@Suite("The manifest when something goes wrong", .timeLimit(.minutes(20)))
struct ManifestFailureTests {
    @Test("A file that cannot be opened ends as a failed job, with its reason; the others are read")
    func unreachableFile() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a\n".utf8, to: "a")
        try folder.write("z\n".utf8, to: "z")
        let name = try makeUnreachableFile(in: folder)
        let output = try TemporaryFolder()
        let result = try await ChildProcess.run([Program.manifest, folder.path], in: output.url)
        #expect(result.code == 1)
        let manifest = try readManifest(output, "manifest.json")
        #expect(manifest.files.map(\.path) == ["a", "z"])
        #expect(manifest.failed.map(\.reason) == ["cannot be opened: File name too long"])
        #expect(manifest.failed.first?.path.hasSuffix(name) == true)
        #expect(manifest.totals.failed == 1)
        #expect(result.errors.count == 1 && result.errors[0].hasSuffix("cannot be opened: File name too long"))
    }

    @Test(
        "A file and a folder that may not be read are failures that say so",
        .enabled("The user may read everything and cannot give that up.") { await Rights.canBeDropped() }
    )
    func forbidden() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a\n".utf8, to: "a")
        try folder.write("b\n".utf8, to: "b")
        try folder.write("c\n".utf8, to: "c/d")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder.path + "/b")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: folder.path + "/c")
        let output = try TemporaryFolder()
        let result = try await ChildProcess.run(Rights.dropping + [Program.manifest, folder.path], in: output.url)
        #expect(result.code == 1, "\(result.everything)")
        let manifest = try readManifest(output, "manifest.json")
        #expect(manifest.files.map(\.path) == ["a"])
        #expect(manifest.failed.map(\.path) == ["b", "c"])
        #expect(manifest.failed.allSatisfy { $0.reason.hasSuffix("cannot be opened: Permission denied") })
    }

    @Test("Wrong arguments are refused before anything is read", arguments: WrongArguments.allCases)
    func wrongArguments(_ wrong: WrongArguments) async throws {
        let folder = try TemporaryFolder()
        try folder.write("a\n".utf8, to: "tree/file")
        let result = try await ChildProcess.run([Program.manifest] + wrong.arguments, in: folder.url)
        #expect(result.code == 2)
        #expect(result.output.isEmpty)
        #expect(result.errors.joined().contains(wrong.message), "\(result.everything)")
        #expect(try folder.names == ["tree"])
    }

    @Test("What nobody reads is lost, and neither the manifest nor anything else beside it")
    func noReader() async throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b", "c"] { try folder.write("\(name)\n".utf8, to: name) }
        // The reader closes its end of the pipe before the program is started.
        let pipe = """
            mkfifo "$GATE"; { read -r _ < "$GATE"; "$0" "$@"; } | { exec <&-; echo > "$GATE"; }
            """
        for script in [pipe, "exec \"$0\" \"$@\" >&-"] {
            let (gate, output) = (try TemporaryFolder(), try TemporaryFolder())
            let result = try await ChildProcess.run(
                ["sh", "-c", script, Program.manifest, folder.path],
                in: output.url,
                environment: ["GATE": gate.path + "/gate"]
            )
            #expect(result.code == 0 && result.errors.isEmpty, "\(result.everything)")
            #expect(try output.names == ["manifest.json"])
            #expect(try readManifest(output, "manifest.json").files.map(\.path) == ["a", "b", "c"])
        }
    }

    @Test("The help names the exit codes")
    func help() async throws {
        let result = try await ChildProcess.run([Program.manifest, "--help"])
        #expect(result.code == 0)
        #expect(result.output.contains { $0.contains("130  interrupted") })
    }

    /// Makes a file whose path is longer than the system takes, in a folder whose path is not.
    private func makeUnreachableFile(in folder: TemporaryFolder) throws -> String {
        var path = folder.path
        var descriptor = open(path, O_RDONLY | O_DIRECTORY)
        while path.utf8.count < 4_000 {
            let name = String(repeating: "d", count: min(200, 4_000 - path.utf8.count))
            try #require(mkdirat(descriptor, name, 0o755) == 0)
            let next = openat(descriptor, name, O_RDONLY | O_DIRECTORY)
            close(descriptor)
            descriptor = next
            path += "/" + name
        }
        let name = String(repeating: "f", count: 200)
        let file = openat(descriptor, name, O_WRONLY | O_CREAT, 0o644)
        try #require(file >= 0)
        close(file)
        close(descriptor)
        return name
    }
}

/// What a user may get wrong.
enum WrongArguments: CaseIterable {
    case none
    case missingFolder
    case file
    case outputInMissingFolder
    case outputIsFolder
    case outputIsDevice
    case concurrency
    case unknownOption

    var arguments: [String] {
        switch self {
        case .none: []
        case .missingFolder: ["nowhere"]
        case .file: ["tree/file"]
        case .outputInMissingFolder: ["tree", "--output", "nowhere/manifest.json"]
        case .outputIsFolder: ["tree", "--output", "tree"]
        case .outputIsDevice: ["tree", "--output", "/dev/null"]
        case .concurrency: ["tree", "--concurrency", "0"]
        case .unknownOption: ["tree", "--concurency", "2"]
        }
    }

    var message: String {
        switch self {
        case .none: "Missing expected argument '<folder>'"
        case .missingFolder: "“nowhere” cannot be found: No such file or directory."
        case .file: "“tree/file” is not a folder."
        case .outputInMissingFolder: "The output “nowhere/manifest.json” cannot be written: No such file or directory."
        case .outputIsFolder: "The output “tree” is a folder."
        case .outputIsDevice: "The output “/dev/null” is not a regular file."
        case .concurrency: "“--concurrency” is 0, but must be from 1 to 256."
        case .unknownOption: "Unknown option '--concurency'"
        }
    }
}

/// Root may read everything, unless it gives up the capabilities that allow it.
enum Rights {
    private static let capabilities = "-dac_override,-dac_read_search"

    /// What to put before a command so that permissions hold for it.
    static let dropping =
        geteuid() == 0 ? ["setpriv", "--bounding-set=\(capabilities)", "--inh-caps=\(capabilities)"] : []

    /// Whether permissions can be made to hold.
    static func canBeDropped() async -> Bool {
        do {
            return try await ChildProcess.run(dropping + ["true"]).code == 0
        } catch {
            return false
        }
    }
}
