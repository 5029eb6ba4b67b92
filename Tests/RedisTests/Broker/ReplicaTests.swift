//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import LineshaftRedis
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// What `replicas` in a URL promises, and what it costs.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct ReplicaTests {
    private struct Doubling: Job {
        static let name: JobName = "double"
        typealias Output = Int
        var number: Int
    }

    private func open(_ server: RedisServer, _ options: String) async throws -> JobSystem {
        try await JobSystem(url: "redis+unix://\(server.socket)?\(options)", adapters: [.redis])
    }

    /// A server that listens on a port as well, for only there can another one follow it.
    private func master() throws -> RedisServer {
        try RedisServer(["--repl-diskless-sync-delay", "0"], port: FreePort.next())
    }

    private func follower(of master: RedisServer) async throws -> RedisServer {
        let port = try #require(master.port)
        let follower = try RedisServer(["--replicaof", "127.0.0.1 \(port)"])
        let redis = try BlockingRedis(master)
        while try !text(redis.send("INFO", "replication")).contains("state=online") { await Task.yield() }
        return follower
    }

    private func text(_ reply: RESPValue) -> String {
        guard case .string(let bytes) = reply else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How often a command was called.
    private func calls(_ command: String, of server: RedisServer) throws -> Int {
        let stats = text(try BlockingRedis(server).send("INFO", "commandstats"))
        let line = stats.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return line.flatMap { Int($0.split(separator: "=")[1].prefix { $0 != "," }) } ?? 0
    }

    @Test
    func `What too few replicas have is not acknowledged, and the error says so`() async throws {
        let server = try RedisServer()
        let jobs = try await open(server, "replicas=1&replicas_timeout=10ms")
        let id = JobID(derivedFrom: "one")
        for _ in 0..<2 {
            let error = await #expect(throws: BrokerError.self) {
                try await jobs.submit(Doubling(number: 1), options: JobOptions(), id: id)
            }
            #expect(error?.code == .unavailable)
            #expect(error?.message.contains("0 of 1 replicas had it within 0.01 seconds") == true, "\(error as Any)")
        }
        #expect(try await jobs.inspector.counts(of: .default).ready == 1)
        await jobs.shutdown()
    }

    @Test
    func `What is acknowledged is on the replica`() async throws {
        let master = try master()
        let follower = try await follower(of: master)
        let jobs = try await open(master, "replicas=1&replicas_timeout=9s")
        let redis = try BlockingRedis(follower)
        for number in 1...20 {
            _ = try await jobs.submit(Doubling(number: number))
            #expect(try redis.send("LLEN", "lineshaft:{default}:ready") == .integer(Int64(number)))
        }
        await jobs.shutdown()
    }

    @Test
    func `Jobs run, and one question stands behind all calls of a turn`() async throws {
        let master = try master()
        let follower = try await follower(of: master)
        let jobs = try await open(master, "replicas=1&replicas_timeout=9s")
        let worker = Worker(jobs, queues: ["default": 8]) {
            Handler(for: Doubling.self) { job, _ in job.number * 2 }
        }
        let sum = try await worker.run {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<1_000 { group.addTask { try await jobs.submit(Doubling(number: number)).value } }
                return try await group.reduce(0, +)
            }
        }
        #expect(sum == 999_000)
        #expect(try calls("wait", of: master) < 500)
        await jobs.shutdown()
        withExtendedLifetime(follower) {}
    }

    @Test
    func `What was not confirmed when the connection broke is asked again`() async throws {
        let master = try master()
        let follower = try await follower(of: master)
        let jobs = try await open(master, "replicas=1&replicas_timeout=9s")
        // The queue is known from here on, so that the next submission is one call.
        _ = try await jobs.submit(Doubling(number: 1))
        let pid = try #require(follower.pid)
        kill(pid, SIGSTOP)
        defer { kill(pid, SIGCONT) }
        async let submitted = jobs.submit(Doubling(number: 2))
        let redis = try BlockingRedis(master)
        while try !text(redis.send("CLIENT", "LIST")).contains("cmd=wait") { await Task.yield() }
        try redis.send("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        // On the new connection there is nothing new to do, and yet the replica's word is waited for.
        while try !text(redis.send("CLIENT", "LIST")).contains("cmd=wait") { await Task.yield() }
        kill(pid, SIGCONT)
        _ = try await submitted
        #expect(try await jobs.inspector.counts(of: .default).ready == 2)
        await jobs.shutdown()
    }

    @Test
    func `Nothing is asked without the option`() async throws {
        let server = try RedisServer()
        let jobs = try await JobSystem(url: "redis+unix://\(server.socket)", adapters: [.redis])
        _ = try await jobs.submit(Doubling(number: 1))
        #expect(try calls("wait", of: server) == 0)
        await jobs.shutdown()
    }
}
