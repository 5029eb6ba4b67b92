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

/// A program that this test started, with its output line by line.
///
/// It is not Foundation's `Process`, which on Linux now and then misses the end of a program when several are started at
/// once. Signals are as in a fresh shell, whatever the test runner has done to its own.
struct ChildProcess: Sendable {
    /// What a program left behind.
    struct Result {
        var code: Int32
        var output: [String]
        var errors: [String]

        var everything: String { (output + errors).joined(separator: "\n") }
    }

    /// The process, until the system may give its number to another.
    private final class Life: Sendable {
        let pid: pid_t
        private let hasEnded = Mutex(false)

        init(_ pid: pid_t) {
            self.pid = pid
        }

        func send(_ signal: Int32) {
            hasEnded.withLock { hasEnded in
                if !hasEnded { kill(pid, signal) }
            }
        }

        /// Waits for the end, and returns the status.
        func wait() throws -> Int32 {
            var information = siginfo_t()
            while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0 { try #require(errno == EINTR) }
            return try hasEnded.withLock { hasEnded in
                var status: Int32 = 0
                while waitpid(pid, &status, 0) < 0 { try #require(errno == EINTR) }
                hasEnded = true
                return status
            }
        }
    }

    private let life: Life
    private let output: FileHandle
    private let errors: FileHandle

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: The program, by path or by name, and its arguments.
    ///   - folder: Where it runs.
    ///   - environment: What is added to this process's environment.
    /// - Throws: When the program cannot be started.
    init(_ command: [String], in folder: URL? = nil, environment: [String: String] = [:]) throws {
        let prefix = folder.map { ["sh", "-c", "cd \"$1\" && shift && exec \"$@\"", "sh", $0.path] } ?? []
        // One at a time, so that no program inherits the pipes of another, whose reader would then not see their end.
        (life, output, errors) = try Self.starting.withLock { _ in
            let (outputEnd, errorEnd) = (try Pipe.closedOnExec(), try Pipe.closedOnExec())
            let pid = try Self.spawn(
                prefix + command,
                environment: ProcessInfo.processInfo.environment.merging(environment) { _, new in new },
                output: outputEnd.write,
                errors: errorEnd.write
            )
            return (Life(pid), outputEnd.read, errorEnd.read)
        }
    }

    private static let starting = Mutex(())

    private static func spawn(
        _ command: [String],
        environment: [String: String],
        output: FileHandle,
        errors: FileHandle
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.fileDescriptor, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.fileDescriptor, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let arguments = command.map { strdup($0) } + [nil]
        let environment = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for string in arguments + environment { free(string) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environment)
        try #require(result == 0, "\(command[0]) cannot be started: \(String(cString: strerror(result)))")
        return pid
    }

    /// Runs a program to its end.
    static func run(
        _ command: [String],
        in folder: URL? = nil,
        environment: [String: String] = [:]
    ) async throws -> Result {
        try await ChildProcess(command, in: folder, environment: environment).result()
    }

    /// Sends the signal that Ctrl-C sends.
    func interrupt() {
        send(SIGINT)
    }

    /// Sends a signal to the program, unless it has ended.
    func send(_ signal: Int32) {
        life.send(signal)
    }

    /// Waits for the program's end; the program is killed when the calling task is cancelled, as it is at a time limit.
    ///
    /// - Parameter onLine: Called with each line of the output as it comes.
    /// - Returns: What the program left behind.
    /// - Throws: When the system does not say how it ended.
    func result(onLine: @escaping @Sendable (String) -> Void = { _ in }) async throws -> Result {
        try await withTaskCancellationHandler {
            async let errors = onThread { try Self.readLines(of: self.errors) }
            let output = try await onThread { try Self.readLines(of: self.output, onLine: onLine) }
            let code = try await onThread {
                let status = try life.wait()
                // The exit code, or what a shell makes of a signal.
                return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
            }
            return Result(code: code, output: output, errors: try await errors)
        } onCancel: {
            send(SIGKILL)
        }
    }

    private static func readLines(
        of handle: FileHandle,
        onLine: @Sendable (String) -> Void = { _ in }
    ) throws -> [String] {
        var lines: [String] = []
        var rest = Data()
        while true {
            let data = handle.availableData
            rest += data.isEmpty && !rest.isEmpty ? Data("\n".utf8) : data
            while let end = rest.firstIndex(of: 0x0A) {
                let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
                lines.append(line)
                onLine(line)
                rest = Data(rest[(end + 1)...])
            }
            if data.isEmpty { return lines }
        }
    }
}

/// Runs calls that block on a thread of their own.
private func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}

extension Pipe {
    /// The two ends of a pipe that other programs do not inherit.
    fileprivate static func closedOnExec() throws -> (read: FileHandle, write: FileHandle) {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (
            FileHandle(fileDescriptor: ends[0], closeOnDealloc: true),
            FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
        )
    }
}

/// The programs of this package, as they were built beside the tests.
enum Program {
    static let quickstart = path("quickstart")
    static let manifest = path("manifest")
    static let fleet = path("fleet")
    static let pipeline = path("pipeline")

    private static func path(_ name: String) -> String {
        #if canImport(Darwin)
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? .main
        let folder = bundle.bundleURL.deletingLastPathComponent()
        #else
        let folder = Bundle.main.bundleURL
        #endif
        return folder.appendingPathComponent(name).path
    }
}
