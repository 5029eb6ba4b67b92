//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerError {
    /// What a server's refusal means for whoever has asked.
    init(_ error: RedisServerError) {
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
        case "READONLY", "LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED",
            "UNKILLABLE":
            self.init(code: .unavailable, message: "Redis is not ready: \(error.line)", cause: error)
        default:
            self.init(code: .rejected, message: "Redis refused a call: \(error.line)", cause: error)
        }
    }
}
