//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@testable import Lineshaft

/// Random histories of calls, after each step of which nothing may be lost, doubled or miscounted.
@Suite(.timeLimit(.minutes(20)))
struct QueueTableHistoryTests {
    @Test(arguments: UInt64(0)..<60)
    func `Whatever is called, every job is in one place and ends once`(seed: UInt64) throws {
        var history = History(seed: seed)
        history.limit()
        for step in 0..<1500 {
            history.step()
            try history.check()
            if step % 20 == 0 { try history.checkParts() }
        }
        try history.drain()
    }
}

/// A table, what was done to it, and the leases that are out.
private struct History {
    var random: Xoshiro256
    var table = QueueTable(maximumDeadLetters: 20)
    var second = 0
    /// What clocks that are set forth and back add to the wall time.
    var drift = 0
    var accepted: Set<JobID> = []
    var ended: [JobID: Int] = [:]
    var revived: [JobID: Int] = [:]
    var held: [Delivery] = []
    var newest: [JobID: UInt64] = [:]
    let queues: [QueueName] = ["a", "b"]

    init(seed: UInt64) {
        random = Xoshiro256(seed: seed)
    }

    var moment: Moment {
        Moment(now: Timestamp(millisecondsSinceEpoch: Int64(second + drift + 1000) * 1000), uptime: .seconds(second))
    }

    mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    mutating func anyID() -> JobID { JobID(high: 1, low: UInt64(pick(accepted.count + 1))) }

    mutating func step() {
        switch pick(20) {
        case 0...5: submit()
        case 6...9: claim()
        case 10...13: settle()
        case 14: _ = table.cancel(anyID(), at: moment)
        case 15: _ = table.delete(anyID(), at: moment)
        case 16:
            let id = anyID()
            if table.retry(id, at: moment) { revived[id, default: 0] += 1 }
        case 17: second += pick(12)
        case 18: drift += pick(20) - 10
        default:
            if pick(10) == 0 { table.setPaused(pick(2) == 0, queue: queues[pick(2)]) }
            guard !held.isEmpty else { return }
            let delivery = held[pick(held.count)]
            let status = table.extend(delivery.lease, by: .seconds(pick(20) + 1), at: moment)
            if status != .lost { #expect(newest[delivery.envelope.id] == delivery.lease.token) }
        }
        for ending in table.endings { ended[ending.id, default: 0] += 1 }
        table.endings = []
        table.takeArrivals(at: moment) { _, _ in }
    }

    /// Limits the tenants and a job type of one queue or the other, sometimes.
    mutating func limit() {
        let rate = RateLimit(1, per: .seconds(1 + pick(5)), burst: 1 + pick(3))
        let parts = [PartLimits(concurrency: 1 + pick(2)), PartLimits(rate: rate), .none]
        for queue in queues {
            let limits = QueueLimits(perTenant: parts[pick(3)], perJob: ["slow": parts[pick(3)]])
            table.setLimits(limits, queue: queue, at: moment)
        }
    }

    mutating func submit() {
        var details = Envelope.Details()
        let now = moment.now
        if pick(2) == 0 { details.tenant = TenantName("t\(pick(4))") }
        if pick(3) == 0 { details.start = now + .seconds(pick(20)) }
        if pick(4) == 0 { details.expires = now + .seconds(pick(40)) }
        if pick(4) == 0 { details.deadline = now + .seconds(pick(60)) }
        if pick(4) == 0 {
            details.unique = UniqueClaim(key: "\(pick(5))", window: pick(2) == 0 ? nil : .seconds(pick(30)))
        }
        let envelope = Envelope(
            id: JobID(high: 1, low: UInt64(accepted.count)),
            name: pick(3) == 0 ? "slow" : "job",
            queue: queues[pick(2)],
            priority: JobPriority(pick(10)),
            payload: [],
            submitted: now,
            details: details
        )
        let submission = Submission(envelope, maximumLength: pick(3) == 0 ? 30 : nil)
        if table.enqueue(submission, at: moment) == .accepted { accepted.insert(envelope.id) }
    }

    mutating func claim() {
        let shares = queues.map { ClaimRequest.Share(queue: $0, fair: 1 + pick(2), maximum: 2 + pick(3)) }
        let request = ClaimRequest(
            worker: WorkerID("w"),
            shares: shares,
            limit: 1 + pick(6),
            lease: .seconds(1 + pick(30)),
            poisonLimit: 2
        )
        var hungry: [QueueName] = []
        let claim = table.claim(request, at: moment, hungry: &hungry)
        #expect(claim.deliveries.count <= request.limit)
        for delivery in claim.deliveries {
            #expect(newest[delivery.envelope.id] ?? 0 < delivery.lease.token)
            newest[delivery.envelope.id] = delivery.lease.token
        }
        held += claim.deliveries
        guard pick(8) == 0, claim.deliveries.count < request.limit else { return }
        for share in shares {
            let given = claim.deliveries.count { $0.envelope.queue == share.queue }
            if given < share.maximum { checkWork(of: share.queue) }
        }
    }

    /// What is ready and was not given out is kept back by a limit: no place is idle.
    func checkWork(of queue: QueueName) {
        guard let number = table.existingNumber(of: queue), !table.queues[number].isPaused else { return }
        for record in records(of: number) where record.state == .ready {
            let envelope = record.envelope
            let hold = table.queues[number].parts.hold(of: envelope.name, tenant: envelope.tenant, at: moment.uptime)
            #expect(hold != nil, "\(envelope.id) of \(queue) could run")
        }
    }

    func records(of number: Int) -> [JobRecord] {
        accepted.compactMap { table.slot(of: $0) }.map { table.records[$0] }.filter { $0.queue == UInt32(number) }
    }

    /// Limits are kept, and what the parts count is what there is.
    func checkParts() throws {
        for (number, queue) in table.queues.enumerated() {
            let records = records(of: number)
            for (name, index) in queue.parts.numbers where name != QueueParts.nobody {
                let tenant = queue.parts.tenants[index]
                let own = records.filter { $0.envelope.tenant == name }
                try #require(tenant.use.running == own.count { $0.state == .running })
                try #require(tenant.waiting == own.count { $0.state == .ready })
                try #require(tenant.lines.reduce(0) { $0 + $1.count } >= tenant.waiting)
                if let most = tenant.use.limits.concurrency { try #require(tenant.use.running <= most) }
            }
            for (job, index) in queue.parts.sectionNumbers {
                let use = queue.parts.sections[index].use
                try #require(use.running == records.count { $0.state == .running && $0.envelope.name == job })
                if let most = use.limits.concurrency { try #require(use.running <= most) }
            }
        }
    }

    mutating func settle() {
        guard !held.isEmpty else { return }
        let delivery = held.remove(at: pick(held.count))
        let time = moment.now
        let failure = JobFailure(code: .failed, message: "No.", type: "E", attempt: delivery.attempt, time: time)
        let dispositions: [Settlement.Disposition] = [
            .succeeded([1]), .failed(failure), .cancelled, .expired, .released,
            .retry(after: .seconds(pick(10)), failure: failure, countsAttempt: pick(2) == 0),
            .snoozed(for: .seconds(pick(10))), .parked(for: .seconds(pick(10))),
        ]
        let settlement = Settlement(lease: delivery.lease, disposition: dispositions[pick(dispositions.count)])
        let result = table.settle(settlement, at: moment)
        if result == .applied { #expect(newest[delivery.envelope.id] == delivery.lease.token) }
    }

    /// Compares what the table counts with what it holds.
    mutating func check() throws {
        var counted: [JobState: Int] = [:]
        for queue in table.queues {
            for state in JobState.allCases { counted[state, default: 0] += queue.counts.count(of: state) }
            try #require(queue.due.count == queue.counts.scheduled)
            try #require(queue.entryCount + queue.parts.count >= queue.counts.ready)
        }
        try #require(table.runs.count == counted[.running, default: 0])
        try #require(table.records.count == counted.values.reduce(0, +))
        try #require(table.index.count == table.records.count)
        for (id, count) in ended { try #require(count <= 1 + revived[id, default: 0]) }
    }

    /// Lets everything end, and sees that it has.
    mutating func drain() throws {
        for queue in queues { table.setPaused(false, queue: queue) }
        held = []
        drift = 0
        for _ in 0..<400 where table.queues.contains(where: { $0.length + $0.counts.running > 0 }) {
            second += 10
            claim()
            for delivery in held {
                _ = table.settle(Settlement(lease: delivery.lease, disposition: .succeeded([])), at: moment)
            }
            held = []
            for ending in table.endings { ended[ending.id, default: 0] += 1 }
            table.endings = []
        }
        // What cancelled jobs left in the lines of tenants goes when their turn comes.
        for _ in 0..<20 {
            second += 10
            claim()
        }
        for id in accepted { try #require(ended[id] == 1 + revived[id, default: 0]) }
        try check()
        for queue in table.queues {
            try #require(queue.ends.isEmpty && queue.due.isEmpty)
            try #require(queue.parts.count == 0 && queue.parts.blocked.isEmpty && queue.parts.rests.isEmpty)
            try #require(queue.holders.values.allSatisfy { $0.end != nil })
        }
    }
}
