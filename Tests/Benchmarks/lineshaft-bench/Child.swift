//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation

#if canImport(Glibc)
internal import Glibc
#endif

/// A program that a benchmark starts, and ends.
struct Child {
    private let pid: pid_t

    /// Starts a program with this one's output.
    ///
    /// - Parameters:
    ///   - command: The program, by path or by name, and its arguments.
    ///   - output: A file for its output instead.
    ///   - advice: What to do when there is no such program.
    /// - Throws: When it cannot be started.
    init(_ command: [String], output: String? = nil, advice: String) throws {
        let arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let output { posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600) }
        // Threads that run tasks take no signals, and the program would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environ)
        guard result == 0 else {
            throw ValidationError("\(command[0]) cannot be started (\(String(cString: strerror(result)))). \(advice)")
        }
        self.pid = pid
    }

    /// Whether it has ended by itself.
    var hasEnded: Bool {
        var status: Int32 = 0
        return waitpid(pid, &status, WNOHANG) == pid
    }

    /// Waits for its end.
    ///
    /// - Returns: Its exit code, or minus the signal that ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : -(status & 0x7F)
    }

    /// Ends it and waits for its end.
    func stop() {
        kill(pid, SIGTERM)
        _ = wait()
    }

    /// Runs a program to its end.
    ///
    /// - Returns: Its output.
    static func run(_ command: [String], output: String, advice: String) throws -> String {
        let code = try Child(command, output: output, advice: advice).wait()
        guard code == 0 else {
            throw ValidationError("\(command.joined(separator: " ")) failed with \(code). \(advice)")
        }
        return try String(contentsOfFile: output, encoding: .utf8)
    }
}
