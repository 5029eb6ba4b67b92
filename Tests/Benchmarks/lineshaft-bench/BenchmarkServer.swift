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
    private let process: Child
    /// Where its socket is, and room for other things that go with it.
    let folder: String

    /// The socket's path.
    var socket: String { folder + "/socket" }

    init() throws {
        folder = "/tmp/lineshaft-bench-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        process = try Child(
            [
                "redis-server", "--port", "0", "--unixsocket", folder + "/socket", "--dir", folder, "--save", "",
                "--appendonly", "no", "--logfile", folder + "/log",
            ],
            advice: "Install it, or name another with --url."
        )
        while !FileManager.default.fileExists(atPath: socket) {
            if process.hasEnded {
                throw ValidationError("redis-server ended before it was ready; \(folder)/log says why.")
            }
            usleep(10_000)
        }
    }

    /// Stops the server and removes its folder.
    func stop() {
        process.stop()
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            print("The folder \(folder) could not be removed: \(error)")
        }
    }
}
