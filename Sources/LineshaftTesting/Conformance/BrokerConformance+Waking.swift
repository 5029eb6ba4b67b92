//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// How queues are stopped.
    static let pausing: [Case] = [
        Case("A paused queue takes jobs but gives none out", needs: .pause, inspector: true) { trial in
            let inspector = try trial.inspector()
            let running = try await trial.submit()
            let delivery = try await trial.take()
            try check("the running job", delivery.envelope.id, is: running)
            try await inspector.setPaused(true, queue: trial.queue)
            try await inspector.setPaused(true, queue: trial.queue)
            let id = try await trial.submit()
            try await trial.takeNothing()
            try await trial.settle(delivery)
            try check("the counts", try await trial.counts(), is: QueueCounts(ready: 1, isPaused: true))
            try await inspector.setPaused(false, queue: trial.queue)
            try check("the job", try await trial.take().envelope.id, is: id)
            try check("the counts", try await trial.counts(), is: QueueCounts(running: 1))
        },
        Case("A queue can be paused before it is used, and others go on", needs: .pause, inspector: true) { trial in
            try await trial.inspector().setPaused(true, queue: "stopped")
            try check("the queues", try await trial.inspector().queues(), is: ["stopped"])
            try await trial.submit(queue: "stopped")
            try await trial.submit()
            _ = try await trial.take()
            try await trial.takeNothing(queue: "stopped")
        },
        Case("Resuming a queue wakes workers that wait", .idleIsQuiet, needs: .pause, inspector: true) { trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-1")))
            try await trial.inspector().setPaused(true, queue: trial.queue)
            try await trial.submit()
            try await trial.takeNothing()
            try await trial.inspector().setPaused(false, queue: trial.queue)
            try await told.wait()
            _ = try await trial.take()
        },
    ]

    /// How waiting workers learn of work.
    static let waking: [Case] = [
        Case("A worker that found nothing is woken by the next job", .idleIsQuiet) { trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-1")))
            for round in 1...3 {
                try await trial.takeNothing()
                try await trial.submit()
                try await told.wait(forWakes: round)
                try await trial.settle(trial.take())
            }
        },
        Case("A worker of whose claims at the same time one finds nothing is woken by the next job", .idleIsQuiet) {
            trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-1")))
            for round in 1...3 {
                _ = try await trial.submit(count: 5)
                let taken = try await withThrowingTaskGroup(of: [Delivery].self) { group in
                    for _ in 0..<2 {
                        group.addTask { try await trial.broker.claim(trial.request(5)).deliveries }
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                try check("the deliveries", taken.count, is: 5)
                try await trial.submit()
                try await told.wait(forWakes: round)
                for delivery in taken { try await trial.settle(delivery) }
                try await trial.settle(trial.take())
            }
        },
        Case("A worker that found less than it asked for is woken by the next job", .idleIsQuiet) { trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-1")))
            try await trial.submit()
            try check("the deliveries", try await trial.claim(2).deliveries.count, is: 1)
            try await trial.submit()
            try await told.wait()
        },
        Case("As many jobs as there are waiting workers wake them all", .idleIsQuiet) { trial in
            let workers = (1...4).map { WorkerID("worker-\($0)") }
            let told = workers.map { _ in Told() }
            for (worker, told) in zip(workers, told) {
                try await trial.broker.attach(told.port(worker))
                _ = try await trial.claim(1, worker: worker)
            }
            _ = try await trial.submit(count: 4)
            for told in told { try await told.wait() }
        },
        Case("A released job wakes a worker that waits", .shutdownIsNotFailure) { trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-2")))
            try await trial.submit()
            let delivery = try await trial.take(worker: WorkerID("worker-1"))
            _ = try await trial.claim(1, worker: WorkerID("worker-2"))
            try await trial.settle(delivery, .released)
            try await told.wait()
        },
        Case("A worker is woken for any of its queues", .idleIsQuiet) { trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-1")))
            let request = ClaimRequest(
                worker: WorkerID("worker-1"),
                shares: ["a", "b"].map { ClaimRequest.Share(queue: QueueName($0), fair: 1, maximum: 2) },
                limit: 2,
                lease: .seconds(30),
                poisonLimit: 3
            )
            _ = try await trial.broker.claim(request)
            try await trial.submit(queue: "b")
            try await told.wait(forWakes: 1)
            try check("the deliveries", try await trial.broker.claim(request).deliveries.count, is: 1)
            try await trial.submit(queue: "a")
            try await told.wait(forWakes: 2)
        },
        Case("A worker whose slots of one queue are full does not take another's wake", .idleIsQuiet) { trial in
            let full = Told()
            let free = Told()
            try await trial.broker.attach(full.port(WorkerID("full")))
            try await trial.broker.attach(free.port(WorkerID("free")))
            try await trial.submit()
            let request = ClaimRequest(
                worker: WorkerID("full"),
                shares: [
                    ClaimRequest.Share(queue: trial.queue, fair: 1, maximum: 1),
                    ClaimRequest.Share(queue: "other", fair: 1, maximum: 5),
                ],
                limit: 5,
                lease: .seconds(30),
                poisonLimit: 3
            )
            try check("the deliveries", try await trial.broker.claim(request).deliveries.count, is: 1)
            _ = try await trial.claim(1, worker: WorkerID("free"))
            try await trial.submit()
            try await free.wait()
        },
        Case("A worker that leaves after it was woken leaves the job to another", .atLeastOnce) { trial in
            let first = Told()
            let second = Told()
            try await trial.broker.attach(first.port(WorkerID("worker-1")))
            _ = try await trial.claim(1, worker: WorkerID("worker-1"))
            try await trial.submit()
            try await first.wait()
            try await trial.broker.attach(second.port(WorkerID("worker-2")))
            let request = trial.request(1, worker: WorkerID("worker-2"), queue: "other")
            _ = try await trial.broker.claim(request)
            await trial.broker.detach(WorkerID("worker-1"))
            try check("the job", try await trial.claim(1, worker: WorkerID("worker-2")).deliveries.count, is: 1)
        },
        Case("A worker that was woken and wants less leaves the job to another", .idleIsQuiet) { trial in
            let first = Told()
            let second = Told()
            try await trial.broker.attach(first.port(WorkerID("worker-1")))
            _ = try await trial.claim(1, worker: WorkerID("worker-1"))
            try await trial.submit()
            try await first.wait()
            // The second is not woken for the job, because it waits for another queue.
            try await trial.broker.attach(second.port(WorkerID("worker-2")))
            let shares = [trial.queue, "other"].map { ClaimRequest.Share(queue: $0, fair: 1, maximum: 1) }
            let taken = try await trial.take(worker: WorkerID("worker-3"))
            let request = ClaimRequest(
                worker: WorkerID("worker-2"),
                shares: shares,
                limit: 1,
                lease: .seconds(30),
                poisonLimit: 3
            )
            try check("nothing", try await trial.broker.claim(request).deliveries.count, is: 0)
            try await trial.settle(taken, .released)
            // Whoever is woken for it, the first has no room any more.
            let less = ClaimRequest(
                worker: WorkerID("worker-1"),
                shares: [],
                limit: 0,
                lease: .seconds(30),
                poisonLimit: 3
            )
            _ = try await trial.broker.claim(less)
            try await second.wait()
            try check("the job", try await trial.broker.claim(request).deliveries.count, is: 1)
        },
        Case("A lease that will run out before the others is told to a worker that waits", .atLeastOnce) { trial in
            // Workers of a broker that has them look often need not be told.
            if let interval = trial.broker.idleInterval, interval <= .seconds(5) { return }
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("idle")))
            _ = try await trial.submit(count: 2)
            _ = try await trial.take(worker: WorkerID("worker-1"), lease: .seconds(60))
            let short = try await trial.take(worker: WorkerID("worker-2"), lease: .seconds(60))
            let claim = try await trial.claim(1, worker: WorkerID("idle"))
            try check("when to look", claim.nextDue.map { $0 > .seconds(50) }, is: true)
            let statuses = try await trial.broker.extend([short.lease], by: .seconds(5))
            try check("the lease", statuses, is: [.held])
            try await told.wait(forWorkWithin: .seconds(5))
            try await trial.advance(by: .seconds(5))
            let again = try await trial.claim(1, worker: WorkerID("idle"))
            try check("the job", again.deliveries.map(\.envelope.id), is: [short.envelope.id])
        },
        Case("A lease that is shorter than those before is told to a worker that waits", .atLeastOnce) { trial in
            if let interval = trial.broker.idleInterval, interval <= .seconds(5) { return }
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("idle")))
            _ = try await trial.submit(count: 2)
            let held = try await trial.claim(2, worker: WorkerID("worker-1"), lease: .seconds(60))
            _ = try await trial.claim(1, worker: WorkerID("idle"))
            try await trial.settle(held.deliveries[1], .released)
            _ = try await trial.take(worker: WorkerID("worker-2"), lease: .seconds(5))
            try await told.wait(forWorkWithin: .seconds(5))
        },
        Case("A retried dead letter wakes a worker that waits", .idleIsQuiet, inspector: true) { trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-1")))
            let id = try await trial.submit()
            try await trial.settle(trial.take(), .failed(trial.failure()))
            try await trial.takeNothing()
            _ = try await trial.inspector().retry([id])
            try await told.wait()
        },
    ]
}
