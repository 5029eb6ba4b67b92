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
        for _ in 0..<1500 {
            history.step()
            try history.check()
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

    mutating func submit() {
        var details = Envelope.Details()
        let now = moment.now
        if pick(3) == 0 { details.start = now + .seconds(pick(20)) }
        if pick(4) == 0 { details.expires = now + .seconds(pick(40)) }
        if pick(4) == 0 { details.deadline = now + .seconds(pick(60)) }
        if pick(4) == 0 {
            details.unique = UniqueClaim(key: "\(pick(5))", window: pick(2) == 0 ? nil : .seconds(pick(30)))
        }
        let envelope = Envelope(
            id: JobID(high: 1, low: UInt64(accepted.count)),
            name: "job",
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
            try #require(queue.entryCount >= queue.counts.ready)
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
        for id in accepted { try #require(ended[id] == 1 + revived[id, default: 0]) }
        try check()
        for queue in table.queues {
            try #require(queue.ends.isEmpty && queue.due.isEmpty)
            try #require(queue.holders.values.allSatisfy { $0.end != nil })
        }
    }
}
