//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Logging

/// What a URL is opened with: a broker, and the store for its results.
public struct BrokerConnection: Sendable {
    /// Moves envelopes.
    public let broker: any Broker
    /// Keeps outcomes; `nil` uses the broker's own.
    public let results: (any ResultStore)?

    /// Creates a connection.
    public init(broker: any Broker, results: (any ResultStore)? = nil) {
        self.broker = broker
        self.results = results
    }
}

/// Opens URLs of some schemes. A program names the adapters that it links, and from then on only the URL changes:
///
/// ```swift
/// let jobs = try await JobSystem(url: url, adapters: [.redis])
/// ```
public struct BrokerAdapter: Sendable {
    /// What an adapter is told beside the URL.
    public struct Environment: Sendable {
        /// The system's clock.
        public let clock: any QueueClock
        /// How long outcomes are kept when neither job nor call says otherwise.
        public let resultRetention: Duration
        /// Where to log.
        public let logger: Logger

        /// Creates an environment.
        public init(clock: any QueueClock, resultRetention: Duration, logger: Logger) {
            self.clock = clock
            self.resultRetention = resultRetention
            self.logger = logger
        }
    }

    /// The schemes, in lower case and without the colon.
    public let schemes: [String]
    /// Opens a URL of one of the schemes.
    ///
    /// Its errors must not repeat a password that the URL contains.
    public let open: @Sendable (_ url: String, _ environment: Environment) async throws -> BrokerConnection

    /// Creates an adapter.
    public init(
        schemes: [String],
        open: @escaping @Sendable (_ url: String, _ environment: Environment) async throws -> BrokerConnection
    ) {
        self.schemes = schemes
        self.open = open
    }
}
