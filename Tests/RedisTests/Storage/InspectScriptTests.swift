//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Testing

@testable internal import Lineshaft
@testable internal import LineshaftRedis

@Suite("Cancelling and inspecting on a real server", .timeLimit(.minutes(20)))
struct InspectScriptTests {
    @Test("Cancelling tells what became of each job, and the worker of one that runs")
    func cancelling() throws {
        let trial = try StorageTrial()
        let running = try trial.submit()
        let job = try trial.take(worker: "worker-9")
        let ready = try trial.submit()
        let urgent = try trial.submit(priority: .high)
        let delayed = try trial.submit { $0.start = trial.now + .seconds(60) }
        let dead = try trial.submit(priority: .highest)
        try trial.settle(trial.take(), .failed(trial.failure()))
        let listener = try trial.listen(to: trial.settings.channel(of: WorkerID("worker-9")))
        let results = try trial.cancel([running, ready, urgent, delayed, dead, trial.makeID(), ready])
        #expect(
            results == [.requested, .cancelled, .cancelled, .cancelled, .alreadyFinished, .notFound, .alreadyFinished]
        )
        #expect(try listener.nextMessage() == .cancel([running]))
        #expect(try trial.find(running)?.isCancelRequested == true)
        #expect(try trial.find(running)?.worker == WorkerID("worker-9"))
        #expect(try trial.find(running)?.runningSince == trial.now)
        #expect(try trial.outcome(of: urgent)?.outcome == .cancelled)
        #expect(try trial.counts() == QueueCounts(running: 1, dead: 1))
        try trial.advance(by: .seconds(20))
        try trial.settle(job, .retry(after: .zero, failure: trial.failure(), countsAttempt: true))
        #expect(try trial.outcome(of: running)?.outcome == .cancelled)
        #expect(try trial.outcome(of: running)?.attempts == 1)
        #expect(try trial.cancel([running]) == [.alreadyFinished])
        #expect(try trial.claim(10).jobs.isEmpty)
    }

    @Test("Cancelling most of 1,200 waiting jobs leaves the others in order, also when one comes back")
    func ghosts() throws {
        let trial = try StorageTrial(settings: StorageSettings(retention: .seconds(1)))
        let ids = try trial.submit(count: 600) + trial.submit(count: 600)
        let gone = ids.enumerated().filter { $0.offset % 6 != 0 }.map(\.element)
        #expect(try trial.cancel(gone).allSatisfy { $0 == .cancelled })
        let rest = ids.enumerated().filter { $0.offset % 6 == 0 }.map(\.element)
        #expect(try trial.counts() == QueueCounts(ready: 200))
        #expect(try trial.pages(.ready, limit: 30) == rest)
        try trial.advance(by: .seconds(2))
        try trial.submit(id: gone[0])
        #expect(try trial.counts() == QueueCounts(ready: 201))
        var taken: [JobID] = []
        var calls = 0
        while taken.count < 201, calls < 100 {
            taken += try trial.claim(20).jobs.map(\.lease.id)
            calls += 1
        }
        #expect(taken == rest + [gone[0]])
        #expect(try trial.counts() == QueueCounts(running: 201))
    }

    @Test("Pages go on where they ended though jobs were taken from the front")
    func pages() throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 100)
        let first = try trial.call(
            try PageCall(.ready, after: nil, limit: 40, keys: trial.keys, settings: trial.settings)
        )
        #expect(first.jobs.map(\.id) == Array(ids[..<40]))
        _ = try trial.claim(20)
        let second = try trial.call(
            try PageCall(.ready, after: first.cursor, limit: 100, keys: trial.keys, settings: trial.settings)
        )
        #expect(second.jobs.map(\.id) == Array(ids[40...]))
        #expect(second.cursor == nil)
        #expect(try trial.pages(.running, limit: 7) == Array(ids[..<20]))
        #expect(throws: StorageError.self) {
            try PageCall(.ready, after: "nonsense", limit: 1, keys: trial.keys, settings: trial.settings)
        }
    }

    @Test("Delayed jobs of the same time are all seen in pages", arguments: [1, 3, 50])
    func sameTime(_ limit: Int) throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 100) { $0.start = trial.now + .seconds(60) }
        #expect(try trial.pages(.scheduled, limit: limit) == ids.sorted())
    }

    @Test("A ready job says how many go before it")
    func ahead() throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 5)
        let urgent = try trial.submit(priority: .high)
        let low = try trial.submit(priority: .low)
        #expect(try trial.find(urgent)?.ahead == 0)
        #expect(try trial.find(ids[3])?.ahead == 4)
        #expect(try trial.find(low)?.ahead == 6)
        #expect(try trial.find(trial.makeID()) == nil)
    }

    @Test("A dead letter that is retried begins anew, and its outcome is withdrawn")
    func retrying() throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 3) { details in
            details.deadline = trial.now + .seconds(60)
            details.unique = nil
        }
        for job in try trial.claim(3).jobs { try trial.settle(job, .failed(trial.failure())) }
        #expect(try trial.pages(.dead, limit: 2) == ids)
        try trial.advance(by: .seconds(100))
        let found = try trial.call(FindCall([ids[1]], keys: trial.keys, settings: trial.settings))
        #expect(found.now == trial.now)
        let envelope = try #require(found.jobs[ids[1]]).envelope.resubmitted(at: found.now)
        let retry = try RetryCall([envelope], keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(retry) == [true])
        #expect(try trial.call(retry) == [false])
        #expect(try trial.outcome(of: ids[1]) == nil)
        let job = try trial.take()
        #expect((job.attempt, job.delivery) == (1, 1))
        #expect(try job.envelope.get().details.deadline == trial.now + .seconds(60))
        try trial.settle(job, .succeeded([1]))
        #expect(try trial.outcome(of: ids[1])?.outcome == .succeeded([1]))
        try trial.advance(by: .seconds(3500))
        // What was kept of the first end does not shorten what is kept of the second.
        try trial.submit()
        try trial.settle(trial.take())
        #expect(try trial.outcome(of: ids[1])?.outcome == .succeeded([1]))
        #expect(try trial.counts() == QueueCounts(dead: 2))
    }

    @Test("Only so many dead letters are kept, and the outcomes of those that are dropped stay")
    func buryingMany() throws {
        let trial = try StorageTrial(settings: StorageSettings(maximumDeadLetters: 3))
        let ids = try trial.submit(count: 5)
        for job in try trial.claim(5).jobs { try trial.settle(job, .failed(trial.failure())) }
        #expect(try trial.pages(.dead, limit: 10) == Array(ids[2...]))
        #expect(try trial.find(ids[0]) == nil)
        #expect(try trial.outcome(of: ids[0])?.outcome == .failed(trial.failure()))
    }

    @Test("A job that expires in the very call that cancels it has expired")
    func tooLate() throws {
        let trial = try StorageTrial()
        let id = try trial.submit { $0.expires = trial.now + .seconds(1) }
        try trial.advance(by: .seconds(1))
        #expect(try trial.cancel([id]) == [.alreadyFinished])
        #expect(try trial.outcome(of: id)?.outcome == .expired)
    }

    @Test("Deleting ends what waits, drops what is dead, and leaves alone what runs")
    func deleting() throws {
        let trial = try StorageTrial()
        let ids = try trial.submit(count: 3)
        let jobs = try trial.claim(2).jobs
        try trial.settle(jobs[0], .failed(trial.failure()))
        let call = DeleteCall(ids + [trial.makeID()], keys: trial.keys, settings: trial.settings)
        #expect(try trial.call(call) == [true, false, true, false])
        #expect(try trial.counts() == QueueCounts(running: 1))
        #expect(try trial.outcome(of: ids[2])?.outcome == .cancelled)
    }
}
