//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@testable import Lineshaft

@Suite(.timeLimit(.minutes(20)))
struct RateMeterTests {
    private static let second: Int64 = 1_000_000_000

    @Test
    func `A rate lets one job go in each interval`() {
        var meter = RateMeter(RateLimit(4, per: .seconds(1)))
        #expect(meter.available(at: 0) == 1)
        meter.take(1, at: 0)
        #expect(meter.available(at: 0) == 0)
        #expect(meter.wait(at: 0) == Self.second / 4)
        #expect(meter.wait(at: Self.second / 8) == Self.second / 8)
        #expect(meter.available(at: Self.second / 4) == 1)
    }

    @Test
    func `A burst may be taken at once and refills bit by bit`() {
        var meter = RateMeter(RateLimit(1, per: .seconds(1), burst: 5))
        #expect(meter.available(at: 10) == 5)
        meter.take(5, at: 10)
        #expect(meter.available(at: 10) == 0)
        for second in 1...5 { #expect(meter.available(at: 10 + Int64(second) * Self.second) == second) }
        #expect(meter.available(at: 100 * Self.second) == 5)
    }

    @Test
    func `No choice of times exceeds the rate`() {
        let limit = RateLimit(3, per: .milliseconds(100), burst: 4)
        for seed in UInt64(0)..<50 {
            var generator = Xoshiro256(seed: seed)
            var meter = RateMeter(limit)
            var times: [Int64] = []
            var now: Int64 = 0
            for _ in 0..<400 {
                now += Int64.random(in: 0..<60_000_000, using: &generator)
                let count = min(meter.available(at: now), Int.random(in: 0...3, using: &generator))
                if count == 0 { continue }
                meter.take(count, at: now)
                times += Array(repeating: now, count: count)
            }
            for first in times.indices {
                for last in first..<min(times.count, first + 30) {
                    let most = (times[last] - times[first]) / limit.interval + Int64(limit.burst)
                    #expect(last - first + 1 <= most)
                }
            }
        }
    }

    @Test
    func `What is given back can be taken again, unless it has come back by itself`() {
        var meter = RateMeter(RateLimit(1, per: .seconds(1)))
        meter.take(1, at: 0)
        meter.giveBack()
        #expect(meter.available(at: 0) == 1)
        meter.take(1, at: 0)
        #expect(meter.available(at: 5 * Self.second) == 1)
        meter.giveBack()
        #expect(meter.available(at: 5 * Self.second) == 1)
    }

    @Test
    func `A new limit remembers what was begun under the old one, within its own burst`() {
        var meter = RateMeter(RateLimit(1, per: .seconds(3600)))
        meter.take(1, at: 0)
        let faster = meter.changed(to: RateLimit(1, per: .seconds(1), burst: 2), at: 0)
        #expect(faster.wait(at: 0) == Self.second)
        #expect(faster.available(at: 2 * Self.second) == 2)
    }

    @Test
    func `The largest numbers do not overflow`() {
        var meter = RateMeter(RateLimit(1, per: .seconds(366 * 86_400), burst: 100))
        #expect(meter.available(at: .max - 1) > 0)
        meter.take(1_000_000, at: .max - 1)
        #expect(meter.available(at: 0) == 0)
        #expect(meter.wait(at: .min) >= 0)
    }

    @Test(arguments: [
        QueueLimits(concurrency: 0), QueueLimits(concurrency: -1), QueueLimits(rate: RateLimit(0, per: .seconds(1))),
        QueueLimits(rate: RateLimit(1, per: .zero)), QueueLimits(rate: RateLimit(1, per: .seconds(1), burst: 0)),
        QueueLimits(rate: RateLimit(1_000_000, per: .milliseconds(2))),
    ])
    func `Numbers that make no sense are refused in words`(_ limits: QueueLimits) throws {
        #expect(limits.problem != nil)
        let error = #expect(throws: BrokerError.self) { try limits.validate(for: "mail") }
        #expect(error?.message.contains("“mail”") == true)
    }
}
