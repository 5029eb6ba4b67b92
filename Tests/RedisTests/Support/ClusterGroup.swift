//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis

/// A Cluster on loopback, whose nodes divide the slots evenly.
final class ClusterGroup: Sendable {
    let masters: [RedisServer]
    /// The first master's, if there is one.
    let replica: RedisServer?

    /// Starts the nodes, and waits until each of them serves.
    init(masters count: Int, withReplica hasReplica: Bool = false) async throws {
        masters = try (0..<count).map { _ in try Self.node() }
        replica = hasReplica ? try Self.node() : nil
        for (index, node) in masters.enumerated() {
            let redis = try BlockingRedis(node)
            let first = ClusterSlot.count * index / count
            let last = ClusterSlot.count * (index + 1) / count - 1
            try redis.ok("CLUSTER", "ADDSLOTSRANGE", "\(first)", "\(last)")
            try redis.ok("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
        }
        let redis = try BlockingRedis(masters[0])
        for node in masters.dropFirst() + (replica.map { [$0] } ?? []) {
            try redis.ok("CLUSTER", "MEET", "127.0.0.1", "\(node.port ?? 0)", "\(try node.busPort())")
        }
        for node in masters { try await node.said("Cluster state changed: ok") }
        if let replica {
            try await replica.said("Cluster state changed: ok")
            try BlockingRedis(replica).ok("CLUSTER", "REPLICATE", try redis.clusterID())
            try await replica.said("REPLICA sync: Finished with success")
        }
    }

    private static func node() throws -> RedisServer {
        try RedisServer(
            [
                "--cluster-enabled", "yes", "--cluster-port", "\(FreePort.next())", "--cluster-node-timeout", "1000",
                "--repl-diskless-sync-delay", "0",
            ],
            port: FreePort.next()
        )
    }

    /// The URL that leads to the Cluster through one node or through all.
    func url(_ seeds: [RedisServer]? = nil) -> String {
        let hosts = (seeds ?? masters).map { "127.0.0.1:\($0.port ?? 0)" }.joined(separator: ",")
        return "redis+cluster://\(hosts)?command_timeout=60s"
    }

    /// The master that has a key's slot at first.
    func master(of key: String) -> RedisServer {
        masters[ClusterSlot(key: key).number * masters.count / ClusterSlot.count]
    }

    /// Begins to move a key's slot: no new keys are made at its old node, and its new one takes what is asked for there.
    func beginMove(of key: String, to target: RedisServer) throws {
        let (slot, source) = ("\(ClusterSlot(key: key).number)", master(of: key))
        let (old, new) = (try BlockingRedis(source), try BlockingRedis(target))
        try new.ok("CLUSTER", "SETSLOT", slot, "IMPORTING", try old.clusterID())
        try old.ok("CLUSTER", "SETSLOT", slot, "MIGRATING", try new.clusterID())
    }

    /// Moves the keys of a key's slot.
    func moveKeys(of key: String, to target: RedisServer) throws {
        let redis = try BlockingRedis(master(of: key))
        let slot = "\(ClusterSlot(key: key).number)"
        while case .array(let keys) = try redis.send("CLUSTER", "GETKEYSINSLOT", slot, "100"), !keys.isEmpty {
            let names = keys.compactMap { if case .string(let name) = $0 { name } else { nil } }
            let head = ["MIGRATE", "127.0.0.1", "\(target.port ?? 0)", "", "0", "60000", "KEYS"].map { Array($0.utf8) }
            guard case .status("OK") = try redis.send(head + names) else { return }
        }
    }

    /// Ends the move of a key's slot, for all nodes to know.
    func endMove(of key: String, to target: RedisServer) throws {
        let identifier = try BlockingRedis(target).clusterID()
        for node in [target] + masters {
            try BlockingRedis(node).ok("CLUSTER", "SETSLOT", "\(ClusterSlot(key: key).number)", "NODE", identifier)
        }
    }
}

extension RedisServer {
    /// The port on which nodes talk to each other.
    fileprivate func busPort() throws -> String {
        guard case .array(let values) = try BlockingRedis(self).send("CONFIG", "GET", "cluster-port"),
            values.count == 2,
            case .string(let port) = values[1]
        else { throw StartFailure("The server says nothing of its cluster-port.") }
        return String(decoding: port, as: UTF8.self)
    }
}

extension BlockingRedis {
    /// Sends a command that has to succeed.
    func ok(_ command: String...) throws {
        let reply = try send(command.map { Array($0.utf8) })
        guard reply == .status("OK") else { throw Failure(description: "\(command): \(reply)") }
    }

    /// What a node calls itself.
    fileprivate func clusterID() throws -> String {
        guard case .string(let name) = try send("CLUSTER", "MYID") else {
            throw Failure(description: "The server is no node of a Cluster.")
        }
        return String(decoding: name, as: UTF8.self)
    }
}
