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

/// A Redis of the benchmark's own: on a socket in a temporary folder, without persistence.
///
/// It is not Foundation's `Process`, whose `waitUntilExit` may never return in a task.
struct BenchmarkServer {
    private let pid: pid_t
    private let folder: String

    /// The socket's path.
    var socket: String { folder + "/socket" }

    init() throws {
        folder = "/tmp/lineshaft-bench-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let command = [
            "redis-server", "--port", "0", "--unixsocket", folder + "/socket", "--dir", folder, "--save", "",
            "--appendonly", "no", "--logfile", folder + "/log",
        ]
        let arguments = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        // Threads that run tasks take no signals, and the server would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, command[0], nil, &attributes, arguments, environ)
        guard result == 0 else {
            throw ValidationError(
                "redis-server cannot be started (\(String(cString: strerror(result)))). Install it, or name another with --url."
            )
        }
        self.pid = pid
        try waitUntilReady()
    }

    private func waitUntilReady() throws {
        var status: Int32 = 0
        while !FileManager.default.fileExists(atPath: socket) {
            if waitpid(pid, &status, WNOHANG) == pid {
                throw ValidationError("redis-server ended before it was ready; \(folder)/log says why.")
            }
            usleep(10_000)
        }
    }

    /// Stops the server and removes its folder.
    func stop() {
        kill(pid, SIGTERM)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            print("The folder \(folder) could not be removed: \(error)")
        }
    }
}
