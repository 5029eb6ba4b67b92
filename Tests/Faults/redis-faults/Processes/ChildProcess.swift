//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation
internal import Synchronization

/// A program that this one has started, with what it prints in a file.
///
/// It is not Foundation's `Process`, which now and then misses the end of a program when several are started at once.
final class ChildProcess: Sendable {
    let pid: pid_t
    /// The file with what it prints.
    let log: String
    /// The end of the child's standard input; closed, it tells the child that nobody is there any more.
    private let input: CInt
    private let status = Mutex<Int32?>(nil)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: The program, by path or by name, and its arguments.
    ///   - log: The file for what it prints, which is appended to.
    /// - Throws: When it cannot be started.
    init(_ command: [String], log: String) throws {
        // One at a time, so that no program inherits the pipe of another, which would then never be told.
        (pid, input) = try Self.starting.withLock { _ in
            var ends: [CInt] = [0, 0]
            guard pipe(&ends) == 0 else {
                throw ValidationError("No pipe can be made: \(String(cString: strerror(errno)))")
            }
            defer { close(ends[0]) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            do {
                return (try Self.spawn(command, input: ends[0], log: log), ends[1])
            } catch {
                close(ends[1])
                throw error
            }
        }
        self.log = log
    }

    private static let starting = Mutex(())

    deinit {
        close(input)
    }

    /// Whether it runs; what has ended is known to the system no more.
    var isRunning: Bool {
        status.withLock { status in
            if status != nil { return false }
            var found: Int32 = 0
            guard waitpid(pid, &found, WNOHANG) == pid else { return true }
            status = found
            return false
        }
    }

    /// Whether it has ended, and with the code 0.
    var hasSucceeded: Bool { status.withLock { $0 == 0 } }

    /// Sends a signal, unless it has ended.
    func send(_ signal: Int32) {
        status.withLock { status in
            if status == nil { kill(pid, signal) }
        }
    }

    /// Kills it and waits until it is gone, which takes no time.
    func end() {
        status.withLock { status in
            guard status == nil else { return }
            kill(pid, SIGKILL)
            var found: Int32 = 0
            while waitpid(pid, &found, 0) < 0, errno == EINTR {}
            status = found
        }
    }

    /// The last lines that it has printed.
    var lastWords: String {
        do {
            let text = try String(contentsOfFile: log, encoding: .utf8)
            return text.split(separator: "\n").suffix(12).joined(separator: "\n")
        } catch {
            return "(\(log) cannot be read: \(error))"
        }
    }

    /// With signals as in a fresh shell: threads that run tasks take none, and a child would inherit that.
    private static func spawn(_ command: [String], input: CInt, log: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environ)
        guard result == 0 else {
            throw ValidationError("\(command[0]) cannot be started: \(String(cString: strerror(result))). Install it.")
        }
        return pid
    }
}
