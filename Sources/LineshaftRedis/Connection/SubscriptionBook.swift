//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The channels that a process listens to, over the connections that come and go.
///
/// Redis forgets subscriptions with their connection; this remembers what has to be asked for again, and which channels can
/// be relied on at the moment.
package struct SubscriptionBook: Sendable {
    /// What a message of the server means to the listeners.
    package enum Event: Sendable, Hashable {
        /// From now on nothing that is published on the channel is missed.
        ///
        /// It comes again after each lost connection: what was published in between has to be looked for.
        case established(channel: RedisChannel)
        /// Somebody published something.
        case message(channel: RedisChannel, payload: [UInt8])
        /// The answer to a `PING`.
        case pong
        /// The server refuses something, or sends what cannot be understood: the connection is to be closed.
        case failed(String)
        /// Nothing that matters.
        case nothing
    }

    private struct Channel: Sendable {
        /// How many listen.
        var listeners = 0
        /// How many `SUBSCRIBE`s of this connection have no answer yet.
        var pending = 0
        var isEstablished = false
    }

    /// The longest command in channels.
    ///
    /// One for all would hold Redis up.
    private static let channelsPerCommand = 256

    private var channels: [RedisChannel: Channel] = [:]
    private var isConnected = false

    package init() {}

    /// The channels that somebody listens to, in the order of their bytes.
    package var wanted: [RedisChannel] {
        channels.filter { $0.value.listeners > 0 }.keys.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Whether nothing that is published on the channel is missed.
    package func isEstablished(_ channel: RedisChannel) -> Bool { channels[channel]?.isEstablished ?? false }

    /// Somebody listens to a channel.
    ///
    /// - Returns: The command to send, if any.
    package mutating func listen(to channel: RedisChannel) -> RESPCommand? {
        var state = channels[channel] ?? Channel()
        state.listeners += 1
        let isFirst = state.listeners == 1
        if isFirst && isConnected { state.pending += 1 }
        channels[channel] = state
        return isFirst && isConnected ? ["SUBSCRIBE", .bytes(channel.bytes)] : nil
    }

    /// Somebody listens to a channel no more.
    ///
    /// - Returns: The command to send, if any.
    package mutating func stopListening(to channel: RedisChannel) -> RESPCommand? {
        guard var state = channels[channel], state.listeners > 0 else { return nil }
        state.listeners -= 1
        if state.listeners > 0 {
            channels[channel] = state
            return nil
        }
        state.isEstablished = false
        // An answer that is still to come is counted, lest it be taken for that of a later SUBSCRIBE.
        channels[channel] = state.pending > 0 ? state : nil
        return isConnected ? ["UNSUBSCRIBE", .bytes(channel.bytes)] : nil
    }

    /// A connection is ready.
    ///
    /// - Returns: The commands that restore all subscriptions.
    package mutating func connected() -> [RESPCommand] {
        isConnected = true
        let wanted = self.wanted
        for channel in wanted { channels[channel]?.pending = 1 }
        return stride(from: 0, to: wanted.count, by: Self.channelsPerCommand).map { start in
            let part = wanted[start..<min(start + Self.channelsPerCommand, wanted.count)]
            return RESPCommand(["SUBSCRIBE"] + part.map { .bytes($0.bytes) })
        }
    }

    /// The connection is gone, and its subscriptions with it.
    package mutating func disconnected() {
        isConnected = false
        channels = channels.filter { $0.value.listeners > 0 }.mapValues { channel in
            var channel = channel
            channel.pending = 0
            channel.isEstablished = false
            return channel
        }
    }

    /// Takes a reply of the connection.
    package mutating func receive(_ reply: RESPValue) -> Event {
        guard let message = PubSubMessage(reply) else {
            return .failed("The server sends \(reply.kind) on a connection for messages.")
        }
        switch message {
        case .message(let channel, let payload):
            // It may have been on its way when the last listener left.
            guard let state = channels[channel], state.listeners > 0 else { return .nothing }
            return .message(channel: channel, payload: payload)
        case .subscribed(let channel, _):
            guard var state = channels[channel] else { return .nothing }
            state.pending = max(state.pending - 1, 0)
            if state.listeners == 0 {
                channels[channel] = state.pending > 0 ? state : nil
                return .nothing
            }
            // Of several SUBSCRIBEs with an UNSUBSCRIBE between, the last one counts.
            state.isEstablished = state.pending == 0
            channels[channel] = state
            return state.isEstablished ? .established(channel: channel) : .nothing
        case .unsubscribed: return .nothing
        case .pong: return .pong
        case .error(let error): return .failed("The server refuses a command for messages: \(error.line)")
        }
    }
}
