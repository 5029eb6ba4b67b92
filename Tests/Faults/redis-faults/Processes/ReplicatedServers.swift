//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft
internal import LineshaftRedis
internal import Synchronization

/// A master with one replica, and three Sentinels.
///
/// With a second replica Sentinels might promote the one that knows less, for they rarely ask how far each has come.
final class ReplicatedServers: Sendable {
    private static let name = "jobs"

    private let servers: [RedisProcess]
    /// Where Sentinels keep what they know.
    private let files: [String]
    /// What leads to the master.
    let url: String

    init(on stage: Stage) throws {
        let household = stage.household
        let ports = try (0..<5).map { _ in try FreePort.find() }
        servers = try ports[..<2].map { port in
            let role = port == ports[0] ? [] : Self.role(of: ports[0])
            return try stage.startServer(Self.options + role, at: .init(port: port))
        }
        files = ports[2...].map { household.folder + "/sentinel-\($0).conf" }
        for (port, file) in zip(ports[2...], files) {
            let text = """
                port \(port)
                bind 127.0.0.1
                dir \(household.folder)
                sentinel monitor \(Self.name) 127.0.0.1 \(ports[0]) 2
                sentinel down-after-milliseconds \(Self.name) 1000
                sentinel failover-timeout \(Self.name) 4000

                """
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            _ = try household.start([RedisProcess.program, file, "--sentinel"], log: "sentinel.log")
        }
        let sentinels = ports[2...].map { "127.0.0.1:\($0)" }.joined(separator: ",")
        url = "redis+sentinel://\(sentinels)/\(Self.name)"
    }

    private static let options = ["--repl-diskless-sync-delay", "0"]

    private static func role(of port: Int) -> [String] { ["--replicaof", "127.0.0.1 \(port)"] }

    /// Waits until all Sentinels know each other and the replica, without which they can do nothing.
    func waitForSentinels(_ stage: Stage) async throws {
        for file in files {
            while true {
                let lines = try String(contentsOfFile: file, encoding: .utf8).split(whereSeparator: \.isNewline)
                let others = lines.count { $0.hasPrefix("sentinel known-sentinel") }
                if others == files.count - 1, lines.contains(where: { $0.hasPrefix("sentinel known-replica") }) {
                    break
                }
                try await stage.clock.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Waits until the replica follows the master.
    func waitForReplica(_ stage: Stage) async throws {
        while try await !states(stage).contains(where: { $0.contains("state=online") }) {
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

    /// Waits until Sentinels have made the replica the master.
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

    /// Starts a server that was the master, as the replica of the other one.
    func bringBack(_ old: RedisProcess?) throws {
        guard let port = servers.first(where: { $0 !== old })?.address?.port else { return }
        try old?.start(Self.options + Self.role(of: port))
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
