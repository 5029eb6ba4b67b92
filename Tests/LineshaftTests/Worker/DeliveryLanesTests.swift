//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct DeliveryLanesTests {
    private func delivery(_ queue: QueueName, _ number: UInt64 = 1) -> Delivery {
        let id = JobID(high: 1, low: number)
        let envelope = Envelope(id: id, name: "job", queue: queue, payload: [], submitted: VirtualClock.defaultStart)
        return Delivery(envelope: envelope, lease: Lease(id: id, queue: queue, token: number), attempt: 1, delivery: 1)
    }

    /// Begins a claim.
    private func begin(
        _ lanes: inout DeliveryLanes,
        _ want: (limit: Int, shares: [ClaimRequest.Share])
    ) -> DeliveryLanes.OpenClaim {
        let request = ClaimRequest(
            worker: WorkerID("w"),
            shares: want.shares,
            limit: want.limit,
            lease: .seconds(8),
            poisonLimit: 5
        )
        return lanes.begin(request)
    }

    /// Claims as a broker with endless queues would answer, fair shares first.
    private func claimAll(_ lanes: inout DeliveryLanes, prefetch: Int = 0) throws -> [QueueName: Int] {
        let want = try need(lanes.want(prefetch: prefetch))
        let request = begin(&lanes, want)
        var taken: [QueueName: Int] = [:]
        var left = want.limit
        for isFair in [true, false] {
            for share in want.shares {
                let most = (isFair ? share.fair : share.maximum) - taken[share.queue, default: 0]
                let count = max(0, min(most, left))
                taken[share.queue, default: 0] += count
                left -= count
            }
        }
        let deliveries = taken.sorted { $0.key < $1.key }.flatMap { pair in
            (0..<pair.value).map { delivery(pair.key, UInt64($0 + 1)) }
        }
        lanes.add(Claim(deliveries: deliveries), for: request, at: .zero)
        return taken
    }

    @Test
    func `Over many single claims each queue gets its weight`() throws {
        let queues: WorkerQueues = [
            "a": .init(concurrency: 1, weight: 5), "b": .init(concurrency: 1, weight: 3),
            "c": .init(concurrency: 1, weight: 2),
        ]
        var lanes = DeliveryLanes(queues, concurrency: 1)
        var counts: [QueueName: Int] = [:]
        for _ in 0..<1_000 {
            for (queue, count) in try claimAll(&lanes) { counts[queue, default: 0] += count }
            let held = try need(lanes.start())
            lanes.end(held.delivery.envelope.queue)
        }
        #expect(counts == ["a": 500, "b": 300, "c": 200])
    }

    @Test
    func `No more are started than queue and worker allow`() throws {
        var lanes = DeliveryLanes(["a": 2, "b": 3], concurrency: 4)
        _ = try claimAll(&lanes, prefetch: 10)
        var running: [QueueName: Int] = [:]
        while let held = lanes.start() { running[held.delivery.envelope.queue, default: 0] += 1 }
        #expect(running.values.reduce(0, +) == 4)
        #expect(running["a", default: 0] <= 2 && running["b", default: 0] <= 3)
        #expect(lanes.running == 4 && !lanes.canStart)
        lanes.end("a")
        #expect(lanes.canStart)
    }

    @Test
    func `A queue that gave less than asked for is not asked again until there is news`() throws {
        var lanes = DeliveryLanes(["a": 4], concurrency: nil)
        let request = begin(&lanes, try need(lanes.want(prefetch: 0)))
        #expect(request.request.limit == 4 && request.request.shares == [.init(queue: "a", fair: 4, maximum: 4)])
        lanes.add(Claim(deliveries: [delivery("a")]), for: request, at: .zero)
        #expect(!lanes.wantsMore(prefetch: 0))
        lanes.expectMore()
        #expect(lanes.wantsMore(prefetch: 0))
        let second = begin(&lanes, try need(lanes.want(prefetch: 0)))
        #expect(second.request.limit == 3)
        // What is announced while a claim is under way may have come too late for it.
        lanes.expectMore()
        lanes.add(Claim(), for: second, at: .zero)
        #expect(lanes.wantsMore(prefetch: 0))
    }

    @Test
    func `A queue that had no room when others were asked is asked once it has`() throws {
        var lanes = DeliveryLanes(["a": 1, "b": 1], concurrency: nil)
        let first = begin(&lanes, try need(lanes.want(prefetch: 0)))
        lanes.add(Claim(deliveries: [delivery("a")]), for: first, at: .zero)
        _ = try need(lanes.start())
        lanes.expectMore()
        let second = begin(&lanes, try need(lanes.want(prefetch: 0)))
        #expect(second.request.shares.map(\.queue) == ["b"])
        lanes.add(Claim(), for: second, at: .zero)
        #expect(!lanes.wantsMore(prefetch: 0))
        lanes.end("a")
        #expect(lanes.wantsMore(prefetch: 0))
    }

    @Test
    func `A second claim asks for no more than a first one that is under way leaves`() throws {
        var lanes = DeliveryLanes(["a": 6, "b": 4], concurrency: nil)
        let first = begin(&lanes, (4, [.init(queue: "a", fair: 4, maximum: 4)]))
        #expect(lanes.wantsMore(prefetch: 0, atLeast: 6) && !lanes.wantsMore(prefetch: 0, atLeast: 7))
        let second = begin(&lanes, try need(lanes.want(prefetch: 0)))
        #expect(second.request.limit == 6)
        #expect(second.request.shares.reduce(into: [:]) { $0[$1.queue] = $1.maximum } == ["a": 2, "b": 4])
        #expect(!lanes.wantsMore(prefetch: 0) && lanes.want(prefetch: 0) == nil)
        lanes.abandon(first)
        let third = try need(lanes.want(prefetch: 0))
        #expect(third.limit == 4 && third.shares.map(\.queue) == ["a"])
        lanes.add(Claim(deliveries: [delivery("b")]), for: second, at: .zero)
        #expect(lanes.buffered == 1 && given(lanes.want(prefetch: 0))?.limit == 9)
    }

    @Test
    func `Of claims that are under way, one that came too early for news asks again`() throws {
        var lanes = DeliveryLanes(["a": 8], concurrency: nil)
        let first = begin(&lanes, (4, [.init(queue: "a", fair: 4, maximum: 4)]))
        lanes.expectMore()
        let second = begin(&lanes, (4, [.init(queue: "a", fair: 4, maximum: 4)]))
        lanes.add(Claim(), for: first, at: .zero)
        #expect(lanes.wantsMore(prefetch: 0))
        lanes.add(Claim(), for: second, at: .zero)
        #expect(!lanes.wantsMore(prefetch: 0))
    }

    @Test
    func `What a newer claim found is news for an older one that ends after it`() throws {
        var lanes = DeliveryLanes(["a": 8], concurrency: nil)
        let first = begin(&lanes, (4, [.init(queue: "a", fair: 4, maximum: 4)]))
        lanes.expectMore()
        let second = begin(&lanes, (2, [.init(queue: "a", fair: 2, maximum: 2)]))
        lanes.add(Claim(deliveries: [delivery("a", 1), delivery("a", 2)]), for: second, at: .zero)
        lanes.add(Claim(), for: first, at: .zero)
        #expect(lanes.wantsMore(prefetch: 0))
        let third = begin(&lanes, (2, [.init(queue: "a", fair: 2, maximum: 2)]))
        lanes.add(Claim(), for: third, at: .zero)
        #expect(!lanes.wantsMore(prefetch: 0))
    }

    @Test
    func `A claim of another queue that ends first does not hide news from an older one`() throws {
        var lanes = DeliveryLanes(["a": 4, "b": 4], concurrency: nil)
        let first = begin(&lanes, (4, [.init(queue: "a", fair: 4, maximum: 4)]))
        lanes.expectMore()
        let second = begin(&lanes, (4, [.init(queue: "b", fair: 4, maximum: 4)]))
        lanes.add(Claim(), for: second, at: .zero)
        lanes.add(Claim(), for: first, at: .zero)
        #expect(given(lanes.want(prefetch: 0))?.shares.contains { $0.queue == "a" } == true)
        #expect(lanes.wantsMore(prefetch: 0))
    }

    @Test
    func `A busy worker's claims are divided`() throws {
        var lanes = DeliveryLanes(["a": 96], concurrency: nil)
        #expect(try need(lanes.want(prefetch: 96)).limit == 64)
        lanes = DeliveryLanes(["a": 40], concurrency: nil)
        #expect(try need(lanes.want(prefetch: 96)).limit == 136)
    }

    @Test
    func `Pausing gives back what was not started and asks for nothing more`() throws {
        var lanes = DeliveryLanes(["a": 2, "b": 1], concurrency: nil)
        let request = begin(&lanes, try need(lanes.want(prefetch: 0)))
        lanes.add(
            Claim(deliveries: [delivery("a", 1), delivery("a", 2), delivery("b", 3)]),
            for: request,
            at: .zero
        )
        _ = try need(lanes.start())
        let (isServed, returned) = lanes.setPaused(true, "a")
        #expect(isServed && returned.map(\.delivery.lease.token) == [2])
        #expect(lanes.buffered == 1)
        lanes.expectMore()
        #expect(!lanes.wantsMore(prefetch: 0))
        // What a claim brings that was under way is found and given back.
        let second = lanes.begin(request.request)
        lanes.add(Claim(deliveries: [delivery("a", 4)]), for: second, at: .zero)
        #expect(given(lanes.drainPaused()).map(\.delivery.lease.token) == [4])
        #expect(given(lanes.drainPaused()).isEmpty)
        #expect(given(lanes.setPaused(false, "a")).returned.isEmpty)
        #expect(lanes.wantsMore(prefetch: 0))
        #expect(!given(lanes.setPaused(true, "unknown")).isServed)
        #expect(!given(lanes.setConcurrency(4, of: "unknown")))
    }

    @Test
    func `Fewer slots start nothing more, and more start at once`() throws {
        var lanes = DeliveryLanes(["a": 3], concurrency: nil)
        let request = begin(&lanes, try need(lanes.want(prefetch: 2)))
        lanes.add(Claim(deliveries: (1...5).map { delivery("a", $0) }), for: request, at: .zero)
        for _ in 0..<3 { _ = try need(lanes.start()) }
        #expect(given(lanes.setConcurrency(1, of: "a")))
        lanes.end("a")
        lanes.end("a")
        #expect(!lanes.canStart && given(lanes.want(prefetch: 0)) == nil)
        #expect(given(lanes.setConcurrency(9, of: "a")))
        #expect(lanes.canStart && lanes.concurrency == 9)
        #expect(given(lanes.drainAll()).map(\.delivery.lease.token) == [4, 5])
        #expect(lanes.buffered == 0 && lanes.running == 1)
    }

    @Test
    func `Jobs that wait can be taken out one by one`() throws {
        var lanes = DeliveryLanes(["a": 1, "b": 1], concurrency: nil)
        let request = begin(&lanes, try need(lanes.want(prefetch: 3)))
        lanes.add(Claim(deliveries: (1...3).map { delivery("a", $0) }), for: request, at: .seconds(1))
        #expect(given(lanes.removeBuffered { $0.lease.token > 1 }).count == 2)
        #expect(lanes.buffered == 1)
    }

    @Test
    func `Only what waits behind its own queue is given back, and no more is claimed ahead of that queue`() throws {
        var lanes = DeliveryLanes(["a": 1, "b": 1], concurrency: nil)
        let request = begin(&lanes, try need(lanes.want(prefetch: 3)))
        lanes.add(Claim(deliveries: (1...3).map { delivery("a", $0) }), for: request, at: .seconds(1))
        #expect(lanes.oldestBlockedClaim == nil)
        #expect(given(lanes.start())?.delivery.lease.token == 1)
        let second = lanes.begin(request.request)
        lanes.add(Claim(deliveries: [delivery("b", 4)]), for: second, at: .seconds(2))
        #expect(lanes.oldestBlockedClaim == .seconds(1))
        #expect(given(lanes.drainBlocked()).map(\.delivery.lease.token) == [2, 3])
        #expect(lanes.oldestBlockedClaim == nil && lanes.buffered == 1)
        lanes.expectMore()
        #expect(try need(lanes.want(prefetch: 3)).shares.map(\.queue) == ["b"])
        lanes.end("a")
        #expect(try Set(need(lanes.want(prefetch: 3)).shares.map(\.queue)) == ["a", "b"])
    }
}
