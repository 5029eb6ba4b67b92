//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import LineshaftTesting
import Logging
import Synchronization

/// Brokers on a real server whose clock the tests set.
///
/// Each fixture has a server of its own, started with the first broker.
final class RedisFixture: BrokerFixture, ResultStoreFixture {
    let clock = VirtualClock()
    private let server: RedisServer
    private let isCluster: Bool
    private let brokers = Mutex<[RedisBroker]>([])

    /// Starts a server.
    ///
    /// - Parameter isCluster: Whether it is a Cluster of one node, which refuses calls whose keys are in several slots.
    /// - Throws: When the server does not start.
    init(isCluster: Bool = false) async throws {
        self.isCluster = isCluster
        guard isCluster else {
            server = try RedisServer(clockAt: clock.now)
            return
        }
        server = try RedisServer(
            ["--cluster-enabled", "yes", "--cluster-port", "\(FreePort.next())"],
            port: FreePort.next(),
            clockAt: clock.now.advanced(by: .zero - Self.clusterDelay)
        )
        try BlockingRedis(server).ok("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        server.clock?.advance(by: Self.clusterDelay)
        try await server.said("Cluster state changed: ok")
    }

    /// A Cluster's node serves nothing for the first two seconds of its own clock.
    private static let clusterDelay = Duration.seconds(3)

    private var url: String {
        let address = isCluster ? "redis+cluster://127.0.0.1:\(server.port ?? 0)" : "redis+unix://\(server.socket)"
        // However slow the machine is: 16 MiB under a sanitizer, beside all other tests, take their time.
        return address + "?connect_timeout=10m&command_timeout=10m"
    }

    func makeBroker() async throws -> any Broker {
        try await open().broker
    }

    func makeStore() async throws -> any ResultStore {
        let broker = try await open().broker
        guard let store = broker.results else { throw RedisServer.StartFailure("The broker keeps no results.") }
        return store
    }

    private func open() async throws -> BrokerConnection {
        let environment = BrokerAdapter.Environment(
            clock: clock,
            resultRetention: .seconds(3600),
            logger: Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() }
        )
        let connection = try await BrokerAdapter.redis.open(url, environment)
        if let broker = connection.broker as? RedisBroker { brokers.withLock { $0.append(broker) } }
        return connection
    }

    func advance(by duration: Duration) async throws {
        server.clock?.advance(by: duration)
        clock.advance(by: duration)
    }

    /// Leases go by the server's wall clock, as there is no other that all workers share, so it is not set back and forth.
    func jumpWallClock(by duration: Duration) async throws -> Bool { false }

    func settleDown() async throws -> Bool {
        var isMoving = false
        for broker in brokers.withLock({ $0 }) where try await broker.settleDown() { isMoving = true }
        return isMoving
    }
}
