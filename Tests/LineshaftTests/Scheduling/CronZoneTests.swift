//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

/// What happens where clocks are changed, worked out by hand.
@Suite(.timeLimit(.minutes(20)))
struct CronZoneTests {
    /// The next times of an expression, as UTC.
    private func next(_ count: Int, _ text: String, _ zone: TimeZoneName, after time: String) throws -> [String] {
        let rules = try TimeZoneDatabase.system.rules(of: zone)
        let expression = try CronExpression(text)
        var times: [Timestamp] = []
        var last = LocalTime.parse(time)
        while times.count < count, let next = expression.next(after: last, by: rules) {
            times.append(next)
            last = next
        }
        return times.map { LocalTime.text($0, in: .utc) }
    }

    // Berlin: 29 March 2026, 02:00 becomes 03:00, at 01:00 UTC. 25 October 2026, 03:00 becomes 02:00, at 01:00 UTC.

    @Test
    func `In Berlin a time in the skipped hour fires once, right after the gap`() throws {
        let days = try next(3, "30 2 * * *", "Europe/Berlin", after: "2026-03-28 00:00")
        #expect(days == ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"])
        // Several in the gap, and one at its end, are one.
        let many = try next(3, "0,20,40 2,3 29 3 *", "Europe/Berlin", after: "2026-03-28 00:00")
        #expect(many == ["2026-03-29 01:00", "2026-03-29 01:20", "2026-03-29 01:40"])
    }

    @Test
    func `In Berlin a time in the repeated hour fires once, the first time`() throws {
        let days = try next(3, "30 2 * * *", "Europe/Berlin", after: "2026-10-24 00:00")
        #expect(days == ["2026-10-24 00:30", "2026-10-25 00:30", "2026-10-26 01:30"])
        // From within the repeated hour, before and after it begins anew.
        #expect(try next(1, "30 2 * * *", "Europe/Berlin", after: "2026-10-25 00:40") == ["2026-10-26 01:30"])
        #expect(try next(1, "30 2 * * *", "Europe/Berlin", after: "2026-10-25 01:10") == ["2026-10-26 01:30"])
        #expect(try next(1, "0 3 * * *", "Europe/Berlin", after: "2026-10-25 01:10") == ["2026-10-25 02:00"])
    }

    @Test
    func `In Berlin what recurs by the minute or hour goes by the time that passes`() throws {
        let spring = try next(4, "*/30 * * * *", "Europe/Berlin", after: "2026-03-29 00:00")
        #expect(spring == ["2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 01:30", "2026-03-29 02:00"])
        let autumn = try next(5, "*/30 * * * *", "Europe/Berlin", after: "2026-10-24 23:45")
        #expect(
            autumn
                == ["2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 01:00", "2026-10-25 01:30", "2026-10-25 02:00"]
        )
        let hourly = try next(4, "@hourly", "Europe/Berlin", after: "2026-10-24 23:45")
        #expect(hourly == ["2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 02:00", "2026-10-25 03:00"])
        // Every quarter of the second hour: none in the gap, eight when the hour is repeated.
        #expect(try next(1, "*/15 2 29 3 *", "Europe/Berlin", after: "2026-03-28 00:00") == ["2027-03-29 00:00"])
        let quarters = try next(9, "*/15 2 25 10 *", "Europe/Berlin", after: "2026-10-24 00:00")
        #expect(quarters.first == "2026-10-25 00:00" && quarters[7] == "2026-10-25 01:45")
        #expect(quarters[8] == "2027-10-25 00:00")
    }

    // New York: 8 March 2026, 02:00 becomes 03:00, at 07:00 UTC. 1 November 2026, 02:00 becomes 01:00, at 06:00 UTC.

    @Test
    func `In New York both changes are right`() throws {
        let spring = try next(3, "15 2 * * *", "America/New_York", after: "2026-03-07 00:00")
        #expect(spring == ["2026-03-07 07:15", "2026-03-08 07:00", "2026-03-09 06:15"])
        let autumn = try next(3, "15 1 * * *", "America/New_York", after: "2026-10-31 00:00")
        #expect(autumn == ["2026-10-31 05:15", "2026-11-01 05:15", "2026-11-02 06:15"])
        let weekday = try next(2, "0 9 * * MON-FRI", "America/New_York", after: "2026-03-06 15:00")
        #expect(weekday == ["2026-03-09 13:00", "2026-03-10 13:00"])
    }

    // Lord Howe: 4 October 2026, 02:00 becomes 02:30, at 15:30 UTC of the day before. 5 April 2026, 02:00 becomes 01:30, at
    // 15:00 UTC of the day before.

    @Test
    func `On Lord Howe Island clocks change by half an hour`() throws {
        let spring = try next(3, "15 2 * * *", "Australia/Lord_Howe", after: "2026-10-02 00:00")
        #expect(spring == ["2026-10-02 15:45", "2026-10-03 15:30", "2026-10-04 15:15"])
        let behind = try next(2, "45 2 * * *", "Australia/Lord_Howe", after: "2026-10-02 20:00")
        #expect(behind == ["2026-10-03 15:45", "2026-10-04 15:45"])
        let autumn = try next(3, "45 1 * * *", "Australia/Lord_Howe", after: "2026-04-03 00:00")
        #expect(autumn == ["2026-04-03 14:45", "2026-04-04 14:45", "2026-04-05 15:15"])
        let twice = try next(4, "45 * * * *", "Australia/Lord_Howe", after: "2026-04-04 14:00")
        #expect(twice == ["2026-04-04 14:45", "2026-04-04 15:15", "2026-04-04 16:15", "2026-04-04 17:15"])
    }

    // São Paulo: 4 November 2018, 00:00 becomes 01:00, at 03:00 UTC.

    @Test
    func `In São Paulo a day began at one o'clock`() throws {
        let days = try next(3, "@daily", "America/Sao_Paulo", after: "2018-11-03 00:00")
        #expect(days == ["2018-11-03 03:00", "2018-11-04 03:00", "2018-11-05 02:00"])
        // It is still the fourth, a Sunday.
        #expect(try next(1, "0 0 4 11 *", "America/Sao_Paulo", after: "2018-11-01 00:00") == ["2018-11-04 03:00"])
        #expect(try next(1, "30 0 * * SUN", "America/Sao_Paulo", after: "2018-10-30 00:00") == ["2018-11-04 03:00"])
    }

    // Apia: 29 December 2011 ended at 10:00 UTC of the 30th, and the 31st began.

    @Test
    func `In Apia a whole day was skipped`() throws {
        let noon = try next(4, "0 12 * * *", "Pacific/Apia", after: "2011-12-28 23:00")
        // That of the 30th comes when the 31st begins.
        #expect(noon == ["2011-12-29 22:00", "2011-12-30 10:00", "2011-12-30 22:00", "2011-12-31 22:00"])
        #expect(try next(1, "0 12 30 12 *", "Pacific/Apia", after: "2011-12-28 00:00") == ["2011-12-30 10:00"])
        let hourly = try next(3, "30 * * * *", "Pacific/Apia", after: "2011-12-30 09:00")
        #expect(hourly == ["2011-12-30 09:30", "2011-12-30 10:30", "2011-12-30 11:30"])
    }

    @Test
    func `Times far in the future follow the zone's last rule`() throws {
        let days = try next(2, "30 2 * * *", "Europe/Berlin", after: "2090-03-25 12:00")
        #expect(days == ["2090-03-26 01:00", "2090-03-27 00:30"])
    }

    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu",
    ])
    func `Times are in order, and a time of day fires once a day`(_ zone: String) throws {
        let rules = try TimeZoneDatabase.system.rules(of: TimeZoneName(zone))
        let expression = try CronExpression("30 2 * * *")
        var time = LocalTime.parse("2020-01-01 12:00")
        for _ in 0..<4_000 {
            let next = try #require(expression.next(after: time, by: rules))
            #expect(next > time)
            let distance = time.duration(to: next)
            #expect(
                distance <= .seconds(26 * 3_600) && distance >= .seconds(22 * 3_600)
                    || time == LocalTime.parse("2020-01-01 12:00")
            )
            time = next
        }
        #expect(time > LocalTime.parse("2030-12-01 00:00") && time < LocalTime.parse("2031-01-01 00:00"))
    }
}
