//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// How much of a queue is given out, over all workers.
    static let limits: [Case] = concurrencyLimits + rateLimits

    private static let concurrencyLimits: [Case] = [
        Case("No more jobs run at once than the queue's limit, over all workers", needs: .limits, inspector: true) {
            trial in
            try await trial.limit(concurrency: 3)
            _ = try await trial.submit(count: 10)
            let first = try await trial.claim(2, worker: WorkerID("worker-1"))
            let second = try await trial.claim(5, worker: WorkerID("worker-2"))
            try check("the deliveries", [first, second].map(\.deliveries.count), is: [2, 1])
            try check("what is held back", second.heldBack, is: [trial.queue])
            try await trial.takeNothing()
            try await trial.settle(first.deliveries[0])
            try check("after an end", try await trial.claim(5).deliveries.count, is: 1)
            let counts = try await trial.counts()
            try check("the running jobs", counts.running, is: 3)
            try check("the limits", counts.limits, is: QueueLimits(concurrency: 3))
        },
        Case("A settlement makes room for the claim that comes with it", needs: .limits, inspector: true) { trial in
            try await trial.limit(concurrency: 1)
            let ids = try await trial.submit(count: 3)
            var delivery = try await trial.take()
            for id in ids.dropFirst() {
                let settlement = Settlement(lease: delivery.lease, disposition: .succeeded([]))
                let (results, claim) = try await trial.broker.settle([settlement], claiming: trial.request(5))
                try check("the result", results, is: [.applied])
                try check("the jobs", claim.deliveries.map(\.envelope.id), is: [id])
                delivery = claim.deliveries[0]
            }
        },
        Case(
            "A dead worker's place is free again when its lease has run out",
            .atLeastOnce,
            needs: .limits,
            inspector: true
        ) { trial in
            try await trial.limit(concurrency: 1)
            let ids = try await trial.submit(count: 2)
            _ = try await trial.claim(1, worker: WorkerID("dead"), lease: .seconds(10))
            let claim = try await trial.claim(1, worker: WorkerID("worker-2"))
            try check("the deliveries", claim.deliveries.count, is: 0)
            try check("when to look", claim.nextDue.map { $0 <= .seconds(10) }, is: true)
            try await trial.advance(by: .seconds(10))
            let later = try await trial.claim(5, worker: WorkerID("worker-2"))
            try check("the job", later.deliveries.map(\.envelope.id), is: [ids[0]])
        },
        Case("A place that comes free wakes a worker that waits for it", .idleIsQuiet, needs: .limits, inspector: true)
        {
            trial in
            try await trial.limit(concurrency: 1)
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-2")))
            _ = try await trial.submit(count: 2)
            let delivery = try await trial.take(worker: WorkerID("worker-1"))
            try check("in vain", try await trial.claim(1, worker: WorkerID("worker-2")).deliveries.count, is: 0)
            try await trial.settle(delivery)
            try await told.wait()
            try check("the job", try await trial.claim(1, worker: WorkerID("worker-2")).deliveries.count, is: 1)
        },
        Case("A higher limit wakes a worker that waits", .idleIsQuiet, needs: .limits, inspector: true) { trial in
            try await trial.limit(concurrency: 1)
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-2")))
            _ = try await trial.submit(count: 2)
            _ = try await trial.take(worker: WorkerID("worker-1"))
            _ = try await trial.claim(1, worker: WorkerID("worker-2"))
            try await trial.inspector().setLimits(.none, queue: trial.queue)
            try await told.wait()
            try check("the job", try await trial.claim(1, worker: WorkerID("worker-2")).deliveries.count, is: 1)
            try check("the limits", try await trial.counts().limits, is: .none)
        },
        Case("A lower limit lets running jobs finish first", needs: .limits, inspector: true) { trial in
            _ = try await trial.submit(count: 5)
            let deliveries = try await trial.claim(3).deliveries
            try await trial.limit(concurrency: 1)
            for delivery in deliveries {
                try await trial.takeNothing()
                try await trial.settle(delivery)
            }
            try check("then", try await trial.claim(5).deliveries.count, is: 1)
        },
        Case("A limit of one queue leaves others alone", needs: .limits, inspector: true) { trial in
            try await trial.limit(concurrency: 1)
            _ = try await trial.submit(count: 2)
            _ = try await trial.submit(count: 2, queue: "other")
            let request = ClaimRequest(
                worker: WorkerID("worker-1"),
                shares: [trial.queue, "other"].map { ClaimRequest.Share(queue: $0, fair: 2, maximum: 4) },
                limit: 4,
                lease: .seconds(30),
                poisonLimit: 3
            )
            let claim = try await trial.broker.claim(request)
            try check("the queues", claim.deliveries.map(\.envelope.queue), is: [trial.queue, "other", "other"])
            try check("what is held back", claim.heldBack, is: [trial.queue])
        },
        Case("A limit out of its range is refused and changes nothing", needs: .limits, inspector: true) { trial in
            try await trial.limit(concurrency: 2)
            let inspector = try trial.inspector()
            let bad = [
                QueueLimits(concurrency: 0),
                QueueLimits(rate: RateLimit(0, per: .seconds(1))),
                QueueLimits(rate: RateLimit(1, per: .zero)),
                QueueLimits(rate: RateLimit(1, per: .seconds(1), burst: 0)),
                QueueLimits(rate: RateLimit(1_000_000, per: .milliseconds(1))),
            ]
            for limits in bad {
                try await check("setting \(limits)", throws: .rejected) {
                    try await inspector.setLimits(limits, queue: trial.queue)
                }
            }
            try check("the limits", try await trial.counts().limits, is: QueueLimits(concurrency: 2))
        },
    ]

    private static let rateLimits: [Case] = [
        Case("Jobs are begun no faster than the queue's rate", .clocksMayDisagree, needs: .limits, inspector: true) {
            trial in
            try await trial.limit(rate: RateLimit(2, per: .seconds(10)))
            _ = try await trial.submit(count: 4)
            try check("at once", try await trial.claim(4).deliveries.count, is: 1)
            let claim = try await trial.claim(4, worker: WorkerID("worker-2"))
            try check("too early", claim.deliveries.count, is: 0)
            try check("when to look", claim.nextDue.map { $0 > .seconds(4) && $0 <= .seconds(5) }, is: true)
            try check("what it waits for", try await trial.counts().rateDelay.map { $0 > .seconds(4) }, is: true)
            for _ in 0..<3 {
                try await trial.advance(by: .seconds(5))
                try check("each time", try await trial.claim(4).deliveries.count, is: 1)
            }
            try check("at the end", try await trial.counts().rateDelay, is: nil)
        },
        Case("A rate lets a burst go after a rest, and no more", needs: .limits, inspector: true) { trial in
            try await trial.limit(rate: RateLimit(1, per: .seconds(10), burst: 3))
            _ = try await trial.submit(count: 10)
            try check("at first", try await trial.claim(10).deliveries.count, is: 3)
            try await trial.advance(by: .seconds(10))
            try check("without rest", try await trial.claim(10).deliveries.count, is: 1)
            try await trial.advance(by: .seconds(1_000))
            try check("after a rest", try await trial.claim(10).deliveries.count, is: 3)
        },
        Case("A job that goes back unstarted gives back its part of the rate", needs: .limits, inspector: true) {
            trial in
            try await trial.limit(rate: RateLimit(1, per: .seconds(10)))
            try await trial.submit()
            try await trial.settle(trial.take(), .unstarted)
            try await trial.settle(trial.take(), .released)
            try await trial.takeNothing()
        },
        Case("Setting the same rate again refills nothing", needs: .limits, inspector: true) { trial in
            let rate = RateLimit(1, per: .seconds(10), burst: 2)
            try await trial.limit(rate: rate)
            _ = try await trial.submit(count: 5)
            try check("at first", try await trial.claim(5).deliveries.count, is: 2)
            try await trial.limit(rate: rate)
            try await trial.takeNothing()
        },
    ]
}

extension BrokerTrial {
    /// Limits the trial's queue.
    fileprivate func limit(concurrency: Int? = nil, rate: RateLimit? = nil) async throws {
        try await inspector().setLimits(QueueLimits(concurrency: concurrency, rate: rate), queue: queue)
    }
}
