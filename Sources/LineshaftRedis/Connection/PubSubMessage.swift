//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What Redis sends on a connection that has subscriptions.
package enum PubSubMessage: Sendable, Hashable {
    /// A subscription to a channel holds; the connection has `count` of them.
    case subscribed(channel: RedisChannel, count: Int)
    /// A subscription to a channel has ended. There was none when the channel is `nil`.
    case unsubscribed(channel: RedisChannel?, count: Int)
    /// Somebody published something.
    case message(channel: RedisChannel, payload: [UInt8])
    /// The answer to a `PING`.
    case pong
    /// The server refused a command.
    case error(RedisServerError)

    /// Reads a reply of a connection with subscriptions.
    ///
    /// - Returns: The message, or `nil` when the reply is none that comes there.
    package init?(_ reply: RESPValue) {
        if let error = reply.error {
            self = .error(error)
            return
        }
        // With no subscription left, PING is answered as on any connection.
        if reply == .status("PONG") {
            self = .pong
            return
        }
        guard let elements = reply.elements, let kind = elements.first?.text else { return nil }
        switch (kind, elements.count) {
        case ("message", 3):
            guard let channel = elements[1].bytes.map(RedisChannel.init), let payload = elements[2].bytes else {
                return nil
            }
            self = .message(channel: channel, payload: payload)
        case ("subscribe", 3):
            guard let channel = elements[1].bytes.map(RedisChannel.init), let count = elements[2].integer else {
                return nil
            }
            self = .subscribed(channel: channel, count: Int(count))
        case ("unsubscribe", 3):
            guard let count = elements[2].integer, elements[1].isNull || elements[1].bytes.map(RedisChannel.init) != nil
            else { return nil }
            self = .unsubscribed(channel: elements[1].bytes.map(RedisChannel.init), count: Int(count))
        case ("pong", 2): self = .pong
        default: return nil
        }
    }
}
