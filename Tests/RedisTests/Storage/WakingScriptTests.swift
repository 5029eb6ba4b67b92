//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

@Suite("Waking and limits on a real server", .timeLimit(.minutes(20)))
struct WakingScriptTests {
    private func configure(_ trial: StorageTrial, _ limits: StoredLimits) throws {
        try trial.call(ConfigureCall(limits, keys: trial.keys, settings: trial.settings))
    }

    private func pause(_ trial: StorageTrial, _ paused: Bool) throws {
        try trial.call(ConfigureCall(paused: paused, keys: trial.keys, settings: trial.settings))
    }

    @Test("A worker that found too little is woken by the next job, once")
    func waking() throws {
        let trial = try StorageTrial()
        let listener = try trial.listen(to: trial.settings.channel(of: WorkerID("worker-1")))
        for _ in 1...3 {
            let turn = try trial.claim(2)
            #expect(turn.isIdle)
            try trial.submit(count: 2)
            #expect(try listener.nextMessage() == .wake(trial.queue))
            #expect(try trial.redis.send([Array("ZCARD".utf8), trial.keys.all[11]]) == .integer(0))
            for job in try trial.claim(2).jobs { try trial.settle(job) }
        }
    }

    @Test("As many jobs as there are idle workers wake them all, and one that is gone takes nobody's wake")
    func wakingMany() throws {
        let trial = try StorageTrial()
        _ = try trial.claim(1, worker: "gone")
        let listeners = try (1...4).map { number in
            let listener = try trial.listen(to: trial.settings.channel(of: WorkerID("worker-\(number)")))
            _ = try trial.claim(1, worker: "worker-\(number)")
            return listener
        }
        try trial.submit(count: 4)
        for listener in listeners { #expect(try listener.nextMessage() == .wake(trial.queue)) }
    }

    @Test("What a woken worker leaves is passed on, by its next claim or when it goes")
    func passingOn() throws {
        let trial = try StorageTrial()
        let listeners = try (1...3).map { number in
            let listener = try trial.listen(to: trial.settings.channel(of: WorkerID("worker-\(number)")))
            _ = try trial.claim(1, worker: "worker-\(number)")
            return listener
        }
        try trial.submit(count: 1)
        #expect(try listeners[0].nextMessage() == .wake(trial.queue))
        let leave = LeaveCall(WorkerID("worker-1"), passesOn: true, keys: trial.keys, settings: trial.settings)
        try trial.call(leave)
        #expect(try listeners[1].nextMessage() == .wake(trial.queue))
        // Another job comes while nobody it could wake is told.
        try trial.redis.send([Array("ZREM".utf8), trial.keys.all[11], Array("worker-3".utf8)])
        try trial.submit(count: 1)
        try trial.redis.send([Array("ZADD".utf8), trial.keys.all[11], Array("1".utf8), Array("worker-3".utf8)])
        var request = trial.request(1, worker: "worker-2")
        request.wasWoken = true
        #expect(try trial.turn(claiming: request).jobs.count == 1)
        #expect(try listeners[2].nextMessage() == .wake(trial.queue))
    }

    @Test("A released job, a retried dead letter and a resumed queue wake a worker")
    func otherWakes() throws {
        let trial = try StorageTrial()
        let listener = try trial.listen(to: trial.settings.channel(of: WorkerID("worker-2")))
        let id = try trial.submit()
        let job = try trial.take()
        _ = try trial.claim(1, worker: "worker-2")
        try trial.settle(job, .released)
        #expect(try listener.nextMessage() == .wake(trial.queue))
        try trial.settle(trial.take(), .failed(trial.failure()))
        _ = try trial.claim(1, worker: "worker-2")
        let envelope = try #require(try trial.find(id)).envelope
        _ = try trial.call(try RetryCall([envelope], keys: trial.keys, settings: trial.settings))
        #expect(try listener.nextMessage() == .wake(trial.queue))
        try pause(trial, true)
        #expect(try trial.claim(1, worker: "worker-2").jobs.isEmpty)
        try trial.submit()
        #expect(try trial.counts() == QueueCounts(ready: 2, isPaused: true))
        try pause(trial, false)
        #expect(try listener.nextMessage() == .wake(trial.queue))
        #expect(try trial.claim(2).jobs.count == 2)
    }

    @Test("Those who serve a queue are told of what falls due sooner than they knew")
    func expecting() throws {
        let trial = try StorageTrial()
        let listener = try trial.listen(to: trial.settings.channel(of: trial.queue))
        _ = try trial.claim(1)
        try trial.submit { $0.start = trial.now + .seconds(9) }
        #expect(try listener.nextMessage() == .expect(trial.queue, after: .seconds(9)))
        try trial.submit { $0.start = trial.now + .seconds(99) }
        try trial.submit { $0.start = trial.now + .seconds(5) }
        #expect(try listener.nextMessage() == .expect(trial.queue, after: .seconds(5)))
    }

    @Test("No more jobs run at once than a queue's limit, and a lost lease gives its slot back")
    func concurrency() throws {
        let trial = try StorageTrial()
        let listener = try trial.listen(to: trial.settings.channel(of: WorkerID("worker-2")))
        try configure(trial, StoredLimits(concurrency: 3))
        try trial.submit(count: 10)
        let jobs = try trial.claim(5, lease: .seconds(10)).jobs
        #expect(jobs.count == 3)
        #expect(try trial.claim(5, worker: "worker-2").jobs.isEmpty)
        try trial.settle(jobs[0])
        #expect(try listener.nextMessage() == .wake(trial.queue))
        #expect(try trial.claim(5, worker: "worker-2", lease: .seconds(99)).jobs.count == 1)
        try trial.advance(by: .seconds(10))
        #expect(try trial.claim(5, worker: "worker-2").jobs.count == 2)
        try configure(trial, StoredLimits())
        #expect(try trial.claim(50).jobs.count == 6)
    }

    @Test("No more jobs begin than a queue's rate allows, and a claim says when the next may")
    func rate() throws {
        let trial = try StorageTrial()
        let limits = StoredLimits(rate: StoredLimits.Rate(2, per: .seconds(10), burst: 3))
        try configure(trial, limits)
        #expect(try trial.call(CountsCall(keys: trial.keys, settings: trial.settings)).limits == limits)
        try trial.submit(count: 20)
        #expect(try trial.claim(5).jobs.count == 3)
        #expect(try trial.claim(5).jobs.isEmpty)
        #expect(try trial.claim(5).nextDue == .seconds(5))
        try trial.advance(by: .milliseconds(4999))
        #expect(try trial.claim(5).jobs.isEmpty)
        try trial.advance(by: .milliseconds(1))
        #expect(try trial.claim(5).jobs.count == 1)
        try trial.advance(by: .seconds(10))
        #expect(try trial.claim(1).jobs.count == 1)
        #expect(try trial.claim(5).jobs.count == 1)
        // A long time without any earns the burst and no more.
        try trial.advance(by: .seconds(20))
        #expect(try trial.claim(9).jobs.count == 3)
    }
}
