//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A node's answer that a key is at another one.
package enum Redirection: Sendable, Hashable {
    /// The slot has moved for good: ask there from now on.
    case moved(ClusterSlot, RedisAddress)
    /// The slot is moving: ask there this once, after `ASKING`.
    case ask(ClusterSlot, RedisAddress)

    /// Reads an error; one that is no redirection gives `nil`.
    ///
    /// - Parameters:
    ///   - error: The server's answer.
    ///   - asked: The node that gave it. A node that does not know the other's host means its own.
    package init?(_ error: RedisServerError, asked: RedisAddress) {
        let isMove = error.has(code: "MOVED")
        guard isMove || error.has(code: "ASK") else { return nil }
        let words = error.line.split(separator: " ")
        guard words.count == 3, let number = Int(words[1]), let slot = ClusterSlot(number),
            // The number of an IPv6 host has colons of its own.
            let colon = words[2].lastIndex(of: ":"), let port = Int(words[2][words[2].index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        let address = Self.address(host: String(words[2][..<colon]), port: port, asked: asked)
        self = isMove ? .moved(slot, address) : .ask(slot, address)
    }

    /// Where to go.
    package var address: RedisAddress {
        switch self {
        case .moved(_, let address), .ask(_, let address): address
        }
    }

    /// A node's address, where the host may be left out or a question mark.
    static func address(host: String, port: Int, asked: RedisAddress) -> RedisAddress {
        guard host.isEmpty || host == "?" else { return .tcp(host: host, port: port) }
        return switch asked {
        case .tcp(let host, _): .tcp(host: host, port: port)
        case .unix: .tcp(host: "127.0.0.1", port: port)
        }
    }
}
