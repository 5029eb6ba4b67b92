//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft
internal import Synchronization
internal import Testing

#if canImport(Glibc)
internal import Glibc
#endif

/// A Redis server of a test's own, in a temporary folder, on a unix socket.
///
/// It is stopped, by its process's number, when nobody holds it any more. The program is `redis-server`, or what the
/// environment variable `LINESHAFT_REDIS_SERVER` names.
final class RedisServer: Sendable {
    private struct State {
        var pid: pid_t?
        var log: ServerLog?
    }

    /// The folder with the socket and whatever the server keeps.
    let folder: String
    /// The port on loopback, if there is one.
    let port: Int?
    /// The wall clock that the server goes by, if it is not the machine's.
    let clock: ServerClock?
    private let options: [String]
    private let configuration: String?
    private let state = Mutex(State())

    /// The socket's path.
    var socket: String { folder + "/socket" }

    /// The process, while it runs.
    var pid: pid_t? { state.withLock(\.pid) }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - options: What is added to the command line, such as `["--maxmemory", "10mb"]`.
    ///   - port: A port on loopback beside the socket.
    ///   - configuration: What the server's configuration file says, which the server may write to; a Sentinel has to.
    ///   - start: Where the server's wall clock stands still from the start; `nil` leaves it the machine's.
    /// - Throws: When there is no such program, or it does not get ready.
    init(
        _ options: [String] = [],
        port: Int? = nil,
        configuration: String? = nil,
        clockAt start: Timestamp? = nil
    ) throws {
        self.options = options
        self.port = port
        self.configuration = configuration
        // The path of a socket may have no more than about a hundred bytes.
        folder = "/tmp/lineshaft-redis-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        clock = try start.map { [folder] in try ServerClock(in: URL(filePath: folder), start: $0) }
        if let configuration {
            try configuration.write(toFile: folder + "/server.conf", atomically: false, encoding: .utf8)
        }
        try self.start()
    }

    deinit {
        stop(signal: SIGKILL)
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            print("The folder \(folder) could not be removed: \(error)")
        }
    }

    /// Starts the server again after ``stop(signal:)``.
    func start() throws {
        let program = ProcessInfo.processInfo.environment["LINESHAFT_REDIS_SERVER"] ?? "redis-server"
        let file = configuration == nil ? [] : [folder + "/server.conf"]
        let command =
            [program] + file
            + [
                "--port", "\(port ?? 0)", "--bind", "127.0.0.1", "--unixsocket", socket, "--dir", folder,
                "--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", "",
            ] + options
        let (pid, output) = try Self.spawn(command, clock?.environment() ?? [:])
        let log = ServerLog(output)
        // Nothing is read before the line that says so, and nothing need be waited for after it.
        guard log.waitUntilReady() else {
            var status: Int32 = 0
            waitpid(pid, &status, 0)
            throw StartFailure("\(command.joined(separator: " ")) ended before it was ready:\n\(log.transcript.text)")
        }
        state.withLock { $0 = State(pid: pid, log: log) }
        Self.note(pid, in: folder)
    }

    /// Ends the server and waits until it has ended; without effect if it has.
    func stop(signal: Int32 = SIGTERM) {
        guard
            let pid = state.withLock({ state in
                defer { state.pid = nil }
                return state.pid
            })
        else { return }
        Self.running.withLock { $0[pid] = nil }
        kill(pid, signal)
        // A stopped process could not end.
        kill(pid, SIGCONT)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }

    /// Ends the server and starts it again on what it has kept.
    func restart(signal: Int32 = SIGTERM) throws {
        stop(signal: signal)
        try start()
    }

    /// What the server has said since it was started.
    var log: String { state.withLock(\.log)?.transcript.text ?? "" }

    /// Suspends until the server has said something.
    ///
    /// - Throws: When the server ends before it does, or the calling task is cancelled.
    func said(_ text: String) async throws {
        guard let log = state.withLock(\.log), await log.transcript.said(text) else {
            throw StartFailure("The server in \(folder) never said “\(text)”:\n\(self.log)")
        }
    }

    struct StartFailure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// The servers that run, with their folders.
    private static let running = Mutex<[pid_t: String]>([:])

    /// Ends, together with this process, the servers whose tests have not let go of them; the last test's may be among them.
    private static let endsWithProcess: Void = {
        atexit {
            let left = RedisServer.running.withLock { $0 }
            for (pid, folder) in left {
                kill(pid, SIGKILL)
                var status: Int32 = 0
                waitpid(pid, &status, 0)
                do {
                    try FileManager.default.removeItem(atPath: folder)
                } catch {
                    print("The folder \(folder) could not be removed: \(error)")
                }
            }
        }
    }()

    private static func note(_ pid: pid_t, in folder: String) {
        endsWithProcess
        running.withLock { $0[pid] = folder }
    }

    private static let starting = Mutex(())

    /// Starts a program with its output in a pipe; one at a time, so that none inherits the pipe of another.
    private static func spawn(_ command: [String], _ more: [String: String]) throws -> (pid_t, FileHandle) {
        try starting.withLock { _ in
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw StartFailure("No pipe: \(String(cString: strerror(errno)))") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
            posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
            // The threads of Swift's pool have signals blocked, and the server would inherit that.
            var attributes = posix_spawnattr_t()
            posix_spawnattr_init(&attributes)
            defer { posix_spawnattr_destroy(&attributes) }
            var open = sigset_t()
            sigemptyset(&open)
            posix_spawnattr_setsigmask(&attributes, &open)
            posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
            let arguments = command.map { strdup($0) } + [nil]
            let environment =
                ProcessInfo.processInfo.environment.merging(more) { $1 }.map { strdup("\($0.key)=\($0.value)") } + [nil]
            defer { for string in arguments + environment { free(string) } }
            var pid: pid_t = 0
            let result = posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environment)
            close(ends[1])
            let output = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
            guard result == 0 else {
                throw StartFailure(
                    "\(command[0]) cannot be started (\(String(cString: strerror(result)))). Install it, on Debian with "
                        + "“apt install redis-server”, or name another one in LINESHAFT_REDIS_SERVER."
                )
            }
            return (pid, output)
        }
    }
}
