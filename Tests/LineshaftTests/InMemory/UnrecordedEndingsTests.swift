//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//
import Testing

@testable import Lineshaft

@Suite(.timeLimit(.minutes(20)))
struct UnrecordedEndingsTests {
    private var endings = UnrecordedEndings()
    private let queue: QueueName = "tests"

    @Test
    mutating func `An ending is given again once its time is up, until it is confirmed`() {
        endings.add(record(1), of: envelope(1))
        let first = endings.take(from: queue, limit: 10, until: 50, at: 0)
        #expect(first.map(\.record.id) == [id(1)])
        #expect(endings.isGiven(id(1), at: 49))
        #expect(endings.take(from: queue, limit: 10, until: 60, at: 49).isEmpty)
        #expect(endings.wait(for: queue, at: 20) == 30)
        #expect(endings.take(from: queue, limit: 10, until: 90, at: 50) == first)
        endings.confirm(first[0])
        #expect(endings.isEmpty)
        #expect(endings.wait(for: queue, at: 0) == .max)
    }

    @Test
    mutating func `The oldest are given first, and those that were given wait behind the others`() {
        for number in UInt64(1)...3 { endings.add(record(number), of: envelope(number)) }
        #expect(endings.take(from: queue, limit: 2, until: 10, at: 0).map(\.record.id) == [id(1), id(2)])
        #expect(endings.take(from: queue, limit: 2, until: 20, at: 5).map(\.record.id) == [id(3)])
        #expect(endings.take(from: queue, limit: 9, until: 30, at: 10).map(\.record.id) == [id(1), id(2)])
        #expect(endings.take(from: "other", limit: 9, until: 30, at: 100).isEmpty)
    }

    @Test
    mutating func `A late confirmation of a job's first ending leaves its second alone`() {
        endings.add(record(1), of: envelope(1))
        let first = endings.take(from: queue, limit: 1, until: 10, at: 0)
        endings.add(record(1), of: envelope(1))
        for ending in first { endings.confirm(ending) }
        #expect(endings.count == 1)
        #expect(endings.find(id(1))?.state == .ended)
        endings.remove(id(1))
        #expect(endings.isEmpty)
        #expect(endings.find(id(1)) == nil)
    }

    private func id(_ number: UInt64) -> JobID { JobID(high: 1, low: number) }

    private func envelope(_ number: UInt64) -> Envelope {
        Envelope(id: id(number), name: "job", queue: queue, payload: [], submitted: .distantPast)
    }

    private func record(_ number: UInt64) -> OutcomeRecord {
        OutcomeRecord(id: id(number), outcome: .expired, attempts: 0, finished: .distantPast, retention: .seconds(1))
    }
}
