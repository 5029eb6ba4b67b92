//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Logging
internal import UVEventLoop

/// The way to one server for commands, over connections that come and go.
///
/// Commands are sent in the order in which they are posted, all those of one turn of the loop together, without waiting for
/// each other's answers. When the connection breaks they are sent again on the next one, for all of ours may be repeated. It
/// belongs to one event loop.
final class RedisLink {
    private enum State {
        case created
        case connecting(RedisSocket?)
        case ready(RedisSocket)
        /// Waits before it connects again.
        case waiting
        case closed(BrokerError)
    }

    /// How a link finds its server and talks to it.
    struct Setup {
        let loop: UVEventLoop
        let clock: any QueueClock
        let random: RandomSource
        let logger: Logger
        let connectTimeout: Duration
        let commandTimeout: Duration
        /// The replicas that have to have what is promised, if any.
        let replicas: RedisConfiguration.Replicas?
        /// Where something is published that nobody hears, so that the server has written something.
        let replicasChannel: String
        /// Where the server may be; asked before each attempt to connect.
        let resolve: (@escaping (Result<[RedisAddress], HandshakeFailure>) -> Void) -> Void
        /// Makes a stream to an address.
        let makeStream: (RedisAddress) -> any ByteStream
        /// What is said first on a connection.
        let makeHandshake: (RedisAddress) -> Handshake
    }

    let setup: Setup
    private var state = State.created
    var queue = CommandQueue<RedisCommand>()
    private var scripts = ScriptFallback()
    private var reconnection = Reconnection(addressCount: 1)
    private var addresses: [RedisAddress] = []
    private(set) var lastFailure: HandshakeFailure?
    /// Whether there has been a connection since the last failure.
    private var wasReady = false
    private var firstAttempt: ((Result<Void, BrokerError>) -> Void)?
    private var attemptsLeft = 0
    private var isFlushing = false
    /// What the promises wait for that are sent next.
    var confirmation: Confirmation?
    /// Called when the connection breaks or cannot be made.
    var onLoss: (() -> Void)?
    private let retryTimer: UVTimer
    let deadlineTimer: UVTimer

    init(_ setup: Setup) {
        self.setup = setup
        retryTimer = UVTimer(on: setup.loop)
        deadlineTimer = UVTimer(on: setup.loop)
    }

    /// Connects for the first time: each address is tried once.
    func start(_ completion: @escaping (Result<Void, BrokerError>) -> Void) {
        firstAttempt = completion
        attemptsLeft = 0
        resolve()
    }

    /// Connects, and goes on trying for as long as it takes.
    func open() {
        resolve()
    }

    /// Sends a command as soon as there is a connection, within its time.
    func post(_ command: RedisCommand) {
        if case .closed(let error) = state { return command.completion(.failure(error)) }
        guard queue.hasRoom(for: command.bytes.count) else {
            return command.completion(
                .failure(
                    BrokerError(
                        code: .unavailable,
                        message:
                            "\(queue.count) commands of \(queue.byteCount) bytes wait for Redis already; no more are taken. "
                            + (lastFailure?.message ?? "The server is slower than what is asked of it.")
                    )
                )
            )
        }
        let now = setup.clock.uptime
        if command.isPromise, setup.replicas != nil { return postPromise(command, at: now) }
        // A claim that went before would be held back with the settlements that it follows, and its leases run.
        askForConfirmation()
        let deadline = command.deadline ?? now + setup.commandTimeout
        var command = command
        command.deadline = deadline
        queue.append(command.bytes, isIdempotent: true, deadline: deadline, waiter: command)
        if !deadlineTimer.isActive { watchDeadlines(at: now) }
        flushSoon()
    }

    /// Fails what waits and ends the connection.
    func close(_ error: BrokerError) {
        if case .closed = state { return }
        let socket = socket
        state = .closed(error)
        socket?.close()
        retryTimer.cancel()
        deadlineTimer.cancel()
        for casualty in queue.removeAll() { casualty.waiter.completion(.failure(error)) }
        if let first = firstAttempt {
            firstAttempt = nil
            first(.failure(error))
        }
    }

    /// Connects anew, because the server takes no writes any more.
    func reconnect(_ reason: String) {
        guard case .ready(let socket) = state else { return }
        socket.close()
        lost(HandshakeFailure(reason: .readOnly, message: reason))
    }

    private var socket: RedisSocket? {
        switch state {
        case .ready(let socket), .connecting(.some(let socket)): socket
        default: nil
        }
    }

    // MARK: Connecting

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
                if firstAttempt != nil, attemptsLeft == 0 { attemptsLeft = found.count }
                connect(to: addresses[reconnection.currentIndex])
            case .success:
                lost(HandshakeFailure(reason: .closed, message: "Nobody knows an address of the Redis server."))
            case .failure(let failure): lost(failure)
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
            case .ready(let info): ready(info, address)
            case .reply(let reply): receive(reply)
            case .failed(let failure): lost(failure)
            }
        }
        state = .connecting(socket)
        socket.open(timeout: setup.connectTimeout)
    }

    private func ready(_ info: ServerInfo, _ address: RedisAddress) {
        guard case .connecting(.some(let socket)) = state else { return }
        state = .ready(socket)
        wasReady = true
        reconnection.connected(at: setup.clock.uptime)
        scripts = ScriptFallback()
        let level: Logger.Level = lastFailure == nil ? .debug : .notice
        lastFailure = nil
        setup.logger.log(
            level: level,
            "Connected to Redis",
            metadata: ["server": "\(address)", "version": "\(info.product) \(info.version ?? "")"]
        )
        if let first = firstAttempt {
            firstAttempt = nil
            first(.success(()))
        }
        flushSoon()
    }

    private func lost(_ failure: HandshakeFailure) {
        if case .closed = state { return }
        state = .waiting
        for casualty in queue.breakConnection() {
            casualty.waiter.completion(.failure(BrokerError(code: .unavailable, message: failure.message)))
        }
        logLoss(failure)
        lastFailure = failure
        onLoss?()
        if case .closed = state { return }
        let now = setup.clock.uptime
        let attempt = setup.random.withGenerator { reconnection.failed(at: now, using: &$0) }
        if let first = firstAttempt {
            attemptsLeft -= 1
            if attemptsLeft <= 0 || !failure.mayHeal {
                firstAttempt = nil
                close(failure.brokerError)
                return first(.failure(failure.brokerError))
            }
        }
        do {
            try retryTimer.start(after: attempt.delay) { [weak self] in self?.resolve() }
        } catch {
            close(BrokerError(code: .closed, message: error.message))
        }
    }

    /// Says once, until there is a connection again, that there is none; the first attempt's failure is thrown.
    private func logLoss(_ failure: HandshakeFailure) {
        let text: Logger.Message = wasReady ? "The connection to Redis is lost" : "Redis cannot be reached"
        let level: Logger.Level = lastFailure == nil && firstAttempt == nil ? .warning : .debug
        setup.logger.log(level: level, text, metadata: ["error": "\(failure)"])
        wasReady = false
    }

    // MARK: Commands

    func flushSoon() {
        guard !isFlushing, case .ready = state else { return }
        isFlushing = true
        setup.loop.atEndOfTurn { [weak self] in
            guard let self else { return }
            isFlushing = false
            guard case .ready(let socket) = state else { return }
            askForConfirmation()
            queue.send { socket.write($0) }
        }
    }

    private func receive(_ reply: RESPValue) {
        guard let waiter = queue.receive() else {
            reconnect("Redis sent a reply that nobody has asked for.")
            return
        }
        // Nobody waits any more for the answer to a command that was given up.
        guard let command = waiter else { return }
        if let error = reply.error, error.has(code: "READONLY") {
            // Nothing was done. Whoever takes writes now is found, and does it.
            reconnect("The Redis server has become a replica and takes no writes.")
            return again(command)
        }
        guard let script = command.script else { return command.completion(answer(reply)) }
        switch scripts.answered(script.digest, reply: reply, attempt: command.attempt) {
        case .deliver: deliver(answer(reply), of: command)
        case .loadAndRepeat:
            post(
                RedisCommand(script.load) { [weak self] answer in
                    // Called on the loop's thread, as all of this is.
                    if case .success(let reply) = answer { _ = self?.loaded(script.digest, reply) }
                }
            )
            again(command)
        case .repeat: again(command)
        }
    }

    private func loaded(_ digest: ScriptDigest, _ reply: RESPValue) {
        if let error = scripts.loaded(digest, reply: reply) {
            setup.logger.error("Redis does not take a script of Lineshaft's", metadata: ["error": "\(error)"])
        }
    }

    private func again(_ command: RedisCommand) {
        var command = command
        command.attempt += 1
        post(command)
    }

    private func answer(_ reply: RESPValue) -> RedisCommand.Answer {
        reply.error.map { .failure(BrokerError($0)) } ?? .success(reply)
    }

    // MARK: Deadlines

    func watchDeadlines(at now: Duration) {
        guard let deadline = queue.nextDeadline else { return }
        do {
            try deadlineTimer.start(after: max(deadline - now, .zero)) { [weak self] in self?.checkDeadlines() }
        } catch {
            close(BrokerError(code: .closed, message: error.message))
        }
    }

    private func checkDeadlines() {
        let now = setup.clock.uptime
        if queue.isStalled(at: now), case .ready(let socket) = state {
            socket.close()
            lost(
                HandshakeFailure(
                    reason: .closed,
                    message:
                        "Redis has not answered a command within \(setup.commandTimeout); the connection is given up."
                )
            )
        }
        for casualty in queue.expireUnsent(at: now) {
            let reason = lastFailure?.message ?? "The server is slower than what is asked of it."
            casualty.waiter.completion(
                .failure(
                    BrokerError(
                        code: .unavailable,
                        message: "Redis could not be reached within \(setup.commandTimeout). \(reason)"
                    )
                )
            )
        }
        watchDeadlines(at: now)
    }
}
