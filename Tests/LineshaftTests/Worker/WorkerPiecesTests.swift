//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct WorkerPiecesTests {
    @Test
    func `Short runs let a worker claim ahead, and one long run stops it`() {
        var pace = Pace(prefetchLimit: 64)
        #expect(pace.prefetch(concurrency: 10) == 0)
        for _ in 0..<50 { pace.recordRun(.microseconds(10)) }
        #expect(pace.prefetch(concurrency: 10) == 64)
        pace.recordRun(.seconds(10))
        #expect(pace.prefetch(concurrency: 10) == 0)
        for _ in 0..<300 { pace.recordRun(.zero) }
        #expect(pace.prefetch(concurrency: 10) == 64)
        #expect(Pace(prefetchLimit: 0).prefetch(concurrency: 1_000_000) == 0)
    }

    @Test
    func `Runs of no measurable time trap nothing`() {
        var pace = Pace(prefetchLimit: 1_000_000)
        pace.recordRun(.zero)
        pace.recordExchange(.zero)
        // A call that takes no time needs no more than some jobs ahead; a long one all that are allowed.
        #expect(pace.prefetch(concurrency: 1_000_000) == 256)
        var far = Pace(prefetchLimit: 1_000_000)
        far.recordRun(.zero)
        far.recordExchange(.milliseconds(10))
        #expect(far.prefetch(concurrency: 1_000_000) == 1_000_000)
        #expect(pace.share >= 0 && pace.isExchangeCheap)
        pace.recordRun(.seconds(Int64.max / 2))
        #expect(pace.prefetch(concurrency: 1_000_000) == 0)
    }

    private func item(_ number: UInt64) -> SettlementBox.Item {
        let id = JobID(high: 1, low: number)
        let lease = Lease(id: id, queue: "default", token: number)
        let envelope = Envelope(id: id, name: "job", payload: [], submitted: VirtualClock.defaultStart)
        let delivery = Delivery(envelope: envelope, lease: lease, attempt: 1, delivery: 1)
        return SettlementBox.Item(settlement: Settlement(lease: lease, disposition: .released), delivery: delivery)
    }

    @Test
    func `Settlements leave in order, and come back to the front`() {
        var box = SettlementBox()
        for number in UInt64(1)...5 { box.put(item(number)) }
        let first = box.take(2)
        #expect(first.map(\.settlement.lease.token) == [1, 2] && box.count == 3)
        box.put(item(6))
        box.putBack(first)
        #expect(given(box.take(100)).map(\.settlement.lease.token) == [1, 2, 3, 4, 5, 6])
        #expect(box.isEmpty && given(box.take(3)).isEmpty)
    }
}
