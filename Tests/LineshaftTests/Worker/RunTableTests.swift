//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RunTableTests {
    private func delivery(_ number: UInt64) -> Delivery {
        let id = JobID(high: 1, low: number)
        let envelope = Envelope(id: id, name: "job", payload: [], submitted: VirtualClock.defaultStart)
        return Delivery(
            envelope: envelope,
            lease: Lease(id: id, queue: "default", token: number),
            attempt: 1,
            delivery: 1
        )
    }

    private func begin(_ table: inout RunTable, _ slot: Int, _ number: UInt64) {
        table.begin(slot: slot, delivery: delivery(number), entry: nil, claimed: .zero, at: .zero)
    }

    @Test
    func `A moment of a run that has ended strikes nobody, also in the same slot`() {
        var table = RunTable()
        begin(&table, 0, 1)
        table.schedule(.deadline, slot: 0, at: .seconds(5))
        #expect(table.nextMoment == .seconds(5))
        #expect(given(table.end(slot: 0))?.delivery.lease.token == 1)
        begin(&table, 0, 2)
        #expect(given(table.due(at: .seconds(5))).isEmpty)
        #expect(table.count == 1 && table.nextMoment == nil)
    }

    @Test
    func `Moments strike in their order, once, and none for an empty slot`() {
        var table = RunTable()
        for slot in 0..<3 { begin(&table, slot, UInt64(slot + 1)) }
        table.schedule(.timeout(.seconds(1)), slot: 1, at: .seconds(2))
        table.schedule(.deadline, slot: 0, at: .seconds(1))
        table.schedule(.stuck, slot: 2, at: .seconds(3))
        table.schedule(.stuck, slot: 7, at: .zero)
        #expect(given(table.due(at: .milliseconds(999))).isEmpty)
        let due = table.due(at: .seconds(2))
        #expect(due.map(\.slot) == [0, 1] && due.map(\.alarm) == [.deadline, .timeout(.seconds(1))])
        #expect(given(table.due(at: .seconds(2))).isEmpty)
        #expect(table.nextMoment == .seconds(3))
    }

    @Test
    func `The first reason for a cancellation stays`() {
        var table = RunTable()
        begin(&table, 0, 1)
        #expect(given(table.cancel(slot: 0, .requested)))
        #expect(!given(table.cancel(slot: 0, .shutdown)))
        #expect(!given(table.cancel(slot: 5, .shutdown)))
        #expect(table[0]?.cancellation == .requested)
    }

    @Test
    func `A stuck run counts once, until it ends`() {
        var table = RunTable()
        begin(&table, 0, 1)
        #expect(given(table.markStuck(slot: 0)) != nil)
        #expect(given(table.markStuck(slot: 0)) == nil)
        #expect(table.stuckCount == 1 && table.count == 1)
        #expect(given(table.end(slot: 0))?.isStuck == true)
        #expect(given(table.end(slot: 0)) == nil)
        #expect(table.stuckCount == 0 && table.count == 0)
    }

    @Test
    func `Timeouts of a million short runs do not pile up`() {
        var table = RunTable()
        for number in 1...100_000 {
            begin(&table, 0, UInt64(number))
            table.schedule(.timeout(.seconds(60)), slot: 0, at: .seconds(60))
            _ = table.end(slot: 0)
        }
        begin(&table, 0, 7)
        table.schedule(.deadline, slot: 0, at: .seconds(60))
        #expect(given(table.due(at: .seconds(60))).map(\.alarm) == [.deadline])
    }
}
