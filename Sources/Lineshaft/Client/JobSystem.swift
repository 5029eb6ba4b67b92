//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Logging
internal import Tracing

/// The way into a queue: submits jobs, finds them again, and gives workers what they need.
///
/// One per broker and process is enough; it may be used from any task, at the same time. It starts nothing by itself:
/// jobs are run by a ``Worker``, in this process or another.
///
/// ```swift
/// let jobs = try await JobSystem(url: "memory:")
/// let sum = try await jobs.submit(SumIntegers(integers: [1, 2, 3]))
/// let six = try await sum.value
/// ```
public final class JobSystem: Sendable {
    /// Moves envelopes.
    public let broker: any Broker
    /// Keeps outcomes.
    public let results: any ResultStore
    /// The system's time.
    public let clock: any QueueClock
    /// How the system was set up.
    public let configuration: Configuration

    /// What the broker can do beside the contract.
    package let capabilities: BrokerCapabilities
    package let random: RandomSource
    package let inbox: Inbox
    package let workflowHeads = WorkflowHeads()
    package let submitMiddleware: [any SubmitMiddleware]
    /// Whether outcomes must be stored apart from settling, because the broker does not do it in the same step.
    package let storesResultsApart: Bool

    /// Connects to a broker that the program has made itself.
    ///
    /// - Parameters:
    ///   - broker: Moves envelopes.
    ///   - results: Keeps outcomes, for a broker without a store of its own.
    ///   - configuration: How the system works.
    /// - Throws: ``ConfigurationError`` when a value is out of range or needs what the broker cannot do, when neither broker
    ///   nor call brings a result store, or when both do; ``BrokerError`` when the store cannot be reached.
    public init(
        broker: any Broker,
        results: (any ResultStore)? = nil,
        configuration: Configuration = Configuration()
    ) async throws {
        try configuration.validate()
        let own = broker.results
        guard let store = own ?? results else {
            throw ConfigurationError(
                code: .unsupported,
                message: "This broker keeps no outcomes, and no result store was given. "
                    + "Pass one as `results:`, for instance that of a Redis URL."
            )
        }
        // The broker's own store, named once more, is still its own.
        if let own, let results, results as AnyObject !== own as AnyObject {
            throw ConfigurationError(
                code: .unsupported,
                message: "This broker keeps outcomes itself, so they would not reach the store given as `results:`. "
                    + "Leave it out, or open the broker without a store of its own."
            )
        }
        let capabilities = broker.capabilities
        if let queue = configuration.lengthLimits.keys.min(), !capabilities.contains(.backpressure) {
            throw ConfigurationError(
                code: .unsupported,
                message: "This broker cannot keep the queue “\(queue)” to a maximum length. Leave out `lengthLimits`, "
                    + "or use a broker that declares `backpressure`."
            )
        }
        self.broker = broker
        self.capabilities = capabilities
        self.results = store
        self.clock = configuration.clock
        self.configuration = configuration
        self.storesResultsApart = own == nil
        self.random = RandomSource(seed: configuration.seed)
        self.inbox = Inbox(client: ClientID(random.withGenerator { $0.next() }))
        let tracing: [any SubmitMiddleware] = configuration.isTracingEnabled ? [TracingMiddleware()] : []
        self.submitMiddleware = tracing + configuration.middleware
        try await store.attach(inbox)
    }

    /// Opens a URL.
    ///
    /// `memory:` needs no server and no adapter; other schemes come with the adapter modules.
    ///
    /// - Parameters:
    ///   - url: Where the broker is, such as `memory:` or `redis://127.0.0.1:6379/0`.
    ///   - adapters: What opens the schemes beside `memory:`.
    ///   - configuration: How the system works.
    /// - Throws: ``ConfigurationError`` when the URL cannot be read or no adapter knows its scheme; ``BrokerError`` when
    ///   nothing answers there. Neither repeats a password.
    public convenience init(
        url: String,
        adapters: [BrokerAdapter] = [],
        configuration: Configuration = Configuration()
    ) async throws {
        try configuration.validate()
        let adapter = try BrokerAdapter.find(for: url, among: [.memory] + adapters)
        let environment = BrokerAdapter.Environment(
            clock: configuration.clock,
            resultRetention: configuration.resultRetention,
            logger: configuration.logger
        )
        let connection = try await adapter.open(url, environment)
        do {
            try await self.init(broker: connection.broker, results: connection.results, configuration: configuration)
        } catch {
            await connection.results?.shutdown()
            await connection.broker.shutdown()
            throw error
        }
    }

    /// Closes the system for good.
    ///
    /// Whoever still waits for an outcome gets ``BrokerError`` with the code `closed`, connections are closed, and further
    /// calls fail. Stop the workers first. Calling it again does nothing.
    public func shutdown() async {
        inbox.close(
            BrokerError(
                code: .closed,
                message: "The job system was shut down while an outcome was awaited. "
                    + "The job goes on where its broker does; await it from another system, by its identifier."
            )
        )
        await results.detach(inbox.client)
        if storesResultsApart { await results.shutdown() }
        await broker.shutdown()
    }
}

extension JobSystem {
    /// How a job system works.
    ///
    /// Every value has a default.
    public struct Configuration: Sendable {
        /// The source of all time.
        ///
        /// Tests pass a virtual one.
        public var clock: any QueueClock
        /// How parameters and outputs become bytes.
        public var codec: any PayloadCodec
        /// How long outcomes are kept when neither job nor call says otherwise: one hour.
        ///
        /// Zero keeps none: they are still pushed to handles of the submitting process.
        public var resultRetention: Duration
        /// How failed attempts are repeated when neither job, call nor handler says otherwise.
        public var retry: RetryPolicy
        /// How long single queues may grow, and what `submit` does when they are full.
        ///
        /// Unlimited if not named. A limit holds for what this system submits, not for other processes; retries and released
        /// jobs always have room.
        public var lengthLimits: [QueueName: LengthLimit]
        /// How large the results of jobs of workflows may be.
        public var workflowLimits = WorkflowLimits()
        /// Stands around every submission, the first one outermost.
        public var middleware: [any SubmitMiddleware]
        /// Where the system and its workers log.
        public var logger: Logger
        /// Makes identifiers and jitter repeatable; for tests and simulations only.
        ///
        /// Two systems of one broker must not have the same seed: they would have the same identity, and take each other's
        /// outcomes.
        public var seed: UInt64?
        /// Whether spans are made when a tracer has been bootstrapped.
        public var tracing: Bool

        /// Creates a configuration, what is left out with its default.
        public init(
            clock: any QueueClock = SystemClock(),
            codec: any PayloadCodec = JSONCodec(),
            resultRetention: Duration = .seconds(3600),
            retry: RetryPolicy = .standard,
            lengthLimits: [QueueName: LengthLimit] = [:],
            middleware: [any SubmitMiddleware] = [],
            logger: Logger = Logger(label: "lineshaft"),
            seed: UInt64? = nil,
            tracing: Bool = true
        ) {
            self.clock = clock
            self.codec = codec
            self.resultRetention = resultRetention
            self.retry = retry
            self.lengthLimits = lengthLimits
            self.middleware = middleware
            self.logger = logger
            self.seed = seed
            self.tracing = tracing
        }

        package var isTracingEnabled: Bool {
            tracing && !(InstrumentationSystem.tracer is NoOpTracer)
        }

        package func validate() throws(ConfigurationError) {
            if resultRetention < .zero {
                throw ConfigurationError(
                    code: .invalidValue,
                    message: "`resultRetention` is negative (\(resultRetention)). Use zero to keep no outcomes."
                )
            }
            if let problem = retry.problem {
                throw ConfigurationError(code: .invalidValue, message: "In the system's `retry`, \(problem).")
            }
            if let problem = workflowLimits.problem {
                throw ConfigurationError(code: .invalidValue, message: "In the system's `workflowLimits`, \(problem).")
            }
            for (queue, limit) in lengthLimits {
                try NameRules.check(queue)
                if limit.maximumLength < 1 {
                    throw ConfigurationError(
                        code: .invalidValue,
                        message: "The queue “\(queue)” has a maximum length of \(limit.maximumLength); "
                            + "it must be 1 or more, or the queue be left out of `lengthLimits`."
                    )
                }
            }
        }
    }

    /// How long a queue may grow.
    public struct LengthLimit: Sendable, Hashable {
        /// What `submit` does when the queue is full.
        public enum Reaction: Sendable, Hashable {
            /// It suspends until there is room; cancelling the task ends the wait.
            case suspend
            /// It throws ``BrokerError`` with the code `queueFull`.
            case fail
        }

        /// The most jobs that wait, ready or delayed.
        public let maximumLength: Int
        /// What `submit` does when there are as many.
        public let whenFull: Reaction

        /// Creates a limit.
        public init(maximumLength: Int, whenFull: Reaction = .suspend) {
            self.maximumLength = maximumLength
            self.whenFull = whenFull
        }
    }
}
