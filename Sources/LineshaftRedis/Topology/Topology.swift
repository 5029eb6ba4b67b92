//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Logging
internal import UVEventLoop

/// The servers behind a URL: which of them a command goes to.
///
/// It belongs to one event loop.
protocol Topology: AnyObject {
    /// How connections for messages find a server; any of them gets all messages.
    var listening: RedisLink.Setup { get }

    /// Connects for the first time.
    func start(_ completion: @escaping (Result<Void, BrokerError>) -> Void)

    /// Sends a command to the server that has a slot.
    ///
    /// Without a Cluster, one server has them all.
    func post(_ command: RedisCommand, slot: ClusterSlot)

    /// Fails what waits and ends all connections.
    func close(_ error: BrokerError)
}

/// What connections of one configuration have in common.
struct ConnectionFactory {
    let loop: UVEventLoop
    let clock: any QueueClock
    let random: RandomSource
    let logger: Logger
    let configuration: RedisConfiguration
    let tls: TLSContext?

    /// A stream to an address, encrypted if the configuration says so.
    ///
    /// Sockets in the file system never are.
    func makeStream(_ address: RedisAddress) -> any ByteStream {
        let plain = PlainStream(to: address, timeout: configuration.connectTimeout, on: loop)
        guard let tls, case .tcp = address else { return plain }
        return TLSStream(over: plain, to: address, context: tls)
    }

    /// What is said first on a connection.
    func makeHandshake(_ address: RedisAddress, _ expectation: Handshake.Expectation) -> Handshake {
        Handshake(
            address: address,
            credentials: expectation == .sentinel ? configuration.sentinelCredentials : configuration.credentials,
            database: configuration.database,
            clientName: configuration.clientName,
            expectation: expectation
        )
    }

    /// How a link finds its server.
    func setup(
        _ expectation: Handshake.Expectation,
        resolve: @escaping (@escaping (Result<[RedisAddress], HandshakeFailure>) -> Void) -> Void
    ) -> RedisLink.Setup {
        RedisLink.Setup(
            loop: loop,
            clock: clock,
            random: random,
            logger: logger,
            connectTimeout: configuration.connectTimeout,
            commandTimeout: configuration.commandTimeout,
            replicas: configuration.replicas,
            replicasChannel: configuration.prefix + ":replicas",
            resolve: resolve,
            makeStream: makeStream,
            makeHandshake: { makeHandshake($0, expectation) }
        )
    }
}
