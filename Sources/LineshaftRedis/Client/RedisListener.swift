//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Logging
internal import UVEventLoop

/// Listens to what others publish, over connections that come and go.
///
/// It belongs to one event loop.
final class RedisListener {
    /// What listeners are told.
    enum Event {
        /// From now on nothing that is published on the channel is missed; what was before has to be looked for.
        case established(channel: [UInt8])
        /// Somebody published something.
        case message(channel: [UInt8], payload: [UInt8])
    }

    private enum State {
        case created
        case connecting(RedisSocket?)
        case ready(RedisSocket)
        case waiting
        case closed
    }

    /// How often a connection on which nothing comes is asked whether it is still there.
    private static let keepAlive = Duration.seconds(15)

    private let setup: RedisLink.Setup
    private let handle: (Event) -> Void
    private var state = State.created
    private var book = SubscriptionBook()
    private var reconnection = Reconnection(addressCount: 1)
    private var addresses: [RedisAddress] = []
    private var pending: [RESPCommand] = []
    private var isFlushing = false
    private var hasHeard = true
    private let retryTimer: UVTimer
    private let keepAliveTimer: UVTimer

    init(_ setup: RedisLink.Setup, handle: @escaping (Event) -> Void) {
        self.setup = setup
        self.handle = handle
        retryTimer = UVTimer(on: setup.loop)
        keepAliveTimer = UVTimer(on: setup.loop)
    }

    /// Whether nothing that is published on the channel is missed.
    func isEstablished(_ channel: [UInt8]) -> Bool { book.isEstablished(RedisChannel(channel)) }

    /// Listens to a channel; ``Event/established(channel:)`` says from when on.
    func listen(to channel: [UInt8]) {
        if let command = book.listen(to: RedisChannel(channel)) { send(command) }
        if case .created = state { resolve() }
    }

    /// Listens to a channel no more.
    func stopListening(to channel: [UInt8]) {
        if let command = book.stopListening(to: RedisChannel(channel)) { send(command) }
    }

    /// Ends the connection.
    func close() {
        let socket: RedisSocket? =
            switch state {
            case .ready(let socket), .connecting(.some(let socket)): socket
            default: nil
            }
        state = .closed
        socket?.close()
        retryTimer.cancel()
        keepAliveTimer.cancel()
    }

    private func resolve() {
        if case .closed = state { return }
        state = .connecting(nil)
        setup.resolve { [weak self] result in
            guard let self, case .connecting(nil) = state else { return }
            switch result {
            case .success(let found) where !found.isEmpty:
                if found != addresses {
                    addresses = found
                    reconnection.replaceAddresses(count: found.count)
                }
                connect(to: addresses[reconnection.currentIndex])
            case .success: lost()
            case .failure: lost()
            }
        }
    }

    private func connect(to address: RedisAddress) {
        let socket = RedisSocket(
            stream: setup.makeStream(address),
            address: address,
            handshake: setup.makeHandshake(address),
            loop: setup.loop
        ) { [weak self] event in
            guard let self else { return }
            switch event {
            case .ready: ready()
            case .reply(let reply): receive(reply)
            case .failed(let failure):
                setup.logger.debug("The connection for messages is lost", metadata: ["error": "\(failure)"])
                lost()
            }
        }
        state = .connecting(socket)
        socket.open(timeout: setup.connectTimeout)
    }

    private func ready() {
        guard case .connecting(.some(let socket)) = state else { return }
        state = .ready(socket)
        reconnection.connected(at: setup.clock.uptime)
        hasHeard = true
        pending = []
        for command in book.connected() { send(command) }
        do {
            try keepAliveTimer.start(after: Self.keepAlive, repeating: Self.keepAlive) { [weak self] in
                self?.checkAlive()
            }
        } catch {
            close()
        }
    }

    private func lost() {
        if case .closed = state { return }
        state = .waiting
        pending = []
        book.disconnected()
        keepAliveTimer.cancel()
        let now = setup.clock.uptime
        let attempt = setup.random.withGenerator { reconnection.failed(at: now, using: &$0) }
        do {
            try retryTimer.start(after: attempt.delay) { [weak self] in self?.resolve() }
        } catch {
            close()
        }
    }

    private func receive(_ reply: RESPValue) {
        hasHeard = true
        switch book.receive(reply) {
        case .established(let channel): handle(.established(channel: channel.bytes))
        case .message(let channel, let payload): handle(.message(channel: channel.bytes, payload: payload))
        case .failed(let reason):
            setup.logger.warning("Redis sends no messages", metadata: ["error": "\(reason)"])
            drop()
        case .pong, .nothing: break
        }
    }

    private func checkAlive() {
        guard hasHeard else { return drop() }
        hasHeard = false
        send(["PING"])
    }

    private func drop() {
        guard case .ready(let socket) = state else { return }
        socket.close()
        lost()
    }

    private func send(_ command: RESPCommand) {
        guard case .ready = state else { return }
        pending.append(command)
        guard !isFlushing else { return }
        isFlushing = true
        setup.loop.atEndOfTurn { [weak self] in
            guard let self else { return }
            isFlushing = false
            guard case .ready(let socket) = state else { return }
            for command in pending { socket.write(command.encoded) }
            pending = []
        }
    }
}
