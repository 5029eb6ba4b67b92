//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser
internal import Foundation
internal import Lineshaft

/// The file that a server appends its writes to.
struct AppendOnlyFile: Sendable {
    /// How long it was at a time.
    struct Length: Sendable {
        let time: Duration
        let bytes: UInt64
    }

    private let path: String

    /// - Parameter server: A server that has not rewritten its file yet.
    init(of server: RedisProcess) {
        path = server.folder + "/appendonlydir/appendonly.aof.1.incr.aof"
    }

    /// How long it is now.
    func length(at time: Duration) throws -> Length {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw ValidationError("\(path) cannot be looked at: \(String(cString: strerror(errno)))")
        }
        return Length(time: time, bytes: UInt64(status.st_size))
    }

    /// Takes away what was written since.
    func cut(to length: Length) throws {
        guard truncate(path, off_t(length.bytes)) == 0 else {
            throw ValidationError("\(path) cannot be cut: \(String(cString: strerror(errno)))")
        }
    }
}
