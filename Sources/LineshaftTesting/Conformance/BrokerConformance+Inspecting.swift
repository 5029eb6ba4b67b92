//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// What can be seen of queues and workers.
    static let inspecting: [Case] = [
        Case("Counts are right after every kind of transition", needs: [.delays, .cancellation], inspector: true) {
            trial in
            func expect(
                _ step: String,
                scheduled: Int = 0,
                ready: Int = 0,
                running: Int = 0,
                dead: Int = 0,
                line: Int = #line
            ) async throws {
                let expected = QueueCounts(scheduled: scheduled, ready: ready, running: running, dead: dead)
                try check("the counts after \(step)", try await trial.counts(), is: expected, line: line)
            }
            try await expect("nothing")
            let ids = try await trial.submit(count: 4)
            let delayed = try await trial.submit { $0.start = trial.now + .seconds(60) }
            try await expect("submitting", scheduled: 1, ready: 4)
            let deliveries = try await trial.claim(4, lease: .seconds(30)).deliveries
            try await expect("claiming", scheduled: 1, running: 4)
            try await trial.settle(deliveries[0], .released)
            try await expect("releasing", scheduled: 1, ready: 1, running: 3)
            let retry = Settlement.Disposition.retry(after: .seconds(5), failure: trial.failure(), countsAttempt: true)
            try await trial.settle(deliveries[1], retry)
            try await expect("a retry", scheduled: 2, ready: 1, running: 2)
            try await trial.settle(deliveries[2], .failed(trial.failure()))
            try await expect("a failure", scheduled: 2, ready: 1, running: 1, dead: 1)
            _ = try await trial.broker.cancel([ids[0]])
            try await expect("cancelling", scheduled: 2, running: 1, dead: 1)
            try await trial.advance(by: .seconds(5))
            try await trial.settle(trial.take())
            try await expect("a success", scheduled: 1, running: 1, dead: 1)
            try await trial.advance(by: .seconds(25))
            try check("the lapsed job", try await trial.take().envelope.id, is: ids[3])
            try await expect("a lapsed lease", scheduled: 1, running: 1, dead: 1)
            _ = try await trial.inspector().delete([ids[2], delayed])
            try await expect("deleting", running: 1)
        },
        Case("Queues that have been used are listed by name, whatever became of their jobs", inspector: true) { trial in
            for name in ["b", "c", "a"] { try await trial.submit(queue: QueueName(name)) }
            try await trial.settle(trial.take(queue: "c"))
            try check("the queues", try await trial.inspector().queues(), is: ["a", "b", "c"])
            try check("an unused queue", try await trial.counts("never used"), is: QueueCounts())
        },
        Case("A large queue is read in pages, in the order in which its jobs would be taken", inspector: true) {
            trial in
            var ids: [JobID] = []
            for _ in 0..<5 { ids += try await trial.submit(count: 500) }
            try check("the pages", try await trial.pages(.ready, limit: 300), is: ids)
            let page = try await trial.inspector().jobs(in: trial.queue, state: .ready, after: nil, limit: 3)
            try check("a page of three", page.jobs.map(\.id), is: Array(ids[0..<3]))
        },
        Case("Delayed jobs are read in pages, in the order of their times", needs: .delays, inspector: true) { trial in
            var ids: [(delay: Int, id: JobID)] = []
            for number in 0..<200 {
                let delay = 100 + number * 37 % 200
                ids.append((delay, try await trial.submit { $0.start = trial.now + .seconds(delay) }))
            }
            let expected = ids.sorted { $0.delay < $1.delay }.map(\.id)
            try check("the pages", try await trial.pages(.scheduled, limit: 30), is: expected)
        },
        Case("Urgent jobs come first in pages as well", needs: .priorities, inspector: true) { trial in
            var ids: [JobPriority: [JobID]] = [:]
            for number in 0..<60 {
                let priority = JobPriority(number % 3 * 4)
                ids[priority, default: []].append(try await trial.submit(priority: priority))
            }
            let expected = ids.sorted { $0.key > $1.key }.flatMap(\.value)
            try check("the pages", try await trial.pages(.ready, limit: 7), is: expected)
        },
        Case("Jobs that do not move are not missed when others leave between two pages", inspector: true) { trial in
            let ids = try await trial.submit(count: 100)
            let inspector = try trial.inspector()
            let first = try await inspector.jobs(in: trial.queue, state: .ready, after: nil, limit: 40)
            _ = try await trial.claim(20)
            let second = try await inspector.jobs(in: trial.queue, state: .ready, after: first.cursor, limit: 100)
            let seen = Set((first.jobs + second.jobs).map(\.id))
            try check(seen.isSuperset(of: ids[20...]), "A page left out a job that had not moved.")
        },
        Case("Running and dead jobs are read in pages", inspector: true) { trial in
            _ = try await trial.submit(count: 60)
            let deliveries = try await trial.claim(60, worker: WorkerID("worker-9")).deliveries
            let running = try await trial.pages(.running, limit: 7)
            try check("the running jobs", Set(running), is: Set(deliveries.map(\.envelope.id)))
            try check("the number of them", running.count, is: 60)
            for delivery in deliveries { try await trial.settle(delivery, .failed(trial.failure())) }
            try check("the dead letters", try await trial.pages(.dead, limit: 7), is: deliveries.map(\.envelope.id))
        },
        Case("A running job says who runs it and since when", needs: .cancellation, inspector: true) { trial in
            let id = try await trial.submit()
            _ = try await trial.take(worker: WorkerID("worker-9"))
            var snapshot = try await trial.inspector().find(id)
            try check("the state", snapshot?.state, is: .running)
            try check("the worker", snapshot?.worker, is: WorkerID("worker-9"))
            try check("the time", snapshot?.runningSince, is: trial.now)
            try check("the deliveries", snapshot?.deliveries, is: 1)
            try check("the cancellation", snapshot?.isCancelRequested, is: false)
            _ = try await trial.broker.cancel([id])
            snapshot = try await trial.inspector().find(id)
            try check("the cancellation", snapshot?.isCancelRequested, is: true)
        },
        Case("A job that ended well, or that nobody knows, is not found", inspector: true) { trial in
            let id = try await trial.submit()
            try check("the ready job", try await trial.inspector().find(id)?.state, is: .ready)
            try await trial.settle(trial.take())
            try check("the ended job", try await trial.inspector().find(id)?.state, is: nil)
            try check("an unknown job", try await trial.inspector().find(trial.makeID())?.state, is: nil)
        },
        Case("Workers that have reported are listed until they leave or fall silent", inspector: true) { trial in
            let inspector = try trial.inspector()
            let report = trial.report("worker-2")
            try await trial.broker.announce(report)
            try await trial.broker.announce(trial.report("worker-1"))
            try check("the workers", try await inspector.workers().map(\.id.rawValue), is: ["worker-1", "worker-2"])
            try check("the report", try await inspector.workers().last, is: report)
            await trial.broker.detach(WorkerID("worker-1"))
            try check("those that are left", try await inspector.workers().map(\.id.rawValue), is: ["worker-2"])
            try await trial.advance(by: .seconds(31))
            try check("those not silent", try await inspector.workers().map(\.id.rawValue), is: [])
        },
        Case("A cursor that is none is refused", inspector: true) { trial in
            let inspector = try trial.inspector()
            try await check("the page", throws: .rejected) {
                _ = try await inspector.jobs(in: trial.queue, state: .ready, after: "no cursor", limit: 1)
            }
        },
    ]
}

extension BrokerTrial {
    /// All jobs in a state, read in pages.
    fileprivate func pages(_ state: JobState, limit: Int) async throws -> [JobID] {
        var ids: [JobID] = []
        var cursor: String?
        repeat {
            let page = try await inspector().jobs(in: queue, state: state, after: cursor, limit: limit)
            try check(page.jobs.count <= limit, "A page of \(limit) held \(page.jobs.count) jobs.")
            try check(page.jobs.allSatisfy { $0.state == state }, "A page held a job in another state.")
            ids += page.jobs.map(\.id)
            cursor = page.cursor
        } while cursor != nil
        return ids
    }

    fileprivate func report(_ name: String) -> WorkerReport {
        WorkerReport(
            id: WorkerID(name),
            host: "host",
            processID: 4711,
            started: now,
            version: "1.2.3",
            queues: [WorkerReport.Queue(name: queue, concurrency: 4, weight: 2)],
            concurrency: 8,
            knownJobs: ["trial.job": 3],
            running: 1,
            runs: [WorkerReport.Run(id: JobID(high: 1, low: 2), name: "job", queue: queue, attempt: 2, since: now)],
            stuck: 0,
            validity: .seconds(30)
        )
    }
}
