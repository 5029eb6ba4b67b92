//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@testable import Lineshaft

@Suite(.timeLimit(.minutes(20)))
struct QueueTableTests {
    static let queue: QueueName = "tests"
    var table = QueueTable(maximumDeadLetters: 3)
    var number: UInt64 = 0

    @Test
    mutating func `Entries of cancelled jobs are dropped once they outnumber the others`() {
        let kept = add(50)
        for _ in 0..<100 {
            for id in add(100) { #expect(table.cancel(id, at: moment()) == .ended) }
            #expect(table.queues[0].entryCount <= 2 * table.queues[0].counts.ready + 164)
        }
        #expect(claim(1000).map(\.envelope.id) == kept)
    }

    @Test
    mutating func `Ends of leases do not pile up when jobs are short and leases long`() {
        for _ in 0..<500 {
            add(16)
            for delivery in claim(16) { settle(delivery, .succeeded([])) }
            #expect(table.queues[0].alarmCount <= 2 * 16 + 256)
        }
        #expect(table.runs.count == 0)
        #expect(table.index.count == 0)
    }

    @Test
    mutating func `Ends of leases do not pile up when they are extended or shortened over and over`() {
        add(4)
        let deliveries = claim(4)
        for round in 0..<5000 {
            for delivery in deliveries {
                let duration = Duration.seconds(round % 2 == 0 ? 60 : 59)
                #expect(table.extend(delivery.lease, by: duration, at: moment()) == .held)
            }
        }
        #expect(table.queues[0].alarmCount <= 2 * 4 + 256)
        #expect(claim(4, at: 58).isEmpty)
        #expect(claim(4, at: 59).count == 4)
    }

    @Test
    mutating func `Memory of a burst is given back once all of it is done`() {
        add(10_000)
        add(100, start: 5)
        #expect(table.records.capacity >= 10_100)
        while true {
            let deliveries = claim(500, at: 5)
            if deliveries.isEmpty { break }
            for delivery in deliveries { settle(delivery, .succeeded([])) }
        }
        #expect(table.records.capacity == 0)
        let ids = add(3)
        #expect(claim(10, at: 5).map(\.envelope.id) == ids)
    }

    @Test
    mutating func `Only the newest dead letters are kept`() {
        let ids = add(5)
        for delivery in claim(5) { settle(delivery, .failed(failure)) }
        let page = table.jobs(in: Self.queue, state: .dead, after: nil, limit: 10, at: moment())
        #expect(page?.jobs.map(\.id) == Array(ids[2...]))
        #expect(table.counts(of: Self.queue, at: moment()).dead == 3)
        #expect(table.find(ids[0], at: moment()) == nil)
    }

    @Test
    mutating func `A table that keeps no dead letters keeps none`() {
        table = QueueTable(maximumDeadLetters: 0)
        add(2)
        for delivery in claim(2) { settle(delivery, .failed(failure)) }
        #expect(table.records.count == 0)
        #expect(table.endings.count == 2)
    }

    @Test
    mutating func `Windows of unique keys are dropped after their end`() {
        for second in 0..<1000 {
            let unique = UniqueClaim(key: "\(second)", window: .seconds(5))
            add(1, at: second) { $0.unique = unique }
        }
        #expect(table.queues[0].holders.count <= 10)
    }

    @Test
    mutating func `A job knows how many go before it`() {
        let ids = add(3)
        let urgent = add(2, priority: .highest)
        #expect(table.find(urgent[1], at: moment())?.ahead == 1)
        #expect(table.find(ids[2], at: moment())?.ahead == 4)
        _ = table.cancel(ids[0], at: moment())
        #expect(table.find(ids[2], at: moment())?.ahead == nil)
    }

    @Test
    mutating func `Arrivals of a paused queue are told when it is resumed`() {
        table.setPaused(true, queue: Self.queue)
        add(3)
        #expect(takeArrivals().isEmpty)
        table.setPaused(false, queue: Self.queue)
        #expect(takeArrivals() == [Self.queue: 3])
        #expect(takeArrivals().isEmpty)
    }

    @Test
    mutating func `A worker is hungry for the queues that it could have taken more from`() {
        add(1)
        var hungry: [QueueName] = []
        let shares = [(Self.queue, 1), ("b", 2), ("c", 0)].map {
            ClaimRequest.Share(queue: $0.0, fair: 1, maximum: $0.1)
        }
        let request = ClaimRequest(
            worker: WorkerID("w"),
            shares: shares,
            limit: 2,
            lease: .seconds(30),
            poisonLimit: 3
        )
        _ = table.claim(request, at: moment(), hungry: &hungry)
        #expect(hungry == ["b"])
    }

    @Test
    mutating func `Expiry and deadline are watched only while a job waits`() {
        let ids = add(1) {
            $0.expires = Timestamp(millisecondsSinceEpoch: 10_000)
            $0.deadline = Timestamp(millisecondsSinceEpoch: 20_000)
        }
        let delivery = claim(1)[0]
        #expect(table.queues[0].ends.isEmpty)
        #expect(claim(1, at: 25).isEmpty)
        #expect(table.find(ids[0], at: moment(25))?.state == .running)
        settle(delivery, .released, at: 25)
        #expect(table.find(ids[0], at: moment(25))?.state == .dead)
        #expect(table.endings.map(\.id) == ids)
    }
}

extension QueueTableTests {
    var failure: JobFailure {
        JobFailure(code: .failed, message: "No.", type: "E", attempt: 1, time: Timestamp(nanosecondsSinceEpoch: 0))
    }

    func moment(_ second: Int = 0) -> Moment {
        Moment(now: Timestamp(millisecondsSinceEpoch: Int64(second) * 1000), uptime: .seconds(second))
    }

    mutating func makeID() -> JobID {
        number += 1
        return JobID(high: 1, low: number)
    }

    @discardableResult
    mutating func add(
        _ count: Int,
        priority: JobPriority = .normal,
        start: Int? = nil,
        at second: Int = 0,
        _ change: (inout Envelope.Details) -> Void = { _ in }
    ) -> [JobID] {
        (0..<count).map { _ in
            var details = Envelope.Details()
            details.start = start.map { Timestamp(millisecondsSinceEpoch: Int64($0) * 1000) }
            change(&details)
            let envelope = Envelope(
                id: makeID(),
                name: "job",
                queue: Self.queue,
                priority: priority,
                payload: [],
                submitted: moment(second).now,
                details: details
            )
            #expect(table.enqueue(Submission(envelope), at: moment(second)) == .accepted)
            return envelope.id
        }
    }

    mutating func claim(_ limit: Int, at second: Int = 0) -> [Delivery] {
        var hungry: [QueueName] = []
        let request = ClaimRequest(
            worker: WorkerID("w"),
            shares: [ClaimRequest.Share(queue: Self.queue, fair: limit, maximum: limit)],
            limit: limit,
            lease: .seconds(30),
            poisonLimit: 3
        )
        return table.claim(request, at: moment(second), hungry: &hungry).deliveries
    }

    mutating func settle(_ delivery: Delivery, _ disposition: Settlement.Disposition, at second: Int = 0) {
        let settlement = Settlement(lease: delivery.lease, disposition: disposition)
        #expect(table.settle(settlement, at: moment(second)) == .applied)
    }

    mutating func takeArrivals() -> [QueueName: Int] {
        var arrivals: [QueueName: Int] = [:]
        table.takeArrivals(at: moment()) { arrivals[$0] = $1 }
        return arrivals
    }
}
