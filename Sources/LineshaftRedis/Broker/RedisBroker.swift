//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Logging
internal import UVEventLoop

/// A broker and result store on Redis or Valkey.
///
/// It is an actor on an event loop of its own: sockets, commands and what is known of queues are touched on that loop's thread
/// alone. What it decides is decided by scripts on the server, each of which may be repeated, so a connection that breaks costs
/// nothing but time.
///
/// Make one with a URL, through ``Lineshaft/BrokerAdapter/redis``.
public actor RedisBroker: Broker {
    /// Everything a broker can do.
    public nonisolated let capabilities: BrokerCapabilities = [
        .delays, .priorities, .cancellation, .unique, .backpressure, .pause, .limits, .durable,
    ]

    /// The loop that this actor runs on.
    nonisolated let loop: UVEventLoop
    nonisolated let configuration: RedisConfiguration
    nonisolated let settings: StorageSettings
    /// What waits are reckoned by; connections have their time from the system.
    let clock: any QueueClock
    let logger: Logger
    let topology: any Topology
    private(set) var listener: RedisListener?
    var batchers: [QueueName: EnqueueBatcher] = [:]
    var knownQueues: Set<QueueName> = []
    var attachedWorkers: [WorkerID: AttachedWorker] = [:]
    var inboxes: [ClientID: Inbox] = [:]
    var scheduleObservers: [ObjectIdentifier: ScheduleObserver] = [:]
    /// Whom queues tell of room.
    let roomClient: ClientID
    var roomWaiters: [QueueName: [Waiter<Void>]] = [:]
    /// What is remembered of claimed jobs for their settlements.
    var heads = ClaimedHeads()
    /// The keys of queues that have been used, which take longer to put together than to find.
    private var knownKeys: [QueueName: QueueKeys] = [:]
    /// Those who wait until a channel is listened to.
    var channelWaiters: [[UInt8]: [Waiter<Void>]] = [:]
    private(set) var closing: BrokerError?
    /// How much has been sent and heard, and how much when tests last asked.
    var activity = 0
    var lastActivity = 0
    var echoes = 0

    /// The executor of this actor, the event loop.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// How often workers announce themselves: every 10 seconds; a worker that has been silent for three times that is
    /// not listed any more.
    public nonisolated var announcementInterval: Duration? { .seconds(10) }

    /// How long a worker may wait without asking, should a message have been lost on the way: 15 seconds.
    public nonisolated var idleInterval: Duration? { .seconds(15) }

    /// This broker itself.
    public nonisolated var inspector: (any QueueInspector)? { self }

    /// This broker itself.
    public nonisolated var results: (any ResultStore)? { self }

    /// A store of this broker's own.
    public nonisolated var workflows: (any WorkflowStore)? { RedisWorkflowStore(broker: self) }

    /// Creates a broker that is not connected.
    init(
        _ configuration: RedisConfiguration,
        retention: Duration,
        clock: any QueueClock,
        logger: Logger,
        seed: UInt64? = nil
    ) throws {
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
        settings = StorageSettings(
            prefix: configuration.prefix + ":",
            retention: retention,
            isCluster: configuration.isCluster
        )
        do {
            loop = try UVEventLoop(name: "redis")
        } catch {
            throw BrokerError(code: .unavailable, message: error.message, cause: error)
        }
        let random = RandomSource(seed: seed)
        roomClient = ClientID(random.withGenerator { $0.next() })
        let factory = ConnectionFactory(
            loop: loop,
            clock: SystemClock(),
            random: random,
            logger: logger,
            configuration: configuration,
            tls: try configuration.tls.map { try TLSContext($0) }
        )
        topology =
            switch configuration.topology {
            case .server(let addresses): SingleServer(at: addresses, factory)
            case .sentinel(let addresses, let master): SingleServer(named: master, sentinels: addresses, factory)
            case .cluster(let seeds): Cluster(seeds: seeds, factory)
            }
    }

    /// Connects: each address is tried once.
    ///
    /// - Throws: ``Lineshaft/BrokerError`` that says what is in the way.
    func connect() async throws(BrokerError) {
        try await answer { (waiter: Waiter<Void>) in topology.start { waiter.resume($0) } }
        listener = RedisListener(topology.listening) { [weak self] event in
            // The listener calls on the loop's thread, which is this actor's.
            self?.assumeIsolated { $0.heard(event) }
        }
    }

    /// Closes all connections and fails whoever waits.
    public func shutdown() async {
        guard closing == nil else { return }
        let error = BrokerError(
            code: .closed,
            message: "The connection to Redis has been shut down; make a new job system to go on."
        )
        closing = error
        listener?.close()
        topology.close(error)
        for batcher in batchers.values { batcher.close(error) }
        let waiting = roomWaiters.values.flatMap(\.self) + channelWaiters.values.flatMap(\.self)
        roomWaiters = [:]
        channelWaiters = [:]
        for waiter in waiting { waiter.resume(.failure(error)) }
        for worker in attachedWorkers.values { worker.port?.wake() }
        attachedWorkers = [:]
        for inbox in inboxes.values { inbox.close(error) }
        inboxes = [:]
        await loop.close()
    }

    // MARK: Calling

    /// Suspends until a waiter is resumed; also, with the code `cancelled`, when the calling task is cancelled.
    func answer<Value: Sendable>(_ start: (Waiter<Value>) -> Void) async throws(BrokerError) -> Value {
        let waiter = Waiter<Value>()
        let loop = self.loop
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<Value, BrokerError>, Never>) in
                waiter.attach(continuation)
                if let closing = self.closing { waiter.resume(.failure(closing)) } else { start(waiter) }
            }
        } onCancel: {
            loop.perform { waiter.resume(.failure(Self.cancellation)) }
        }
        activity += 1
        return try result.get()
    }

    /// Has something done on the loop, and suspends until its waiter is resumed.
    ///
    /// The caller waits where it is and not on the loop: the way back through the actor would cost it two more hops.
    ///
    /// - Parameter start: Called on the loop's thread, unless the calling task has been cancelled by then.
    /// - Returns: What the waiter was resumed with.
    /// - Throws: What the waiter was resumed with, or ``/Lineshaft/BrokerError`` with the code `cancelled`.
    nonisolated func ask<Value: Sendable>(
        _ start: @escaping @Sendable (isolated RedisBroker, Waiter<Value>) -> Void
    ) async throws(BrokerError) -> Value {
        let waiter = Waiter<Value>()
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<Value, BrokerError>, Never>) in
                loop.perform {
                    waiter.attach(continuation)
                    guard !waiter.isOver else { return }
                    // The loop's thread is this actor's.
                    self.assumeIsolated { broker in
                        broker.activity += 1
                        if let closing = broker.closing {
                            waiter.resume(.failure(closing))
                        } else {
                            start(broker, waiter)
                        }
                    }
                }
            }
        } onCancel: { [loop] in
            loop.perform { waiter.resume(.failure(Self.cancellation)) }
        }
        return try result.get()
    }

    static let cancellation = BrokerError(
        code: .cancelled,
        message: "The calling task was cancelled while Redis had not answered; whether it acted is not known."
    )

    /// Calls a script and reads its answer.
    func call<Call: StorageCall>(_ call: Call) async throws(BrokerError) -> Call.Answer {
        try await answer { waiter in post(call) { waiter.resume($0) } }
    }

    /// Calls several scripts at once and reads their answers.
    func call<Call: StorageCall>(all calls: [Call]) async throws(BrokerError) -> [Call.Answer] {
        if calls.isEmpty { return [] }
        return try await answer { (waiter: Waiter<[Call.Answer]>) in
            var answers = [Call.Answer?](repeating: nil, count: calls.count)
            var missing = calls.count
            for (index, call) in calls.enumerated() {
                post(call) { result in
                    switch result {
                    case .success(let answer): answers[index] = answer
                    case .failure(let error): waiter.resume(.failure(error))
                    }
                    missing -= 1
                    if missing == 0 { waiter.resume(.success(answers.compactMap(\.self))) }
                }
            }
        }
    }

    /// Calls a script; what comes of it is told on the loop's thread.
    func post<Call: StorageCall>(
        _ call: Call,
        completion: @escaping (Result<Call.Answer, BrokerError>) -> Void
    ) {
        activity += 1
        topology.post(call.command(completion), slot: call.slot)
    }

    /// Sends a command that is none of a script.
    func send(_ command: RESPCommand, key: [UInt8]) async throws(BrokerError) -> RESPValue {
        try await answer { waiter in
            let command = RedisCommand(command) { waiter.resume($0.mapError { $0.naming(key) }) }
            topology.post(command, slot: ClusterSlot(key: key))
        }
    }

    /// Sends a command of the caller's own, for tools that ask the server about itself.
    package func command(_ words: [String]) async throws(BrokerError) -> RESPValue {
        try await send(RESPCommand(words.map { .string($0) }), key: settings.queuesKey)
    }

    /// The keys of a queue.
    func keys(_ queue: QueueName) -> QueueKeys {
        if let keys = knownKeys[queue] { return keys }
        let keys = QueueKeys(queue, prefix: settings.prefix)
        knownKeys[queue] = keys
        return keys
    }
}
