//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import CoreMetrics

extension Worker {
    /// How a worker works.
    ///
    /// Every value has a default.
    public struct Configuration: Sendable {
        /// The worker's name, unique among the workers of the broker.
        ///
        /// Made from host and process if left out.
        public var name: String?
        /// The program's version, for tools that list workers.
        public var version: String?
        /// How many jobs run at once over all queues; the sum of the queues' concurrencies if left out.
        public var concurrency: Int?
        /// How long a lease runs unless extended.
        ///
        /// A third of it is the time between heartbeats, and a dead worker's jobs run again after it: 8 seconds.
        public var lease: Duration
        /// How many more jobs than are running may be claimed ahead while jobs are short; they wait milliseconds at most: 512.
        public var prefetch: Int
        /// How many times a job's lease may run out, because workers died on it, before it is a dead letter: 5.
        public var poisonLimit: Int
        /// How long a job with an unknown name, or of a version from the future, waits before it is offered again.
        public var parkDelay: Duration
        /// How long a handler may go on after its cancellation before it counts as stuck and its lease is given up.
        public var stuckGrace: Duration
        /// What happens at shutdown, and how long each step may take.
        public var shutdown: Shutdown
        /// Stands around every run, the first one outermost.
        public var middleware: [any RunMiddleware]
        /// How much the steps of one job may come to, unless its handler says otherwise.
        public var steps: StepPolicy
        /// How often queue depths are measured when a metrics system has been bootstrapped.
        public var metricsInterval: Duration
        /// What measures, in place of the bootstrapped metrics system.
        package var metricsFactory: (any MetricsFactory)?

        /// Creates a configuration, what is left out with its default.
        public init(
            name: String? = nil,
            version: String? = nil,
            concurrency: Int? = nil,
            lease: Duration = .seconds(8),
            prefetch: Int = 512,
            poisonLimit: Int = 5,
            parkDelay: Duration = .seconds(30),
            stuckGrace: Duration = .seconds(10),
            shutdown: Shutdown = Shutdown(),
            middleware: [any RunMiddleware] = [],
            steps: StepPolicy = StepPolicy(),
            metricsInterval: Duration = .seconds(15)
        ) {
            self.name = name
            self.version = version
            self.concurrency = concurrency
            self.lease = lease
            self.prefetch = prefetch
            self.poisonLimit = poisonLimit
            self.parkDelay = parkDelay
            self.stuckGrace = stuckGrace
            self.shutdown = shutdown
            self.middleware = middleware
            self.steps = steps
            self.metricsInterval = metricsInterval
        }

        package func validate() throws(ConfigurationError) {
            try check(concurrency ?? 1, atLeast: 1, atMost: 1_000_000, "concurrency")
            try check(prefetch, atLeast: 0, atMost: 1_000_000, "prefetch")
            try check(poisonLimit, atLeast: 1, "poisonLimit")
            try check(lease, atLeast: .milliseconds(100), "lease")
            try check(parkDelay, atLeast: .milliseconds(100), "parkDelay")
            try check(metricsInterval, atLeast: .milliseconds(100), "metricsInterval")
            try check(stuckGrace, atLeast: .zero, "stuckGrace")
            try check(shutdown.finish, atLeast: .zero, "shutdown.finish")
            try check(shutdown.cancel, atLeast: .zero, "shutdown.cancel")
            try check(shutdown.release, atLeast: .zero, "shutdown.release")
            if let problem = steps.problem {
                throw ConfigurationError(code: .invalidValue, message: "In the worker's `steps`, \(problem).")
            }
            if let name, name.isEmpty || name.utf8.count > NameRules.maximumLength {
                throw ConfigurationError(
                    code: .invalidName,
                    message: "The worker's name is \(name.utf8.count) bytes long; "
                        + "it must be from 1 to \(NameRules.maximumLength). Leave it out to have one made."
                )
            }
        }

        private func check<Value: Comparable>(
            _ value: Value,
            atLeast minimum: Value,
            atMost maximum: Value? = nil,
            _ what: String
        ) throws(ConfigurationError) {
            if value >= minimum && maximum.map({ value <= $0 }) ?? true { return }
            let range = maximum.map { "from \(minimum) to \($0)" } ?? "\(minimum) or more"
            throw ConfigurationError(
                code: .invalidValue,
                message: "The worker's `\(what)` is \(value); it must be \(range)."
            )
        }
    }

    /// What happens at shutdown.
    ///
    /// The worker first stops claiming and gives back what it has claimed but not started.
    public struct Shutdown: Sendable, Hashable {
        /// How long running jobs may take to finish by themselves.
        public var finish: Duration
        /// How long they may take to stop after they were cancelled.
        ///
        /// They go back at once and it costs no attempt.
        public var cancel: Duration
        /// How long telling the broker what is left to tell may take, and then again taking leave of it.
        public var release: Duration

        /// Creates the steps, those left out with their defaults.
        ///
        /// - Parameters:
        ///   - finish: How long running jobs may take to finish by themselves.
        ///   - cancel: How long they may take to stop after they were cancelled.
        ///   - release: How long telling the broker may take.
        public init(
            finish: Duration = .seconds(20),
            cancel: Duration = .seconds(5),
            release: Duration = .seconds(5)
        ) {
            self.finish = finish
            self.cancel = cancel
            self.release = release
        }
    }
}
