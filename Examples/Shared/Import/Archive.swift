//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ExampleManifest

#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

/// A zip archive, read by the program `unzip`.
///
/// No name that stands in the archive ever becomes a path, and nothing is written but what comes out of a pipe, so neither names
/// that lead elsewhere nor links can do harm; and what comes is counted, whatever the archive says about sizes.
/// Its calls block: use them on `BlockingThreads`.
package struct Archive: Sendable {
    private let path: String

    /// Names an archive.
    package init(_ path: String) {
        self.path = path
    }

    /// Lists what is in it.
    ///
    /// - Returns: The entries, in the archive's order.
    /// - Throws: ``ArchiveProblem`` when it cannot be read or holds what is refused; `FileError` when `unzip` cannot be run.
    package func entries() throws -> [ArchiveEntry] {
        var listing: [UInt8] = []
        let problem = try run(["-Z", "-s", "--", path]) { bytes in
            listing += bytes
            if listing.count > 16 << 20 { throw ArchiveProblem("it holds too many files") }
        }
        if let problem { throw ArchiveProblem(problem) }
        return try ArchiveEntry.entries(inListing: String(decoding: listing, as: UTF8.self))
    }

    /// Takes one file out of it.
    ///
    /// - Parameters:
    ///   - entry: The file.
    ///   - body: Gets its bytes, piece by piece; what it throws ends the program.
    /// - Throws: ``ArchiveProblem`` when it is damaged; what `body` throws; `FileError`.
    package func extract(_ entry: ArchiveEntry, _ body: ([UInt8]) throws -> Void) throws {
        if let problem = try run(["-p", "--", path, entry.pattern], body) {
            throw ArchiveProblem("“\(entry.name)” cannot be unpacked: \(problem)")
        }
    }

    /// Runs `unzip`.
    ///
    /// Should this process be killed, the next write to its pipe ends the other one.
    ///
    /// - Returns: What it says is wrong, or `nil`.
    private func run(_ arguments: [String], _ body: ([UInt8]) throws -> Void) throws -> String? {
        let child = try Unzip(arguments)
        do {
            while let bytes = try child.read() { try body(bytes) }
        } catch {
            child.stop()
            throw error
        }
        return child.finish()
    }
}

/// What is wrong with an archive: no other attempt can mend it.
package struct ArchiveProblem: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// The program `unzip` while it runs.
private struct Unzip: ~Copyable {
    private let process: pid_t
    private let output: CInt
    private let errors: CInt

    init(_ arguments: [String]) throws(FileError) {
        var ends: [CInt] = [0, 0, 0, 0]
        let made = ends.withUnsafeMutableBufferPointer { ends in
            guard let first = ends.baseAddress else { return false }
            return pipe(first) == 0 && pipe(first + 2) == 0
        }
        guard made else { throw FileError("No pipe can be made", code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(ends[1])
            close(ends[3])
        }
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, ends[3], STDERR_FILENO)
        // This program may ignore the signal of a pipe that nobody reads; that one is to end by it.
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
        let words = (["unzip"] + arguments).map { duplicate($0) } + [nil]
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let environment = ["PATH=\(path)", "LC_ALL=C.UTF-8"].map { duplicate($0) } + [nil]
        defer { for word in words + environment { free(word) } }
        var process: pid_t = 0
        let result = posix_spawnp(&process, "unzip", &actions, &attributes, words, environment)
        guard result == 0 else {
            close(ends[0])
            close(ends[2])
            throw FileError(
                "The program “unzip” cannot be run; install it (apt install unzip), or import a folder",
                code: result
            )
        }
        (self.process, output, errors) = (process, ends[0], ends[2])
    }

    /// The next bytes of its output; `nil` at the end.
    func read() throws(FileError) -> [UInt8]? { try Self.read(output) }

    private static func read(_ descriptor: CInt) throws(FileError) -> [UInt8]? {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
                count = posixRead(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(count, 0)
            }
            if count >= 0 { return count == 0 ? nil : bytes }
            if errno != EINTR { throw FileError("What “unzip” writes cannot be read", code: errno) }
        }
    }

    /// Ends it, whatever it does.
    consuming func stop() {
        kill(process, SIGKILL)
        _ = finish()
    }

    /// Waits for its end.
    ///
    /// - Returns: What it says is wrong; `nil` when nothing is.
    consuming func finish() -> String? {
        close(output)
        // Few lines, which fit into the pipe.
        var said: [UInt8] = []
        do throws(FileError) {
            while said.count < 4_096, let bytes = try Self.read(errors) { said += bytes }
        } catch {
            said += Array("\(error)".utf8)
        }
        close(errors)
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        if status == 0 { return nil }
        let lines = String(decoding: said, as: UTF8.self).split { $0.isNewline || $0 == "\r" }
        let words = lines.map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty }
        return words.isEmpty ? "“unzip” ended with the status \((status >> 8) & 0xFF)" : words.joined(separator: " ")
    }
}

/// A copy of a text for C, to be freed.
private func duplicate(_ text: String) -> UnsafeMutablePointer<CChar>? { strdup(text) }

// The C function by a name that the methods above do not hide.
private func posixRead(_ descriptor: CInt, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, bytes, count)
}
