//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

extension BrokerError {
    /// What a server's refusal means for whoever has asked.
    package init(_ error: RedisServerError) {
        switch error.code {
        case "OOM":
            self.init(
                code: .unavailable,
                message:
                    "Redis has no memory left and refused the call; nothing was changed. Raise its `maxmemory`, or let "
                    + "workers catch up. (\(error.line))",
                cause: error
            )
        case "MISCONF":
            self.init(
                code: .unavailable,
                message:
                    "Redis cannot write to its disk and refused the call; nothing was changed. Make room on the disk. "
                    + "(\(error.line))",
                cause: error
            )
        case "NOAUTH", "WRONGPASS", "NOPERM":
            self.init(
                code: .rejected,
                message:
                    "The Redis user may not do that. Check its ACL: keys and channels that begin with the prefix, and "
                    + "the commands that scripts call. (\(error.line))",
                cause: error
            )
        case "WRONGTYPE":
            self.init(
                code: .corrupt,
                message:
                    "A key under Lineshaft's prefix holds something else. Find out who writes there, or choose another "
                    + "`prefix=` in the URL. (\(error.line))",
                cause: error
            )
        case "NEWERLAYOUT":
            self.init(
                code: .corrupt,
                message:
                    "A queue was written by a newer Lineshaft than this one. Update this program. (\(error.message))",
                cause: error
            )
        case "MOVED", "ASK":
            self.init(
                code: .unavailable,
                message:
                    "The nodes of the Cluster do not agree on who has a key, or the server is one of a Cluster's and the URL "
                    + "does not say so with redis+cluster://. (\(error.line))",
                cause: error
            )
        case "BUSY":
            self.init(
                code: .unavailable,
                message:
                    "Redis is busy with a script that does not end, and refused the call; nothing was changed. End the script "
                    + "with SCRIPT KILL. (\(error.line))",
                cause: error
            )
        case _ where error.line.contains("killed by user with SCRIPT KILL"):
            self.init(
                code: .unavailable,
                message: "Somebody ended the call with SCRIPT KILL; nothing was changed. Call again. (\(error.line))",
                cause: error
            )
        case "READONLY", "LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED",
            "UNKILLABLE":
            self.init(code: .unavailable, message: "Redis is not ready: \(error.line)", cause: error)
        default:
            self.init(code: .rejected, message: "Redis refused a call: \(error.line)", cause: error)
        }
    }

    /// Whether it is about what one queue holds, so that others may be fine.
    var isOfQueue: Bool { code == .corrupt || code == .rejected && cause is StorageError }

    /// The same error with the key's name, where it is about what the key holds.
    func naming(_ key: [UInt8]) -> BrokerError {
        guard (cause as? RedisServerError)?.code == "WRONGTYPE" else { return self }
        let name = String(decoding: key, as: UTF8.self)
        return BrokerError(code: code, message: "\(message) The key is “\(name)”.", cause: cause)
    }
}
