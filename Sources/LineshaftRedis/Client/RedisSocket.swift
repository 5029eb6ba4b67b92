//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import UVEventLoop

/// One connection to one server, from its first byte to its last.
///
/// It says what is to be said on a new connection, and cuts what comes into replies. It belongs to one event loop.
final class RedisSocket {
    /// What happens to a connection.
    enum Event {
        /// It can be used.
        case ready(ServerInfo)
        /// The server has answered the next command.
        case reply(RESPValue)
        /// It cannot be used, or not any more. Nothing comes after that.
        case failed(HandshakeFailure)
    }

    private let address: RedisAddress
    private let stream: any ByteStream
    private let handle: (Event) -> Void
    private let timer: UVTimer
    private var handshake: Handshake
    private var parser = RESPParser()
    private var isReady = false
    private var isClosed = false

    /// Creates a connection that nobody has opened yet.
    ///
    /// - Parameters:
    ///   - stream: The way to the server.
    ///   - address: The server's, for messages.
    ///   - handshake: What is said first.
    ///   - loop: The loop that all of it happens on.
    ///   - handle: Called with what happens.
    init(
        stream: any ByteStream,
        address: RedisAddress,
        handshake: Handshake,
        loop: UVEventLoop,
        handle: @escaping (Event) -> Void
    ) {
        self.stream = stream
        self.address = address
        self.handshake = handshake
        self.handle = handle
        timer = UVTimer(on: loop)
    }

    /// Connects.
    ///
    /// - Parameter timeout: How long it may take until the connection can be used.
    func open(timeout: Duration) {
        do {
            try timer.start(after: timeout) { [weak self] in
                guard let self, !isReady else { return }
                let suspicion = stream.suspicion ?? "Check that host and port are right and reachable."
                fail(.closed, "\(address) could not be used within \(timeout). \(suspicion)")
            }
        } catch {
            return fail(.closed, error.message)
        }
        stream.open { [weak self] event in
            guard let self, !isClosed else { return }
            switch event {
            case .opened: stream.write(handshake.commands.flatMap(\.encoded))
            case .received(let bytes): receive(bytes)
            case .ended(let failure): ended(failure)
            }
        }
    }

    /// Sends an encoded command.
    func write(_ command: [UInt8]) {
        stream.write(command)
    }

    /// Ends the connection; nothing is told after that.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        timer.cancel()
        stream.close()
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        parser.feed(bytes)
        do throws(RESPError) {
            while !isClosed, let reply = try parser.next() {
                if isReady { handle(.reply(reply)) } else { advance(reply) }
            }
        } catch {
            if isReady { fail(.notRedis, "\(address): \(error.message)") } else { fail(handshake.failure(error)) }
        }
    }

    private func advance(_ reply: RESPValue) {
        switch handshake.receive(reply) {
        case .wait: break
        case .ready(let info):
            isReady = true
            timer.cancel()
            handle(.ready(info))
        case .fail(let failure): fail(failure)
        }
    }

    private func ended(_ failure: HandshakeFailure) {
        guard failure.reason == .closed, !handshake.hasBegun, let suspicion = stream.suspicion else {
            return fail(failure)
        }
        fail(.closed, "\(failure.message) \(suspicion)")
    }

    private func fail(_ reason: HandshakeFailure.Reason, _ message: String) {
        fail(HandshakeFailure(reason: reason, message: message))
    }

    private func fail(_ failure: HandshakeFailure) {
        guard !isClosed else { return }
        close()
        handle(.failed(failure))
    }
}
