//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Where a server listens.
package enum RedisAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host's name or number, and a port.
    case tcp(host: String, port: Int)
    /// A socket in the file system.
    case unix(path: String)

    /// As it is written in messages; numbers of IPv6 in brackets.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
