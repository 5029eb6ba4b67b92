//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Testing

@testable internal import LineshaftRedis

@Suite("Turns of workers on a real server", .timeLimit(.minutes(20)))
struct TurnScriptTests {
    @Test("A job is given out with everything it was submitted with, and its outcome is kept")
    func delivers() throws {
        let trial = try StorageTrial()
        let envelope = trial.envelope(priority: .high, payload: Array(0...255), replyTo: ClientID(99)) { details in
            details.input = [9, 8, 7]
            details.headers = ["ключ": "значение ✓"]
            details.retry = .exponential(maximumAttempts: 7)
        }
        #expect(try trial.enqueue([Submission(envelope)]) == [.accepted])
        let job = try trial.take()
        #expect(try job.envelope.get() == envelope)
        #expect((job.attempt, job.delivery) == (1, 1))
        try trial.settle(job, .succeeded([1, 2]))
        let record = try trial.outcome(of: envelope.id)
        #expect(record?.outcome == .succeeded([1, 2]))
        #expect(record?.attempts == 1)
        #expect(record?.finished == trial.now)
        #expect(record?.replyTo == ClientID(99))
        #expect(record?.retention == .seconds(3600))
        #expect(try trial.counts() == QueueCounts())
    }

    @Test("Settling and claiming many jobs in one call does both", arguments: [1, 15, 16, 17, 100, 1000])
    func turns(_ count: Int) throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: count)
        let first = try trial.claim(count)
        #expect(first.jobs.map(\.lease.id) == ids)
        #expect(try trial.counts() == QueueCounts(running: count))
        let more = try trial.submit(count: count)
        let items = first.jobs.map { job in
            TurnCall.Item(Settlement(lease: job.lease, disposition: .succeeded([7])), head: job.head)
        }
        let second = try trial.turn(items.reversed(), claiming: trial.request(count))
        #expect(second.results == Array(repeating: .applied, count: count))
        #expect(second.jobs.map(\.lease.id) == more)
        #expect(try trial.call(OutcomesCall(of: ids, keys: trial.keys, settings: trial.settings)).count == count)
        #expect(try trial.turn(items, claiming: nil).results == Array(repeating: .applied, count: count))
        #expect(try trial.counts() == QueueCounts(running: count))
    }

    @Test("Every way in which a job ends is recorded, with its head and without", arguments: [true, false])
    func ends(_ withHead: Bool) throws {
        let trial = try StorageTrial()
        let failure = trial.failure()
        let ends: [(Settlement.Disposition, Outcome, attempts: Int)] = [
            (.succeeded([1, 2]), .succeeded([1, 2]), 1), (.failed(failure), .failed(failure), 1),
            (.cancelled, .cancelled, 1), (.expired, .expired, 0),
        ]
        for (disposition, outcome, attempts) in ends {
            let id = try trial.submit()
            #expect(try trial.outcome(of: id) == nil)
            try trial.settle(trial.take(), disposition, withHead: withHead)
            #expect(try trial.outcome(of: id)?.outcome == outcome)
            #expect(try trial.outcome(of: id)?.attempts == attempts)
        }
        #expect(try trial.counts() == QueueCounts(dead: 1))
    }

    @Test("A worker that lost its lease can settle nothing, and repeating what was applied is safe")
    func fences() throws {
        let trial = try StorageTrial()
        let id = try trial.submit()
        let first = try trial.take(lease: .seconds(10))
        try trial.advance(by: .seconds(11))
        let second = try trial.take(worker: "worker-2")
        #expect(second.lease.token > first.lease.token)
        #expect((second.attempt, second.delivery) == (1, 2))
        for disposition in [Settlement.Disposition.succeeded([1]), .failed(trial.failure()), .released] {
            try trial.settle(first, disposition, expecting: .refused)
        }
        try trial.settle(second, .released)
        try trial.settle(second, .released)
        let third = try trial.take()
        try trial.settle(second, .released)
        try trial.settle(first, .released, expecting: .refused)
        try trial.settle(third, .succeeded([3]))
        try trial.settle(third, .succeeded([4]))
        try trial.settle(second, .succeeded([2]), expecting: .refused)
        #expect(try trial.outcome(of: id)?.outcome == .succeeded([3]))
        #expect(try trial.counts() == QueueCounts())
    }

    @Test("A refused settlement keeps no other from being applied, nor does the same one twice in a call")
    func mixed() throws {
        let trial = try StorageTrial()
        try trial.submit(count: 2)
        let jobs = try trial.claim(2).jobs
        let unknown = Lease(id: trial.makeID(), queue: trial.queue, token: 1)
        let settlements = [
            Settlement(lease: jobs[0].lease, disposition: .succeeded([])),
            Settlement(lease: unknown, disposition: .succeeded([])),
            Settlement(lease: jobs[0].lease, disposition: .succeeded([9])),
            Settlement(lease: jobs[1].lease, disposition: .succeeded([])),
        ]
        let turn = try trial.turn(settlements.map { TurnCall.Item($0) }, claiming: nil)
        #expect(turn.results == [.applied, .refused, .applied, .applied])
        #expect(try trial.outcome(of: jobs[0].lease.id)?.outcome == .succeeded([]))
    }

    @Test("What is not settled of a group keeps its lease")
    func partial() throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 16)
        let jobs = try trial.claim(16, lease: .seconds(10)).jobs
        for index in [3, 0, 15, 7] { try trial.settle(jobs[index]) }
        #expect(try trial.counts().running == 12)
        #expect(try trial.cancel([ids[5]]) == [.requested])
        try trial.settle(jobs[4])
        let leases = jobs.map(\.lease)
        let statuses = try trial.call(
            ExtendCall(Array(leases[4...6]), by: .seconds(60), keys: trial.keys, settings: trial.settings)
        )
        #expect(statuses == [.lost, .cancelRequested, .held])
        try trial.advance(by: .seconds(10))
        // Those that were not extended have run out, in the order in which they come to the front.
        let again = try trial.claim(100)
        #expect(Set(again.jobs.map(\.lease.id)) == Set([1, 2, 8, 9, 10, 11, 12, 13, 14].map { ids[$0] }))
        #expect(again.jobs.allSatisfy { $0.delivery == 2 })
        #expect(try trial.counts().running == 11)
        try trial.settle(jobs[5], .released)
        #expect(try trial.outcome(of: ids[5])?.outcome == .cancelled)
        try trial.settle(jobs[6])
        #expect(try trial.counts().running == 9)
    }

    @Test("Attempts and deliveries are counted apart, and the last ten failures are kept")
    func counting() throws {
        let trial = try StorageTrial()
        let id = try trial.submit()
        for attempt in 1...13 {
            let job = try trial.take()
            #expect((job.attempt, job.delivery) == (attempt, attempt))
            let failure = trial.failure(attempt: attempt, "Failure number \(attempt).")
            let retry = Settlement.Disposition.retry(after: .zero, failure: failure, countsAttempt: true)
            try trial.settle(job, retry)
            try trial.settle(job, retry)
        }
        for disposition in [Settlement.Disposition.snoozed(for: .zero), .released, .unstarted, .parked(for: .zero)] {
            #expect(try trial.settle(trial.take(), disposition).results == [.applied])
        }
        let snapshot = try trial.find(id)
        #expect(snapshot?.failures.map(\.attempt) == Array(4...13))
        #expect(snapshot?.failedAttempts == 13)
        #expect(snapshot?.deliveries == 17)
        try trial.settle(trial.take())
        #expect(try trial.outcome(of: id)?.attempts == 14)
    }

    @Test("Urgent jobs go first, equal ones in order, and what goes back goes to the front of its like")
    func order() throws {
        let trial = try StorageTrial()
        let low = try trial.submit(priority: .low)
        let normal = try trial.submit(count: 2)
        let high = [try trial.submit(priority: .high), try trial.submit(priority: .high)]
        let highest = try trial.submit(priority: .highest)
        let job = try trial.take()
        #expect(job.lease.id == highest)
        try trial.settle(job, .released)
        let expected = [highest] + high + normal + [low]
        #expect(try trial.pages(.ready, limit: 4) == expected)
        let jobs = try trial.claim(4).jobs
        #expect(jobs.map(\.lease.id) == Array(expected[..<4]))
        for job in jobs.reversed() { try trial.settle(job, .unstarted) }
        #expect(try trial.claim(10).jobs.map(\.lease.id) == expected)
    }
}
