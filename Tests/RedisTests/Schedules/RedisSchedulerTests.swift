//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Logging
import Testing

/// Schedulers in real time, and servers that hold what they should not.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct RedisSchedulerTests {
    private struct Beat: Job {
        static let name: JobName = "beat"
    }

    private func open(_ server: RedisServer) async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.logger.logLevel = .critical
        return try await JobSystem(
            url: "redis+unix://\(server.socket)",
            adapters: [.redis],
            configuration: configuration
        )
    }

    @Test
    func `Schedulers of several processes fire what another one adds, once for each tick`() async throws {
        let server = try RedisServer()
        let systems = [try await open(server), try await open(server), try await open(server)]
        let (ticks, noted) = AsyncStream.makeStream(of: Timestamp.self)
        let worker = Worker(systems[0]) {
            Handler(for: Beat.self) { _, context in
                noted.yield(context.tick?.time ?? .distantPast)
                return NoValue()
            }
        }
        let found = try await worker.run { () -> [Timestamp] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for system in systems.dropFirst() { group.addTask { try await Scheduler(system).run() } }
                let status = try await systems[0].schedules.add(Schedule("beat", .every(.seconds(1))) { Beat() })
                var found: [Timestamp] = []
                for await tick in ticks {
                    found.append(tick)
                    // Connections that are cut cost nothing but time.
                    if found.count == 1 {
                        let redis = try BlockingRedis(server)
                        try redis.send("CLIENT", "KILL", "TYPE", "normal")
                        try redis.send("CLIENT", "KILL", "TYPE", "pubsub")
                    }
                    if found.count == 4 { break }
                }
                group.cancelAll()
                for tick in found {
                    let distance = status.created.duration(to: tick)
                    #expect(distance.components.attoseconds == 0 && distance >= .seconds(1))
                }
                return found
            }
        }
        #expect(found == found.sorted() && Set(found).count == found.count)
        for system in systems { await system.shutdown() }
    }

    @Test
    func `Schedules outlive the server's restart on what it has kept`() async throws {
        let server = try RedisServer(["--appendonly", "yes", "--appendfsync", "always"])
        let jobs = try await open(server)
        try await jobs.schedules.add(Schedule("kept", .cron("0 3 * * *", in: "Europe/Berlin")) { Beat() })
        let job = try await jobs.schedules.runNow("kept")
        try server.restart(signal: 9)
        let status = try await jobs.schedules.find("kept")
        #expect(status?.isPaused == false && status?.work.name == "beat")
        #expect(try await jobs.inspector.find(job)?.state == .ready)
        await jobs.shutdown()
    }

    @Test
    func `What others have written under the keys of schedules is an error that says so`() async throws {
        let server = try RedisServer()
        let jobs = try await open(server)
        let redis = try BlockingRedis(server)
        try redis.send("HSET", "lineshaft:schedules:{schedules}:records", "odd", "text")
        #expect(try await jobs.schedules.list().isEmpty)
        #expect(try await jobs.schedules.find("odd") == nil)
        try redis.send("HSET", "lineshaft:schedules:{schedules}:versions", "odd", "short")
        #expect(try await jobs.schedules.list().isEmpty)
        try redis.send("HSET", "lineshaft:schedules:{schedules}:versions", "odd", "12345678")
        let damaged = try await #require(throws: BrokerError.self) { _ = try await jobs.schedules.find("odd") }
        #expect(damaged.code == .corrupt && damaged.message.contains("“odd”"))
        #expect(try await jobs.schedules.remove("odd"))
        // A version that has lost its record is in nobody's way.
        try redis.send("HSET", "lineshaft:schedules:{schedules}:versions", "odd", "12345678")
        try await jobs.schedules.add(Schedule("odd", .every(.seconds(60))) { Beat() })
        #expect(try await jobs.schedules.remove("odd"))
        // A record without a version that can be read is, and is not asked for time and again.
        try redis.send("HSET", "lineshaft:schedules:{schedules}:records", "odd", "text")
        try redis.send("HSET", "lineshaft:schedules:{schedules}:versions", "odd", "short")
        let hidden = try await #require(throws: BrokerError.self) {
            try await jobs.schedules.add(Schedule("odd", .every(.seconds(60))) { Beat() })
        }
        #expect(hidden.code == .corrupt && hidden.message.contains("“odd”"))
        try redis.send("SET", "lineshaft:schedules:{schedules}:versions", "text")
        let wrong = try await #require(throws: BrokerError.self) { _ = try await jobs.schedules.list() }
        #expect(wrong.message.contains("WRONGTYPE") && wrong.message.contains("holds something else"), "\(wrong)")
        await jobs.shutdown()
    }

    @Test
    func `A fence is remembered for sixty days`() async throws {
        let server = try RedisServer()
        let jobs = try await open(server)
        try await jobs.schedules.add(Schedule("{odd} name", .every(.seconds(60))) { Beat() })
        try await jobs.schedules.runNow("{odd} name")
        let redis = try BlockingRedis(server)
        guard case .array(let keys) = try redis.send("KEYS", "lineshaft:{default}:fence:*"), let key = keys.first?.bytes
        else {
            Issue.record("There is no fence.")
            return
        }
        let left = try redis.send([Array("TTL".utf8), key]).integer ?? 0
        #expect(keys.count == 1 && left > 5_183_000 && left <= 5_184_000)
        await jobs.shutdown()
    }
}
