//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Where a server listens.
package enum UVAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or an address in digits, and a port.
    ///
    /// An IPv6 address is written without brackets.
    case tcp(host: String, port: UInt16)
    /// The path of a socket in the file system.
    case unix(path: String)

    /// The longest path of a socket that the system takes, in bytes of UTF-8.
    package static let maximumPathLength = SocketAddress.maximumPathLength

    /// The address as people write it.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }

    /// What is wrong with the address, before the system is asked.
    ///
    /// The system would cut a long path short and look for another socket, and would take an empty host for this one.
    func check() throws(UVError) {
        switch self {
        case .tcp(let host, _):
            if host.isEmpty { throw invalid("the host is empty") }
            if host.utf8.contains(0) { throw invalid("the host contains a zero byte") }
        case .unix(let path):
            if path.isEmpty { throw invalid("the path is empty") }
            if path.utf8.contains(0) { throw invalid("the path contains a zero byte") }
            let length = path.utf8.count
            if length > Self.maximumPathLength {
                throw invalid(
                    "the path of the socket has \(length) bytes, and the system takes \(Self.maximumPathLength); use a "
                        + "shorter one, or a symbolic link to its folder"
                )
            }
        }
    }

    private func invalid(_ reason: String) -> UVError {
        UVError(code: .invalidAddress, message: "Cannot connect to “\(self)”: \(reason).")
    }
}
