//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

@Suite("A server that is full, foreign or read-only", .timeLimit(.minutes(20)))
struct FaultScriptTests {
    @Test("A full server refuses jobs whole, and lets what it holds be done")
    func outOfMemory() throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 40)
        let held = try trial.claim(20).jobs
        try trial.redis.send("CONFIG", "SET", "maxmemory", "1")
        let plain = Submission(trial.envelope())
        let special = Submission(trial.envelope(priority: .high) { $0.unique = UniqueClaim(key: "k", window: nil) })
        for submission in [plain, special] {
            let error = #expect(throws: StorageError.self) { try trial.enqueue([submission]) }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("maxmemory") == true)
        }
        let leases = held.map(\.lease)
        let extend = ExtendCall(leases, by: .seconds(90), keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(extend) == Array(repeating: .held, count: 20))
        try trial.settle(held[0], .released)
        try trial.settle(held[1], .failed(trial.failure()))
        try trial.settle(held[2], .retry(after: .seconds(1), failure: trial.failure(), countsAttempt: true))
        let items = held[3...].map { job in
            TurnCall.Item(Settlement(lease: job.lease, disposition: .succeeded([1])), head: job.head)
        }
        let turn = try trial.turn(items, claiming: trial.request(100))
        #expect(turn.results == Array(repeating: .applied, count: 17))
        #expect(Set(turn.jobs.map(\.lease.id)) == Set(ids[20...] + [ids[0]]))
        try trial.redis.send("CONFIG", "SET", "maxmemory", "0")
        #expect(try trial.counts() == QueueCounts(scheduled: 1, running: 21, dead: 1))
        #expect(try trial.enqueue([plain, special]) == [.accepted, .accepted])
        #expect(try trial.outcome(of: ids[19])?.outcome == .succeeded([1]))
    }

    @Test("A replica refuses what would change it, and nothing is changed")
    func readOnly() throws {
        let trial = try StorageTrial()
        try trial.submit()
        let job = try trial.take()
        try trial.redis.send("REPLICAOF", "127.0.0.1", "1")
        let error = #expect(throws: StorageError.self) { try trial.settle(job) }
        #expect(error?.message.contains("primary") == true)
        #expect(throws: StorageError.self) { try trial.enqueue([Submission(trial.envelope())]) }
        try trial.redis.send("REPLICAOF", "NO", "ONE")
        #expect(try trial.counts() == QueueCounts(running: 1))
        try trial.settle(job)
    }

    @Test("Foreign values under the same keys are found before they are used", arguments: 0..<13)
    func foreign(_ index: Int) throws {
        let trial = try StorageTrial()
        try trial.call(CheckCall(keys: trial.keys))
        try trial.submit()
        _ = try trial.claim(1)
        try trial.call(CheckCall(keys: trial.keys))
        let key = trial.keys.all[index]
        try trial.redis.send([Array("DEL".utf8), key])
        try trial.redis.send([Array("XADD".utf8), key, Array("*".utf8), Array("a".utf8), Array("b".utf8)])
        let error = #expect(throws: StorageError.self) { try trial.call(CheckCall(keys: trial.keys)) }
        #expect(error?.message.contains(String(decoding: key, as: UTF8.self)) == true)
        #expect(error?.message.contains("stream") == true)
    }

    @Test("A queue of a newer layout is left alone")
    func newerLayout() throws {
        let trial = try StorageTrial()
        let newer: [UInt8] = [2] + Array(repeating: 0, count: 100)
        try trial.redis.send([Array("SET".utf8), trial.keys.all[0], newer])
        let error = #expect(throws: StorageError.self) { try trial.claim(1) }
        #expect(error?.code == .newer)
        #expect(try trial.redis.send([Array("GET".utf8), trial.keys.all[0]]) == .string(newer))
    }

    @Test("A job of a newer version, or one that is damaged, comes with the reason and can be settled")
    func misfits() throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 3)
        let bytes = try EnvelopeCodec.encode(trial.envelope())
        try trial.redis.send([Array("HSET".utf8), trial.home(of: ids[0]), ids[0].bytes, [2] + bytes.dropFirst()])
        try trial.redis.send([Array("HSET".utf8), trial.home(of: ids[1]), ids[1].bytes, Array(bytes.prefix(9))])
        let jobs = try trial.claim(3).jobs
        #expect(jobs.map(\.lease.id) == ids)
        func code(_ job: ClaimedJob) -> StorageError.Code? {
            guard case .failure(let error) = job.envelope else { return nil }
            return error.code
        }
        #expect(jobs.map(code) == [.newer, .malformed, nil])
        try trial.settle(jobs[0], .parked(for: .seconds(30)))
        try trial.settle(jobs[1], .failed(trial.failure(attempt: 0)))
        #expect(try trial.counts() == QueueCounts(scheduled: 1, running: 1, dead: 1))
    }

    @Test("What was written is there after a restart with an append-only file")
    func restart() throws {
        let trial = try StorageTrial(["--appendonly", "yes", "--appendfsync", "always"])
        let ids = try trial.submit(count: 20)
        let jobs = try trial.claim(5).jobs
        try trial.settle(jobs[0])
        try trial.server.restart(signal: 9)
        let redis = try BlockingRedis(trial.server)
        let counts = CountsCall(keys: trial.keys, settings: trial.settings)
        #expect(try redis.call(counts, clock: .key("clock")) == QueueCounts(ready: 15, running: 4))
        let extend = ExtendCall(jobs.map(\.lease), by: .seconds(9), keys: trial.keys, settings: trial.settings)
        #expect(try redis.call(extend, clock: .key("clock")) == [.lost, .held, .held, .held, .held])
        let read = OutcomesCall(of: [ids[0]], keys: trial.keys, settings: trial.settings)
        #expect(try redis.call(read, clock: .key("clock")).count == 1)
    }
}
