//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What Sentinels say about the servers that they watch.
package enum SentinelReply {
    /// The channel on which a Sentinel announces another master.
    package static let switchChannel = "+switch-master"

    /// The command that asks for the master's address.
    package static func masterQuery(_ master: String) -> RESPCommand {
        ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", .string(master)]
    }

    /// The command that asks for the other Sentinels of a master.
    package static func sentinelsQuery(_ master: String) -> RESPCommand {
        ["SENTINEL", "SENTINELS", .string(master)]
    }

    /// The master's address.
    ///
    /// - Returns: The address, or `nil` when this Sentinel does not know the master.
    package static func masterAddress(_ reply: RESPValue) -> RedisAddress? {
        guard let parts = reply.elements, parts.count == 2, let host = parts[0].text, let port = parts[1].integer else {
            return nil
        }
        return address(host: host, port: port)
    }

    /// The addresses of the other Sentinels that watch a master.
    package static func sentinelAddresses(_ reply: RESPValue) -> [RedisAddress] {
        (reply.elements ?? []).compactMap { sentinel in
            // Names and values in turn.
            guard let fields = sentinel.elements else { return nil }
            var host: String?
            var port: Int64?
            for index in stride(from: 0, to: fields.count - 1, by: 2) {
                switch fields[index].text {
                case "ip": host = fields[index + 1].text
                case "port": port = fields[index + 1].integer
                default: break
                }
            }
            guard let host, let port else { return nil }
            return address(host: host, port: port)
        }
    }

    /// The new address of a master, as announced on ``switchChannel``.
    ///
    /// - Parameters:
    ///   - payload: The message: the master's name, its old host and port, and the new ones.
    ///   - master: The name of the master that matters.
    /// - Returns: The address, or `nil` when the message is about another master or cannot be read.
    package static func newMaster(_ payload: [UInt8], of master: String) -> RedisAddress? {
        let words = String(decoding: payload, as: UTF8.self).split(separator: " ")
        guard words.count == 5, words[0] == master, let port = Int64(words[4]) else { return nil }
        return address(host: String(words[3]), port: port)
    }

    private static func address(host: String, port: Int64) -> RedisAddress? {
        host.isEmpty || !(1...65535).contains(port) ? nil : .tcp(host: host, port: Int(port))
    }
}
