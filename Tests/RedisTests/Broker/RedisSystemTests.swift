//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Logging
import Testing

@Suite(.serialized, .timeLimit(.minutes(20)))
struct RedisSystemTests {
    private struct Doubling: Job {
        static let name: JobName = "double"
        typealias Output = Int
        var number: Int
    }

    private func open(_ url: String) async throws -> JobSystem {
        let jobs = try await JobSystem(url: url, adapters: [.redis])
        return jobs
    }

    private func worker(_ jobs: JobSystem) -> Worker {
        Worker(jobs, queues: ["default": 8]) {
            Handler(for: Doubling.self) { job, _ in job.number * 2 }
        }
    }

    @Test
    func `A job goes from one system to the worker of another, and its value comes back`() async throws {
        let server = try RedisServer()
        let here = try await open("redis+unix://\(server.socket)")
        let there = try await open("redis+unix://\(server.socket)")
        let value = try await worker(there).run { try await here.submit(Doubling(number: 21)).value }
        #expect(value == 42)
        await here.shutdown()
        await there.shutdown()
    }

    @Test
    func `A thousand tasks submit and await at once`() async throws {
        let server = try RedisServer()
        let jobs = try await open("redis+unix://\(server.socket)")
        let sum = try await worker(jobs).run {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<1_000 {
                    group.addTask { try await jobs.submit(Doubling(number: number)).value }
                }
                return try await group.reduce(0, +)
            }
        }
        #expect(sum == 999_000)
        await jobs.shutdown()
    }

    @Test
    func `A user with the rights that the manual names can do everything`() async throws {
        let server = try RedisServer()
        let redis = try BlockingRedis(server)
        try redis.send(
            "ACL",
            "SETUSER",
            "jobs",
            "on",
            ">secret",
            "~lineshaft:*",
            "&lineshaft:*",
            "+@all",
            "-@dangerous",
            "+info",
            "+role"
        )
        try redis.send("ACL", "SETUSER", "default", "off")
        await #expect(throws: BrokerError.self) { _ = try await open("redis+unix://\(server.socket)") }
        let jobs = try await open("redis+unix://jobs:secret@\(server.socket)")
        let value = try await worker(jobs).run {
            _ = try await jobs.inspector.queues()
            return try await jobs.submit(Doubling(number: 4)).value
        }
        #expect(value == 8)
        await jobs.shutdown()
    }

    @Test
    func `Jobs go on when the server is restarted on what it has kept`() async throws {
        let server = try RedisServer(["--appendonly", "yes", "--appendfsync", "always"])
        let jobs = try await open("redis+unix://\(server.socket)")
        let before = try await jobs.submit(Doubling(number: 1))
        try server.restart(signal: 9)
        let values = try await worker(jobs).run {
            let after = try await jobs.submit(Doubling(number: 2)).value
            return [try await before.value, after]
        }
        #expect(values == [2, 4])
        await jobs.shutdown()
    }

    @Test
    func `Jobs go on when every connection is cut, again and again`() async throws {
        let server = try RedisServer()
        let jobs = try await open("redis+unix://\(server.socket)")
        let values = try await worker(jobs).run {
            var values: [Int] = []
            for number in 0..<5 {
                let handle = try await jobs.submit(Doubling(number: number))
                try await Self.cut(server)
                values.append(try await handle.value)
            }
            return values
        }
        #expect(values == (0..<5).map { $0 * 2 })
        await jobs.shutdown()
    }

    private static func cut(_ server: RedisServer) async throws {
        let redis = try BlockingRedis(server)
        try redis.send("CLIENT", "KILL", "TYPE", "normal")
        try redis.send("CLIENT", "KILL", "TYPE", "pubsub")
    }
}
