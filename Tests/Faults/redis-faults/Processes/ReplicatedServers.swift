//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft
internal import LineshaftRedis
internal import Synchronization

/// Three servers, of which one is the master, and three Sentinels.
final class ReplicatedServers: Sendable {
    private static let name = "jobs"

    private let servers: [RedisProcess]
    /// What leads to the master.
    let url: String

    init(on stage: Stage) throws {
        let household = stage.household
        let ports = try (0..<6).map { _ in try FreePort.find() }
        servers = try ports[..<3].map { port in
            // A replica that has just begun to read is not asked to wait for others.
            let role = port == ports[0] ? [] : ["--replicaof", "127.0.0.1 \(ports[0])"]
            return try stage.startServer(["--repl-diskless-sync-delay", "0"] + role, at: .init(port: port))
        }
        for port in ports[3...] {
            let file = household.folder + "/sentinel-\(port).conf"
            let text = """
                port \(port)
                bind 127.0.0.1
                dir \(household.folder)
                sentinel monitor \(Self.name) 127.0.0.1 \(ports[0]) 2
                sentinel down-after-milliseconds \(Self.name) 1000
                sentinel failover-timeout \(Self.name) 4000

                """
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            _ = try household.start(["redis-server", file, "--sentinel"], log: "sentinel.log")
        }
        let sentinels = ports[3...].map { "127.0.0.1:\($0)" }.joined(separator: ",")
        url = "redis+sentinel://\(sentinels)/\(Self.name)"
    }

    /// Waits until so many replicas follow the master.
    func waitForReplicas(_ count: Int, _ stage: Stage) async throws {
        while try await states(stage).count(where: { $0.contains("state=online") }) < count {
            try await stage.clock.sleep(for: .milliseconds(50))
        }
    }

    /// Lets the master's replicas hear no more of it, while clients do.
    ///
    /// A password is asked for on new connections only, and replicas do not know it.
    func cutReplication(_ stage: Stage) async throws {
        _ = try await stage.control.command(["CONFIG", "SET", "requirepass", "unknown"])
        _ = try await stage.control.command(["CLIENT", "KILL", "TYPE", "replica"])
    }

    /// Kills the master.
    ///
    /// - Returns: The server that was it.
    func killMaster(_ stage: Stage) async throws -> RedisProcess? {
        let master = try await master(stage)
        master?.kill()
        return master
    }

    /// Waits until Sentinels have made another server the master.
    func waitForMaster(otherThan old: RedisProcess?, _ stage: Stage) async throws {
        while true {
            do {
                if let master = try await master(stage), master !== old { return }
            } catch let error as BrokerError where error.code == .unavailable {
                continue
            }
            try await stage.clock.sleep(for: .milliseconds(50))
        }
    }

    private func master(_ stage: Stage) async throws -> RedisProcess? {
        let settings = try await stage.control.command(["CONFIG", "GET", "port"])
        let port = settings.elements?.last?.text.flatMap { Int($0) }
        return servers.first { $0.address?.port == port }
    }

    private func states(_ stage: Stage) async throws -> [Substring] {
        do {
            let info = try await stage.control.command(["INFO", "replication"])
            return (info.text ?? "").split(whereSeparator: \.isNewline).filter { $0.hasPrefix("slave") }
        } catch let error as BrokerError where error.code == .unavailable {
            return []
        }
    }
}
