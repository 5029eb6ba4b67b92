//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@testable import Lineshaft

@Suite(.timeLimit(.minutes(20)))
struct OutcomeLedgerTests {
    var ledger = OutcomeLedger(defaultRetention: .seconds(60))

    @Test
    mutating func `Outcomes that have outlived their time do not pile up`() {
        for number in 0..<1000 {
            _ = ledger.record(record(UInt64(number), retention: .seconds(10)), at: moment(number))
            #expect(ledger.count <= 11)
        }
    }

    @Test
    mutating func `A withdrawn outcome makes way for another, which keeps its own time`() {
        _ = ledger.record(record(1, retention: .seconds(10)), at: moment(0))
        ledger.withdraw(id(1))
        #expect(!ledger.contains(id(1), at: moment(0)))
        _ = ledger.record(record(1, .cancelled, retention: .seconds(100)), at: moment(5))
        for second in 20..<30 { _ = ledger.record(record(UInt64(second)), at: moment(second)) }
        #expect(ledger.outcome(of: id(1), at: moment(104))?.outcome == .cancelled)
        #expect(ledger.outcome(of: id(1), at: moment(105)) == nil)
    }

    @Test
    mutating func `An outcome that is to be kept for no time is told and not kept`() {
        ledger.subscriptions.attach(ClientID(7))
        _ = ledger.record(record(1, retention: .zero, replyTo: ClientID(7)), at: moment(0))
        #expect(ledger.count == 0)
        let mail = ledger.subscriptions.takeOutbox()
        #expect(mail.map { $0.client } == [ClientID(7)])
    }

    @Test
    mutating func `A process that waits and watches is told once, one that has left never`() {
        for client in [7, 8] { ledger.subscriptions.attach(ClientID(UInt64(client))) }
        _ = ledger.watch([id(1)], for: ClientID(7), at: moment(0))
        _ = ledger.watch([id(1)], for: ClientID(7), at: moment(0))
        _ = ledger.watch([id(1)], for: ClientID(8), at: moment(0))
        ledger.subscriptions.detach(ClientID(8))
        _ = ledger.record(record(1, replyTo: ClientID(7)), at: moment(0))
        let mail = ledger.subscriptions.takeOutbox()
        #expect(mail.map { $0.client } == [ClientID(7)])
        #expect(mail.map { $0.events.count } == [1])
        #expect(!ledger.subscriptions.hasMail)
    }

    @Test
    mutating func `Only the token under which a job was settled counts as applied`() {
        let ending = JobEnd(
            id: id(1),
            outcome: .cancelled,
            attempts: 1,
            finished: moment(0).now,
            retention: nil,
            replyTo: nil,
            token: 5,
            unreported: nil
        )
        ledger.record(ending, at: moment(0))
        #expect(ledger.wasSettled(id(1), token: 5, at: moment(0)))
        #expect(!ledger.wasSettled(id(1), token: 4, at: moment(0)))
        #expect(!ledger.wasSettled(id(1), token: 0, at: moment(0)))
        #expect(!ledger.wasSettled(id(1), token: 5, at: moment(60)))
    }

    @Test
    mutating func `Progress of jobs that never end is forgotten`() {
        ledger.report(JobProgress(completed: 0.5), of: id(1), at: moment(0))
        ledger.report(JobProgress(completed: 0.6), of: id(1), at: moment(30))
        #expect(ledger.progress(of: id(1), at: moment(89)) == JobProgress(completed: 0.6))
        ledger.report(JobProgress(completed: 0.1), of: id(2), at: moment(90))
        #expect(ledger.progress(of: id(1), at: moment(90)) == nil)
    }
}

extension OutcomeLedgerTests {
    func id(_ number: UInt64) -> JobID { JobID(high: 1, low: number) }

    func moment(_ second: Int) -> Moment {
        Moment(now: Timestamp(millisecondsSinceEpoch: Int64(second) * 1000), uptime: .seconds(second))
    }

    func record(
        _ number: UInt64,
        _ outcome: Outcome = .succeeded([]),
        retention: Duration = .seconds(60),
        replyTo: ClientID? = nil
    ) -> OutcomeRecord {
        OutcomeRecord(
            id: id(number),
            outcome: outcome,
            attempts: 1,
            finished: moment(0).now,
            retention: retention,
            replyTo: replyTo
        )
    }
}
