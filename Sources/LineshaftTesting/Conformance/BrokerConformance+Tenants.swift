//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// The tenants of a queue, served in turn, and what each of them and single job types are limited to.
    static let tenants: [Case] = turns + tenantLimits + jobLimits + partLooks

    private static let turns: [Case] = [
        Case("Tenants are served in turn, however many jobs one of them has", needs: .limits) { trial in
            let many = try await trial.submit(count: 100) { $0.tenant = "big" }
            let one = try await trial.submit { $0.tenant = "small" }
            let few = try await trial.submit(count: 2) { $0.tenant = "other" }
            let ids = try await trial.claim(6).deliveries.map(\.envelope.id)
            try check("the first", ids, is: [many[0], one, few[0], many[1], few[1], many[2]])
            try check("all others", try await trial.claim(100).deliveries.count, is: 97)
            try await trial.takeNothing()
        },
        Case("A tenant's turn is remembered from one claim to the next", needs: .limits) { trial in
            let first = try await trial.submit(count: 3) { $0.tenant = "a" }
            let second = try await trial.submit(count: 3) { $0.tenant = "b" }
            var ids: [JobID] = []
            for _ in 0..<6 { ids.append(try await trial.take().envelope.id) }
            try check("the order", ids, is: [first[0], second[0], first[1], second[1], first[2], second[2]])
        },
        Case("Jobs without a tenant take their turn among the tenants", needs: .limits) { trial in
            let plain = try await trial.submit(count: 3)
            let owned = try await trial.submit(count: 2) { $0.tenant = "a" }
            let ids = try await trial.claim(5).deliveries.map(\.envelope.id)
            try check("the first", Set(ids.prefix(2)), is: [plain[0], owned[0]])
            try check("the next", Set(ids[2..<4]), is: [plain[1], owned[1]])
            try check("the last", ids[4], is: plain[2])
        },
        Case("Among the jobs of one tenant the most urgent goes first", needs: [.limits, .priorities]) { trial in
            let normal = try await trial.submit(count: 2) { $0.tenant = "a" }
            let urgent = try await trial.submit(priority: .high) { $0.tenant = "a" }
            let other = try await trial.submit(priority: .low) { $0.tenant = "b" }
            let ids = try await trial.claim(4).deliveries.map(\.envelope.id)
            try check("the order", ids, is: [urgent, other, normal[0], normal[1]])
        },
        Case("A tenant's job that comes back, late or again, is given out", .atLeastOnce, needs: .limits) { trial in
            let id = try await trial.submit { details in
                details.tenant = "a"
                details.start = trial.now + .seconds(5)
            }
            try await trial.takeNothing()
            try await trial.advance(by: .seconds(5))
            for disposition in [
                Settlement.Disposition.released, .unstarted,
                .retry(after: .zero, failure: trial.failure(), countsAttempt: true),
            ] {
                let delivery = try await trial.take()
                try check("the job", delivery.envelope.id, is: id)
                try check("its tenant", delivery.envelope.details.tenant, is: "a")
                try await trial.settle(delivery, disposition)
            }
            _ = try await trial.claim(1, lease: .seconds(10))
            try await trial.advance(by: .seconds(10))
            let delivery = try await trial.take()
            try check("the job", delivery.envelope.id, is: id)
            try await trial.settle(delivery, .snoozed(for: .seconds(3)))
            try await trial.takeNothing()
            try await trial.advance(by: .seconds(3))
            try await trial.settle(trial.take())
            try await trial.takeNothing()
        },
        Case("A tenant's cancelled jobs are passed over", needs: .limits) { trial in
            let ids = try await trial.submit(count: 40) { $0.tenant = "a" }
            let other = try await trial.submit { $0.tenant = "b" }
            _ = try await trial.broker.cancel(Array(ids[0..<39]))
            let given = try await trial.claim(5).deliveries.map(\.envelope.id)
            try check("the jobs", given, is: [ids[39], other])
        },
    ]

    private static let tenantLimits: [Case] = [
        Case("No tenant has more jobs running than its limit, and others go on", needs: .limits, inspector: true) {
            trial in
            try await trial.limit(perTenant: PartLimits(concurrency: 2))
            let first = try await trial.submit(count: 10) { $0.tenant = "a" }
            let second = try await trial.submit(count: 3) { $0.tenant = "b" }
            let claim = try await trial.claim(8)
            let ids = claim.deliveries.map(\.envelope.id)
            try check("the jobs", ids, is: [first[0], second[0], first[1], second[1]])
            try check("what is held back", claim.heldBack, is: [trial.queue])
            try await trial.takeNothing()
            try await trial.settle(claim.deliveries[0])
            try check("the next", try await trial.claim(8).deliveries.map(\.envelope.id), is: [first[2]])
            let plain = try await trial.submit(count: 4)
            try check("nobody's", try await trial.claim(8).deliveries.map(\.envelope.id), is: plain)
        },
        Case(
            "A dead worker's place of a tenant is free again when its lease has run out",
            .atLeastOnce,
            needs: .limits,
            inspector: true
        ) { trial in
            try await trial.limit(perTenant: PartLimits(concurrency: 1))
            let ids = try await trial.submit(count: 2) { $0.tenant = "a" }
            _ = try await trial.claim(1, worker: WorkerID("dead"), lease: .seconds(10))
            let claim = try await trial.claim(1, worker: WorkerID("worker-2"))
            try check("the deliveries", claim.deliveries.count, is: 0)
            try check("when to look", claim.nextDue.map { $0 <= .seconds(10) }, is: true)
            try await trial.advance(by: .seconds(10))
            let later = try await trial.claim(5, worker: WorkerID("worker-2"))
            try check("the job", later.deliveries.map(\.envelope.id), is: [ids[0]])
        },
        Case("A tenant's place comes back however its job ends", needs: .limits, inspector: true) { trial in
            try await trial.limit(perTenant: PartLimits(concurrency: 1))
            _ = try await trial.submit(count: 8) { $0.tenant = "a" }
            let failure = trial.failure()
            for disposition in [
                Settlement.Disposition.succeeded([]), .failed(failure), .cancelled, .expired,
                .retry(after: .seconds(1_000), failure: failure, countsAttempt: true), .snoozed(for: .seconds(1_000)),
                .parked(for: .seconds(1_000)), .released,
            ] {
                let delivery = try await trial.take()
                try await trial.takeNothing()
                try await trial.settle(delivery, disposition)
            }
            try check("at the end", try await trial.claim(5).deliveries.count, is: 1)
        },
        Case("A tenant's jobs are begun no faster than its rate", .clocksMayDisagree, needs: .limits, inspector: true) {
            trial in
            try await trial.limit(perTenant: PartLimits(rate: RateLimit(1, per: .seconds(10), burst: 2)))
            _ = try await trial.submit(count: 5) { $0.tenant = "a" }
            _ = try await trial.submit(count: 1) { $0.tenant = "b" }
            try check("at first", try await trial.claim(10, lease: .seconds(1_000)).deliveries.count, is: 3)
            let claim = try await trial.claim(10, lease: .seconds(1_000))
            try check("too early", claim.deliveries.count, is: 0)
            try check("when to look", claim.nextDue.map { $0 > .seconds(9) && $0 <= .seconds(10) }, is: true)
            try await trial.advance(by: .seconds(10))
            try check(
                "then",
                try await trial.claim(10, lease: .seconds(1_000)).deliveries.map(\.envelope.details.tenant),
                is: ["a"]
            )
            try await trial.advance(by: .seconds(100))
            try check("after a rest", try await trial.claim(10, lease: .seconds(1_000)).deliveries.count, is: 2)
        },
        Case("A tenant's place that comes free wakes a worker", .idleIsQuiet, needs: .limits, inspector: true) {
            trial in
            try await trial.limit(perTenant: PartLimits(concurrency: 1))
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-2")))
            _ = try await trial.submit(count: 2) { $0.tenant = "a" }
            let delivery = try await trial.take(worker: WorkerID("worker-1"))
            try check("in vain", try await trial.claim(1, worker: WorkerID("worker-2")).deliveries.count, is: 0)
            try await trial.settle(delivery)
            try await told.wait()
            try check("the job", try await trial.claim(1, worker: WorkerID("worker-2")).deliveries.count, is: 1)
        },
        Case("Other limits of tenants hold at once", needs: .limits, inspector: true) { trial in
            try await trial.limit(perTenant: PartLimits(concurrency: 1))
            _ = try await trial.submit(count: 9) { $0.tenant = "a" }
            try check("at first", try await trial.claim(9).deliveries.count, is: 1)
            try await trial.limit(perTenant: PartLimits(concurrency: 3))
            try check("with more", try await trial.claim(9).deliveries.count, is: 2)
            try await trial.limit(perTenant: PartLimits(rate: RateLimit(1, per: .seconds(31_536_000))))
            try check("by rate", try await trial.claim(9).deliveries.count, is: 1)
            try await trial.takeNothing()
            try await trial.inspector().setLimits(.none, queue: trial.queue)
            try check("without", try await trial.claim(9).deliveries.count, is: 5)
        },
        Case("A tenant that other limits hold as well is let in by the next ones", needs: .limits, inspector: true) {
            trial in
            let month = Duration.seconds(2_592_000)
            try await trial.limit(perTenant: PartLimits(rate: RateLimit(1, per: month)))
            _ = try await trial.submit(count: 4) { $0.tenant = "a" }
            try check("at first", try await trial.claim(9).deliveries.count, is: 1)
            for count in [2, 3] {
                try await trial.limit(perTenant: PartLimits(rate: RateLimit(count, per: month * 9, burst: 1)))
                try await trial.takeNothing()
            }
            try await trial.limit(perTenant: PartLimits(concurrency: 2))
            try check("by places", try await trial.claim(9).deliveries.count, is: 1)
            try await trial.limit(perTenant: PartLimits(concurrency: 1))
            try await trial.takeNothing()
            try await trial.inspector().setLimits(.none, queue: trial.queue)
            try check("without", try await trial.claim(9).deliveries.count, is: 2)
        },
        Case(
            "Other limits for thousands of tenants that are held are looked at bit by bit",
            needs: .limits,
            inspector: true
        ) {
            trial in
            let month = Duration.seconds(2_592_000)
            try await trial.limit(perTenant: PartLimits(rate: RateLimit(1, per: month)))
            let count = 5_000
            for start in stride(from: 0, to: count, by: 500) {
                let envelopes = (start..<start + 500).flatMap { number in
                    (0..<2).map { _ in trial.envelope { $0.tenant = TenantName("t\(number)") } }
                }
                _ = try await trial.broker.enqueue(envelopes.map { Submission($0) })
            }
            var taken = 0
            while case let deliveries = try await trial.claim(500).deliveries, !deliveries.isEmpty {
                taken += deliveries.count
                let settlements = deliveries.map { Settlement(lease: $0.lease, disposition: .succeeded([])) }
                _ = try await trial.broker.settle(settlements)
            }
            try check("the first of each", taken, is: count)
            try await trial.limit(perTenant: PartLimits(rate: RateLimit(1, per: month * 2)))
            // Some calls may find nothing for having looked at enough.
            for _ in 0..<30 { taken += try await trial.claim(500).deliveries.count }
            try check("while other limits hold", taken, is: count)
            try await trial.inspector().setLimits(.none, queue: trial.queue)
            for _ in 0..<30 { taken += try await trial.claim(500).deliveries.count }
            try check("without", taken, is: 2 * count)
        },
    ]

    private static let jobLimits: [Case] = [
        Case("No more jobs of a type run than its limit, and other types go on", needs: .limits, inspector: true) {
            trial in
            try await trial.limit(perJob: ["slow": PartLimits(concurrency: 2)])
            let slow = try await trial.submitSlow(count: 5)
            let quick = try await trial.submit(count: 3)
            let claim = try await trial.claim(9)
            let ids = claim.deliveries.map(\.envelope.id)
            try check("the jobs", Set(ids), is: Set(slow[0..<2] + quick))
            try check("what is held back", claim.heldBack, is: [trial.queue])
            try await trial.takeNothing()
            try await trial.settle(claim.deliveries[ids.firstIndex(of: slow[0]) ?? 0])
            try check("the next", try await trial.claim(9).deliveries.map(\.envelope.id), is: [slow[2]])
        },
        Case("A type's limit counts what runs when it is set", needs: .limits, inspector: true) { trial in
            let slow = try await trial.submitSlow(count: 4)
            let running = try await trial.claim(2).deliveries
            try await trial.limit(perJob: ["slow": PartLimits(concurrency: 2)])
            try await trial.takeNothing()
            try await trial.settle(running[0])
            try check("the next", try await trial.claim(9).deliveries.map(\.envelope.id), is: [slow[2]])
            try await trial.inspector().setLimits(.none, queue: trial.queue)
            try check("without", try await trial.claim(9).deliveries.map(\.envelope.id), is: [slow[3]])
        },
        Case("Tenants take turns in the jobs of a limited type too", needs: .limits, inspector: true) { trial in
            try await trial.limit(perJob: ["slow": PartLimits(concurrency: 1)])
            let big = try await trial.submitSlow(count: 20, tenant: "big")
            let small = try await trial.submitSlow(count: 1, tenant: "small")
            var ids: [JobID] = []
            for _ in 0..<3 {
                let deliveries = try await trial.claim(9).deliveries
                try check("at once", deliveries.count, is: 1)
                ids.append(deliveries[0].envelope.id)
                try await trial.settle(deliveries[0])
            }
            try check("the small one's place", ids.firstIndex(of: small[0]).map { $0 <= 2 }, is: true)
            try check("the first", ids.contains(big[0]), is: true)
        },
        Case("A type's jobs are begun no faster than its rate", needs: .limits, inspector: true) { trial in
            try await trial.limit(perJob: ["slow": PartLimits(rate: RateLimit(1, per: .seconds(10)))])
            _ = try await trial.submitSlow(count: 3)
            try check("at first", try await trial.claim(9, lease: .seconds(1_000)).deliveries.count, is: 1)
            let claim = try await trial.claim(9, lease: .seconds(1_000))
            try check("too early", claim.deliveries.count, is: 0)
            try check("when to look", claim.nextDue.map { $0 > .seconds(9) && $0 <= .seconds(10) }, is: true)
            try await trial.advance(by: .seconds(10))
            try check("then", try await trial.claim(9, lease: .seconds(1_000)).deliveries.count, is: 1)
        },
        Case("A limit of a part out of its range is refused", needs: .limits, inspector: true) { trial in
            let inspector = try trial.inspector()
            let bad = [
                QueueLimits(perTenant: PartLimits(concurrency: 0)),
                QueueLimits(perTenant: PartLimits(rate: RateLimit(0, per: .seconds(1)))),
                QueueLimits(perJob: ["slow": PartLimits(concurrency: -1)]),
                QueueLimits(perJob: ["": PartLimits(concurrency: 1)]),
            ]
            for limits in bad {
                try await check("setting \(limits)", throws: .rejected) {
                    try await inspector.setLimits(limits, queue: trial.queue)
                }
            }
        },
    ]

    private static let partLooks: [Case] = [
        Case("It is told which limit keeps a job back", needs: .limits, inspector: true) { trial in
            try await trial.limit(
                perTenant: PartLimits(concurrency: 1),
                perJob: ["slow": PartLimits(rate: RateLimit(1, per: .seconds(60)))]
            )
            let ids = try await trial.submit(count: 2) { $0.tenant = "a" }
            let slow = try await trial.submitSlow(count: 2)
            try check("what runs", try await trial.claim(9).deliveries.count, is: 2)
            let inspector = try trial.inspector()
            let waiting = try await inspector.find(ids[1])
            try check("the tenant's", waiting?.hold, is: LimitHold(.tenant("a")))
            let hold = try await inspector.find(slow[1])?.hold
            try check("the type's", hold?.part, is: .job("slow"))
            try check("until when", hold?.rateDelay.map { $0 > .seconds(59) && $0 <= .seconds(60) }, is: true)
        },
        Case("Tenants are counted, and their jobs listed, in pages", needs: .limits, inspector: true) { trial in
            try await trial.limit(perTenant: PartLimits(concurrency: 1))
            var jobs: Set<JobID> = []
            for number in 0..<30 {
                jobs.formUnion(try await trial.submit(count: number + 1) { $0.tenant = TenantName("t\(number)") })
            }
            jobs.subtract(try await trial.claim(2).deliveries.map(\.envelope.id))
            let inspector = try trial.inspector()
            var found: [TenantCounts] = []
            var cursor: String?
            repeat {
                let page = try await inspector.tenants(in: trial.queue, after: cursor, limit: 7)
                found += page.tenants
                cursor = page.cursor
            } while cursor != nil
            try check("the tenants", Set(found.map(\.tenant)).count, is: 29)
            try check("once each", found.count, is: 29)
            try check("the ready ones", found.reduce(0) { $0 + $1.ready }, is: jobs.count)
            let held = found.filter(\.isHeldBack)
            try check("the held", held, is: [TenantCounts(tenant: "t1", ready: 1, running: 1, isHeldBack: true)])
            var listed: [JobID] = []
            repeat {
                let page = try await inspector.jobs(in: trial.queue, state: .ready, after: cursor, limit: 11)
                listed += page.jobs.map(\.id)
                cursor = page.cursor
            } while cursor != nil
            try check("the jobs", Set(listed), is: jobs)
            try check("once each", listed.count, is: jobs.count)
        },
    ]
}

extension BrokerTrial {
    /// Limits the parts of the trial's queue.
    fileprivate func limit(perTenant: PartLimits? = nil, perJob: [JobName: PartLimits] = [:]) async throws {
        try await inspector().setLimits(QueueLimits(perTenant: perTenant, perJob: perJob), queue: queue)
    }

    /// Submits jobs of the type `slow`.
    fileprivate func submitSlow(count: Int, tenant: TenantName? = nil) async throws -> [JobID] {
        let envelopes = (0..<count).map { _ in envelope(name: "slow") { $0.tenant = tenant } }
        let receipts = try await broker.enqueue(envelopes.map { Submission($0) })
        try check("the receipts", receipts, is: Array(repeating: .accepted, count: count))
        return envelopes.map(\.id)
    }
}
