//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

/// The decisions about a tick, with plain calls.
@Suite(.timeLimit(.minutes(20)))
struct ScheduleMachineTests {
    private struct Ping: Job {
        static let name: JobName = "ping"
    }

    private static let start = LocalTime.parse("2026-03-02 08:00")

    private func at(_ seconds: Int) -> Timestamp { Self.start + .seconds(seconds) }

    private func record(
        every seconds: Int = 60,
        missed: MissedTicks = .one,
        overlap: OverlapPolicy = .allow,
        jitter: Duration = .zero,
        _ change: (inout ScheduleRecord) -> Void = { _ in }
    ) throws -> ScheduleRecord {
        let schedule = Schedule("s", .every(.seconds(seconds)), missed: missed, overlap: overlap, jitter: jitter) {
            Ping()
        }
        let definition = try schedule.definition(codec: JSONCodec())
        var record = ScheduleRecord(id: "s", definition: definition, isPaused: false, now: Self.start)
        change(&record)
        return record
    }

    private func step(
        _ record: ScheduleRecord,
        at seconds: Int,
        isOwn: Bool = false,
        previous: ScheduleMachine.Previous = .unknown
    ) throws -> ScheduleMachine.Step {
        let timing = try RecurrenceTiming(record.definition.recurrence)
        return ScheduleMachine(record, timing: timing).step(now: at(seconds), isOwn: isOwn, previous: previous)
    }

    /// The record that a step writes.
    private func written(
        _ record: ScheduleRecord,
        at seconds: Int,
        previous: ScheduleMachine.Previous = .unknown
    ) throws -> ScheduleRecord {
        guard case .write(let next) = try step(record, at: seconds, previous: previous) else {
            throw ExpectedWrite()
        }
        return next
    }

    private struct ExpectedWrite: Error {}

    @Test
    func `Nothing is due before the first tick, and the tick is the time to rest until`() throws {
        #expect(try step(record(), at: 0) == .rest(until: at(60)))
        #expect(try step(record(), at: 59) == .rest(until: at(60)))
    }

    @Test
    func `A tick is decided, submitted by whoever decided it, and noted`() throws {
        var next = try written(record(), at: 60)
        #expect(next.pending.map(\.tick) == [at(60)] && next.pending.map(\.sequence) == [1])
        #expect(next.cursor == at(60) && next.decided == at(60))
        #expect(try step(next, at: 60, isOwn: true) == .submit(next.pending))
        next.complete(
            last: .init(tick: at(60), job: next.jobID(of: next.pending[0]), queue: .default),
            problem: nil
        )
        #expect(try step(next, at: 60) == .rest(until: at(120)))
    }

    @Test
    func `What another process has decided is left to it for a while`() throws {
        let next = try written(record(), at: 61)
        #expect(try step(next, at: 61) == .rest(until: at(66)))
        #expect(try step(next, at: 65) == .rest(until: at(66)))
        #expect(try step(next, at: 66) == .submit(next.pending))
        // Whoever set the clock back an hour does not make anybody wait for as long.
        #expect(try step(next, at: -3_600) == .submit(next.pending))
        // Nothing else is decided before that is done.
        #expect(try step(next, at: 200) == .submit(next.pending))
    }

    @Test
    func `What nobody has submitted for a month is given up, for the broker may have forgotten that it was`() throws {
        let next = try written(record(), at: 60)
        let month = 30 * 86_400
        #expect(try step(next, at: 60 + month) == .submit(next.pending))
        guard case .write(let later) = try step(next, at: 61 + month) else {
            Issue.record("It was not given up.")
            return
        }
        #expect(later.pending.isEmpty && later.problem?.contains("nobody submitted it") == true)
    }

    @Test(arguments: [
        // A minute late at 3,660, and not missed yet.
        (MissedTicks.skip, 180, 3_660, [3_600]), (.skip, 180, 3_661, []), (.one, 180, 3_661, [3_600]),
        (.one, 60, 3_659, [3_600]), (.all(upTo: 1), 60, 3_659, [3_600]),
        (.all(upTo: 3), 60, 3_659, [3_480, 3_540, 3_600]),
        (.all(upTo: 1_000), 60, 3_659, Array(stride(from: 60, through: 3_600, by: 60))),
    ])
    func `Missed ticks fire as the policy says`(
        _ policy: MissedTicks,
        _ interval: Int,
        _ now: Int,
        _ expected: [Int]
    ) throws {
        let next = try written(record(every: interval, missed: policy), at: now)
        #expect(next.pending.map(\.tick) == expected.map(at))
        #expect(next.pending.map(\.sequence) == expected.indices.map { UInt64($0 + 1) })
        #expect(next.cursor == at(3_600))
    }

    @Test
    func `Years of missed ticks are found in no time`() throws {
        let record = try record(every: 1, missed: .all(upTo: 5))
        let now = 20 * 365 * 86_400
        #expect(try written(record, at: now).pending.map(\.tick) == (now - 4...now).map(at))
    }

    @Test
    func `Before a job that must not overlap it is asked whether the last one lives`() throws {
        let job = ScheduleRecord.Last(tick: at(0), job: JobID(derivedFrom: "last"), queue: .default)
        for (policy, alive) in [(OverlapPolicy.skip, 0), (.replace, 1)] {
            let record = try record(missed: .all(upTo: 9), overlap: policy) { $0.last = job }
            #expect(try step(record, at: 185) == .ask(job))
            let over = try written(record, at: 185, previous: .over)
            #expect(over.pending.map(\.tick) == [at(180)] && over.pending.allSatisfy { $0.replaced == nil })
            let next = try written(record, at: 185, previous: .alive)
            #expect(next.pending.count == alive && next.cursor == at(180))
            #expect(next.pending.allSatisfy { $0.replaced == job })
        }
        #expect(try written(record(overlap: .skip), at: 60).pending.count == 1)
    }

    @Test
    func `A paused schedule rests, and one that goes on begins with the next tick`() throws {
        var record = try record()
        record.setPaused(true, now: at(10))
        #expect(try step(record, at: 500) == .rest(until: nil))
        record.setPaused(false, now: at(500))
        #expect(try step(record, at: 500) == .rest(until: at(540)))
    }

    @Test
    func `Resuming repeats no tick after the clock was set back, unless the schedule would wait for hours`() throws {
        var record = try record()
        record.cursor = at(3_600)
        record.setPaused(false, now: at(30))
        #expect(try step(record, at: 30) == .rest(until: at(3_660)))
        record.cursor = at(3_631)
        record.setPaused(false, now: at(30))
        #expect(try step(record, at: 30) == .rest(until: at(60)))
    }

    @Test
    func `A run that is asked for is pending, and pausing does not keep it back`() throws {
        var record = try record()
        record.setPaused(true, now: at(1))
        record.runNow(at(10))
        #expect(try step(record, at: 10, isOwn: true) == .submit(record.pending))
        #expect(record.pending.first?.isManual == true && record.cursor == at(0))
    }

    @Test
    func `Ticks keep within the bounds, of which both belong to it`() throws {
        let record = try record {
            $0.definition.starts = at(120)
            $0.definition.ends = at(240)
            $0.anchor = at(0)
        }
        let machine = ScheduleMachine(record, timing: try RecurrenceTiming(record.definition.recurrence))
        #expect(machine.ticks(after: at(0), count: 9) == [120, 180, 240].map(at))
        #expect(try step(record, at: 100) == .rest(until: at(120)))
        #expect(try written(record, at: 10_000).cursor == at(240))
        var done = record
        done.cursor = at(240)
        #expect(try step(done, at: 10_000) == .rest(until: at(240 + 86_400)))
        #expect(try step(done, at: 239 + 86_400) == .rest(until: at(240 + 86_400)))
        #expect(try step(done, at: 240 + 86_400) == .remove)
        done.isPaused = true
        #expect(try step(done, at: 240 + 86_400) == .rest(until: nil))
    }

    @Test
    func `What is too old to be submitted is known without a step`() throws {
        let next = try written(record(), at: 60)
        let timing = try RecurrenceTiming(next.definition.recurrence)
        let machine = ScheduleMachine(next, timing: timing)
        let month = 30 * 86_400
        #expect(machine.withoutOutdated(now: at(60 + month)) == nil)
        #expect(machine.withoutOutdated(now: at(61 + month))?.pending == [])
        #expect(ScheduleMachine(try record(), timing: timing).withoutOutdated(now: at(61 + month)) == nil)
    }

    @Test(arguments: [(60, 50), (60, 60), (60, 200), (1, 86_400), (3_600, 10)])
    func `Jitter is the same for everybody and loses no tick, also when it is longer than the interval`(
        _ interval: Int,
        _ jitter: Int
    ) throws {
        var record = try record(every: interval, jitter: .seconds(jitter))
        var ticks: [Timestamp] = []
        var delays: [Duration] = []
        let end = interval * 100
        var now = Self.start
        while now < at(end) {
            let machine = ScheduleMachine(record, timing: try RecurrenceTiming(record.definition.recurrence))
            switch machine.step(now: now, isOwn: false, previous: .unknown) {
            case .rest(let until):
                now = try #require(until)
            case .write(var next):
                #expect(machine.step(now: now, isOwn: true, previous: .unknown) == .write(next))
                ticks += next.pending.map(\.tick)
                delays += next.pending.map { $0.tick.duration(to: now) }
                next.complete(last: nil, problem: nil)
                record = next
            default: Issue.record("There is nothing else to do.")
            }
        }
        #expect(ticks == (1..<100).map { at($0 * interval) } || ticks == (1...99).map { at($0 * interval) })
        #expect(delays.allSatisfy { $0 >= .zero && $0 < .seconds(min(interval, jitter)) })
        #expect(Set(delays).count > 50)
    }

    @Test
    func `Of ticks with jitter that were missed the latest ones count`() throws {
        let record = try record(missed: .all(upTo: 3), jitter: .seconds(50))
        let due = try written(record, at: 3_600 + 59).pending.map(\.tick)
        #expect(due == [3_480, 3_540, 3_600].map(at))
        // At the very time of a tick it has yet to wait, and the ones before have not.
        #expect(try written(record, at: 3_600).pending.map(\.tick) == [3_420, 3_480, 3_540].map(at))
    }

    @Test
    func `Identities differ by schedule, time of adding, tick and run`() throws {
        let record = try record()
        func firing(_ sequence: UInt64, _ tick: Int, manual: Bool = false) -> ScheduleRecord.Firing {
            ScheduleRecord.Firing(sequence: sequence, tick: at(tick), isManual: manual, replaced: nil)
        }
        let later = ScheduleRecord(id: "s", definition: record.definition, isPaused: false, now: at(1))
        let other = ScheduleRecord(id: "t", definition: record.definition, isPaused: false, now: at(0))
        let ids = [
            record.jobID(of: firing(1, 60)), record.jobID(of: firing(1, 120)), later.jobID(of: firing(1, 60)),
            other.jobID(of: firing(1, 60)), record.jobID(of: firing(1, 60, manual: true)),
            record.jobID(of: firing(2, 60, manual: true)),
        ]
        #expect(Set(ids).count == ids.count)
        // A tick keeps its identity whatever its number.
        #expect(record.jobID(of: firing(1, 60)) == record.jobID(of: firing(7, 60)))
    }

    @Test
    func `Another recurrence counts from now on, and another job does not`() throws {
        var record = try record()
        var definition = record.definition
        definition.missed = .skip
        record.redefine(as: definition, now: at(500))
        #expect(record.cursor == at(0))
        definition.recurrence = .every(.seconds(90))
        record.redefine(as: definition, now: at(500))
        #expect(try step(record, at: 500) == .rest(until: at(590)))
    }
}
