//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

@Suite("What time brings on a real server", .timeLimit(.minutes(20)))
struct TimeScriptTests {
    @Test("Delayed jobs become ready in the order of their times, and a claim says when the next one does")
    func delays() throws {
        let trial = try StorageTrial()
        var ids: [Int: JobID] = [:]
        for delay in [40, 20, 60] {
            ids[delay] = try trial.submit(priority: delay == 60 ? .high : .normal) {
                $0.start = trial.now + .seconds(delay)
            }
        }
        #expect(try trial.claim(5).nextDue == .seconds(20))
        #expect(try trial.find(#require(ids[40]))?.due == trial.now + .seconds(40))
        #expect(try trial.pages(.scheduled, limit: 2) == [20, 40, 60].compactMap { ids[$0] })
        try trial.advance(by: .seconds(20))
        #expect(try trial.claim(5, lease: .seconds(300)).jobs.map(\.lease.id) == [try #require(ids[20])])
        #expect(try trial.claim(5).nextDue == .seconds(20))
        try trial.advance(by: .seconds(40))
        #expect(try trial.claim(5).jobs.map(\.lease.id) == [60, 40].compactMap { ids[$0] })
        #expect(try trial.claim(5).nextDue == .seconds(30))
    }

    @Test("100,000 jobs that fall due at once are promoted in bounded steps")
    func stampede() throws {
        let trial = try StorageTrial()
        for _ in 0..<100 { try trial.submit(count: 1000) { $0.start = trial.now + .seconds(60) } }
        try trial.advance(by: .seconds(60))
        try trial.redis.send("CONFIG", "RESETSTAT")
        let turn = try trial.claim(16)
        #expect(turn.jobs.count == 16)
        #expect(try trial.counts().scheduled > 99_000)
        let hungry = try trial.claim(1000)
        #expect(hungry.hasMore)
        #expect(hungry.nextDue == .zero)
        var taken = 16 + hungry.jobs.count
        while taken < 100_000 {
            let count = try trial.claim(1000).jobs.count
            #expect(count > 0)
            if count == 0 { break }
            taken += count
        }
        #expect(try trial.counts() == QueueCounts(running: 100_000))
    }

    @Test("A job that was not started before its expiry ends as expired, and another does not")
    func expiry() throws {
        let trial = try StorageTrial()
        let inbox = try trial.listen(to: trial.settings.channel(of: ClientID(7)))
        let expiring = try trial.submit(replyTo: ClientID(7)) { $0.expires = trial.now + .seconds(60) }
        let started = try trial.submit { $0.expires = trial.now + .seconds(60) }
        let unstarted = try trial.submit { $0.expires = trial.now + .seconds(60) }
        let jobs = try trial.claim(3).jobs
        try trial.settle(jobs[0], .unstarted)
        try trial.settle(jobs[1], .released)
        try trial.settle(jobs[2], .parked(for: .seconds(1)))
        try trial.advance(by: .seconds(60))
        #expect(try trial.claim(10).jobs.map(\.lease.id) == [started])
        #expect(try trial.outcome(of: unstarted)?.outcome == .expired)
        let record = try #require(try trial.outcome(of: expiring))
        #expect(record.outcome == .expired)
        #expect(record.attempts == 0)
        #expect(try inbox.nextMessage() == .finished([record]))
    }

    @Test("A job whose deadline passes while it waits has failed, and says why")
    func deadline() throws {
        let trial = try StorageTrial()
        let id = try trial.submit { $0.deadline = trial.now + .seconds(60) }
        let retry = Settlement.Disposition.retry(after: .seconds(90), failure: trial.failure(), countsAttempt: true)
        try trial.settle(trial.take(), retry)
        try trial.advance(by: .seconds(60))
        #expect(try trial.claim(1).jobs.isEmpty)
        let snapshot = try trial.find(id)
        #expect(snapshot?.state == .dead)
        #expect(snapshot?.failures.map(\.code) == [.failed, .deadlineExceeded])
        #expect(snapshot?.failures.last?.message.contains("“trial.job”") == true)
        #expect(snapshot?.failedAttempts == 1)
        guard case .failed(let failure) = try trial.outcome(of: id)?.outcome else {
            Issue.record("It did not end as failed.")
            return
        }
        #expect(failure == snapshot?.failures.last)
    }

    @Test("A job on which workers died too often becomes a dead letter with the reason")
    func poison() throws {
        let trial = try StorageTrial()
        let id = try trial.submit()
        for delivery in 1...3 {
            #expect(try trial.take(worker: "worker-\(delivery)", lease: .seconds(10)).delivery == delivery)
            #expect(try trial.claim(1).nextDue == .seconds(10))
            try trial.advance(by: .seconds(10))
        }
        #expect(try trial.claim(1).jobs.isEmpty)
        let snapshot = try trial.find(id)
        #expect(snapshot?.state == .dead)
        #expect(snapshot?.lostLeases == 3)
        #expect(snapshot?.deliveries == 3)
        #expect(snapshot?.failedAttempts == 0)
        #expect(snapshot?.failures.map(\.code) == [.poisoned])
        #expect(snapshot?.failures.last?.message.contains("“worker-3”") == true)
        #expect(try trial.outcome(of: id)?.outcome == snapshot?.failures.last.map { .failed($0) })
    }

    @Test("A cancelled job whose worker died ends as cancelled")
    func cancelled() throws {
        let trial = try StorageTrial()
        let id = try trial.submit()
        _ = try trial.take(lease: .seconds(10))
        #expect(try trial.cancel([id]) == [.requested])
        try trial.advance(by: .seconds(10))
        #expect(try trial.claim(1).jobs.isEmpty)
        #expect(try trial.outcome(of: id)?.outcome == .cancelled)
    }

    @Test("A lease can be made shorter, and one that is extended is kept")
    func extending() throws {
        let trial = try StorageTrial()
        try trial.submit()
        let job = try trial.take(lease: .seconds(60))
        func extend(_ duration: Duration) throws -> [LeaseStatus] {
            try trial.call(ExtendCall([job.lease], by: duration, keys: trial.keys, settings: trial.settings))
        }
        for _ in 0..<5 {
            try trial.advance(by: .seconds(50))
            #expect(try extend(.seconds(60)) == [.held])
            #expect(try trial.claim(1).jobs.isEmpty)
        }
        #expect(try extend(.seconds(5)) == [.held])
        #expect(try trial.claim(1).nextDue == .seconds(5))
        try trial.advance(by: .seconds(5))
        #expect(try trial.take().delivery == 2)
        #expect(try extend(.seconds(5)) == [.lost])
    }

    @Test("Outcomes are kept as long as their jobs ask, or as all are, and then take no room")
    func retention() throws {
        let trial = try StorageTrial(settings: StorageSettings(retention: .seconds(600)))
        let short = try trial.submit { $0.retention = .seconds(60) }
        let plain = try trial.submit()
        let none = try trial.submit { $0.retention = .zero }
        for job in try trial.claim(3).jobs { try trial.settle(job) }
        #expect(try trial.outcome(of: none) == nil)
        try trial.advance(by: .seconds(59))
        #expect(try trial.outcome(of: short) != nil)
        try trial.advance(by: .seconds(1))
        #expect(try trial.outcome(of: short) == nil)
        #expect(try trial.outcome(of: plain) != nil)
        try trial.advance(by: .seconds(540))
        #expect(try trial.outcome(of: plain) == nil)
        _ = try trial.claim(1)
        try trial.submit()
        try trial.settle(trial.take())
        #expect(try trial.heldCount() == 1)
        #expect(try trial.redis.send([Array("LLEN".utf8), trial.keys.all[9]]) == .integer(1))
    }
}
