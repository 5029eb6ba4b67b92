//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

/// A master that Sentinels name, and the one that takes its place.
@Suite(.serialized, .timeLimit(.minutes(20)))
struct SentinelSystemTests {
    @Test
    func `A system goes on with the new master when the old one is killed`() async throws {
        let group = try await SentinelGroup(sentinels: 3)
        let jobs = try await JobSystem(redis: group.url())
        #expect(try await jobs.echoing().run { try await jobs.submit(Echo(text: "first")).value } == "first")

        let waiting = try await jobs.submit(Echo(text: "waiting"))
        try BlockingRedis(group.master).waitForReplica(writing: "mark")
        group.master.stop(signal: 9)
        let values = try await jobs.echoing().run {
            let after = try await jobs.submit(Echo(text: "after")).value
            return [try await waiting.value, after]
        }
        #expect(values == ["waiting", "after"])
        await jobs.shutdown()
    }

    @Test
    func `Jobs go on at the other of two addresses when the first server becomes its replica`() async throws {
        let (first, second) = (FreePort.next(), FreePort.next())
        let old = try RedisServer(["--repl-diskless-sync-delay", "0"], port: first)
        let new = try RedisServer(["--replicaof", "127.0.0.1 \(first)"], port: second)
        try await new.said("REPLICA sync: Finished with success")
        let log = LogRecorder()
        let jobs = try await JobSystem(redis: "redis://127.0.0.1:\(first),127.0.0.1:\(second)", log: log)
        let values = try await jobs.echoing().run {
            let before = try await jobs.submit(Echo(text: "before")).value
            #expect(try BlockingRedis(new).send("REPLICAOF", "NO", "ONE") == .status("OK"))
            #expect(try BlockingRedis(old).send("REPLICAOF", "127.0.0.1", "\(second)") == .status("OK"))
            let after = try await jobs.submit(Echo(text: "after")).value
            return [before, after]
        }
        #expect(values == ["before", "after"])
        #expect(log.count(of: "The connection to Redis is lost") > 0)
        await jobs.shutdown()
    }

    @Test
    func `Sentinels that are gone, or know no such master, are named`() async throws {
        let group = try await SentinelGroup(sentinels: 1)
        let unknown = try #require(await refusal(of: group.url(master: "other")) as? BrokerError)
        #expect(unknown.message.contains("“other”") && unknown.message.contains("127.0.0.1:"))
        #expect(unknown.code == .rejected)

        let (gone, nobody) = (FreePort.next(), FreePort.next())
        let silent = "redis+sentinel://127.0.0.1:\(gone),127.0.0.1:\(nobody)/jobs"
        let unreachable = try #require(await refusal(of: silent) as? BrokerError)
        #expect(unreachable.message.contains("127.0.0.1:\(gone)"))
        #expect(unreachable.message.contains("127.0.0.1:\(nobody)"))

        let port = try #require(group.master.port)
        let plain = try #require(await refusal(of: "redis+sentinel://127.0.0.1:\(port)/jobs") as? BrokerError)
        #expect(plain.message.contains("is not a Sentinel"))
        let sentinel = try #require(group.sentinels[0].port)
        let wrong = try #require(await refusal(of: "redis://127.0.0.1:\(sentinel)") as? BrokerError)
        #expect(wrong.message.contains("redis+sentinel://"))

        // One that is gone does not matter as long as another knows.
        let jobs = try await JobSystem(redis: "redis+sentinel://127.0.0.1:\(gone),127.0.0.1:\(sentinel)/jobs")
        #expect(try await jobs.echoing().run { try await jobs.submit(Echo(text: "found")).value } == "found")
        await jobs.shutdown()
    }

    @Test
    func `Sentinels and servers each have a password of their own`() async throws {
        let group = try await SentinelGroup(sentinels: 1, password: "servers", sentinelPassword: "sentinels")
        let jobs = try await JobSystem(redis: group.url("&sentinel_password=sentinels", user: ":servers@"))
        #expect(try await jobs.echoing().run { try await jobs.submit(Echo(text: "let in")).value } == "let in")
        await jobs.shutdown()

        let missing = try #require(await refusal(of: group.url(user: ":servers@")) as? BrokerError)
        #expect(missing.message.contains("sentinel_password") && missing.code == .rejected)
        let wrong = "&sentinel_password=wrong"
        let refused = try #require(await refusal(of: group.url(wrong, user: ":servers@")) as? BrokerError)
        #expect(refused.message.contains("sentinel_password") && refused.code == .rejected)
        let rest = try #require(await refusal(of: group.url("&sentinel_password=sentinels")) as? BrokerError)
        #expect(rest.message.contains("password") && !rest.message.contains("sentinel_password"))
        for error in [missing, refused, rest] {
            #expect(!error.message.contains("servers@") && !error.message.contains("“wrong”"))
        }
    }
}
