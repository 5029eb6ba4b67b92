//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct RecurrenceTests {
    private let anchor = LocalTime.parse("2026-03-02 08:00")

    private func failure(_ recurrence: Recurrence) -> ConfigurationError? {
        do throws(ConfigurationError) {
            _ = try RecurrenceTiming(recurrence)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("@every 90s", 90), ("@every 1h30m", 5_400), ("@EVERY 2d", 172_800), ("@every 1d1h1m1s", 90_061),
        ("  @every  60s ", 60),
    ])
    func `Every so often is counted from the anchor`(_ text: String, _ seconds: Int) throws {
        let timing = try RecurrenceTiming(.cron(text, in: "Europe/Berlin"))
        #expect(timing == (try RecurrenceTiming(.every(.seconds(seconds)))))
        #expect(timing.next(after: anchor - .seconds(5), anchor: anchor) == anchor + .seconds(seconds))
        #expect(timing.next(after: anchor, anchor: anchor) == anchor + .seconds(seconds))
        let tick = anchor + .seconds(seconds * 7)
        #expect(timing.next(after: tick - .nanoseconds(1), anchor: anchor) == tick)
        #expect(timing.next(after: tick, anchor: anchor) == tick + .seconds(seconds))
        #expect(timing.next(after: .distantFuture, anchor: anchor) == nil)
    }

    @Test(arguments: [
        "@every", "@every 5", "@every s", "@every 5x", "@every 5m5m", "@every 5s1h", "@every 1.5h", "@every -5s",
        "@every 1h 5m",
        "@every 99999999999s",
    ])
    func `What is no duration is pointed at`(_ text: String) throws {
        let error = try #require(failure(.cron(text)))
        #expect(error.code == .invalidSchedule)
        #expect(error.message.contains("90s or 1h30m") && error.message.contains("^"), "\(error)")
    }

    @Test
    func `Less than a second is refused`() throws {
        for interval in [Duration.zero, .milliseconds(999), .seconds(-5)] {
            #expect(try #require(failure(.every(interval))).message.contains("one second or more"))
        }
        #expect(try #require(failure(.cron("@every 0s"))).message.contains("one second or more"))
    }

    @Test
    func `A single time comes once`() throws {
        let timing = try RecurrenceTiming(.at(anchor))
        #expect(timing.next(after: anchor - .nanoseconds(1), anchor: anchor) == anchor)
        #expect(timing.next(after: anchor, anchor: anchor) == nil)
    }

    @Test
    func `An unknown zone or field is an error`() throws {
        #expect(try #require(failure(.cron("0 3 * * *", in: "Europe/Berlinn"))).code == .unknownTimeZone)
        #expect(try #require(failure(.cron("0 3 * *"))).code == .invalidSchedule)
    }

    @Test
    func `The latest ticks of a span are the last ones of all of them`() throws {
        let end = LocalTime.parse("2027-05-01 00:00")
        for (text, limit) in [
            ("*/7 * * * *", 3), ("0 3 * * *", 5), ("0 0 29 2 *", 2), ("@every 13h", 40), ("* * 1 1 *", 9),
        ] {
            let timing = try RecurrenceTiming(.cron(text, in: "Europe/Berlin"))
            var all: [Timestamp] = []
            var time = anchor
            while let next = timing.next(after: time, anchor: anchor), next <= end {
                all.append(next)
                time = next
            }
            let latest = timing.latest(after: anchor, through: end, limit: limit, anchor: anchor)
            #expect(latest.count >= min(limit, all.count) && latest == all.suffix(latest.count), "\(text)")
            #expect(latest.count < 12 * limit + 1_440, "\(text)")
        }
    }
}
