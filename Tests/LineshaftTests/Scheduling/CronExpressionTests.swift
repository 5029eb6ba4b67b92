//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Testing

@Suite(.timeLimit(.minutes(20)))
struct CronExpressionTests {
    private func next(_ text: String, after time: String) throws -> String? {
        let next = try CronExpression(text).next(after: LocalTime.parse(time), by: .utc)
        return next.map { LocalTime.text($0, in: .utc) }
    }

    private func message(_ text: String) -> String {
        do throws(ConfigurationError) {
            _ = try CronExpression(text)
            return "accepted"
        } catch {
            return error.code == .invalidSchedule ? error.message : "another code"
        }
    }

    @Test
    func `A zone is named or UTC`() throws {
        let time = LocalTime.parse("2026-07-01 00:00")
        let expression = try CronExpression("0 9 * * *")
        #expect(try expression.next(after: time) == LocalTime.parse("2026-07-01 09:00"))
        #expect(try expression.next(after: time, in: "Europe/Berlin") == LocalTime.parse("2026-07-01 07:00"))
        #expect(throws: ConfigurationError.self) { _ = try expression.next(after: time, in: "Europe/Bern") }
    }

    @Test
    func `Names stand for their expressions`() throws {
        #expect(try next("@hourly", after: "2026-03-02 08:00") == "2026-03-02 09:00")
        #expect(try next("@daily", after: "2026-03-02 08:00") == "2026-03-03 00:00")
        #expect(try next("@midnight", after: "2026-03-02 00:00") == "2026-03-03 00:00")
        #expect(try next("@Weekly", after: "2026-03-02 08:00") == "2026-03-08 00:00")
        #expect(try next("@monthly", after: "2026-03-02 08:00") == "2026-04-01 00:00")
        #expect(try next("@yearly", after: "2026-03-02 08:00") == "2027-01-01 00:00")
        #expect(try next("@annually", after: "2026-03-02 08:00") == "2027-01-01 00:00")
    }

    @Test
    func `Either day is enough when both are restricted, and both are needed when one begins with a star`() throws {
        // 13 March 2026 is a Friday.
        #expect(try next("0 0 13 * FRI", after: "2026-03-02 08:00") == "2026-03-06 00:00")
        #expect(try next("0 0 13 * FRI", after: "2026-03-07 08:00") == "2026-03-13 00:00")
        #expect(try next("0 0 13 * FRI", after: "2026-04-10 08:00") == "2026-04-13 00:00")
        #expect(try next("0 0 */13 * FRI", after: "2026-03-02 08:00") == "2026-03-27 00:00")
        #expect(try next("0 0 13 * */5", after: "2026-03-02 08:00") == "2026-03-13 00:00")
        #expect(try next("0 0 13 * */5", after: "2026-03-13 08:00") == "2026-09-13 00:00")
    }

    @Test
    func `Sunday is 0 and 7, and the end of a range`() throws {
        for field in ["0", "7", "SUN", "7-7", "sun"] {
            #expect(try next("0 0 * * \(field)", after: "2026-03-02 08:00") == "2026-03-08 00:00", "\(field)")
        }
        for field in ["SAT-SUN", "6-7", "6-0", "6,7"] {
            #expect(try next("0 0 * * \(field)", after: "2026-03-02 08:00") == "2026-03-07 00:00", "\(field)")
            #expect(try next("0 0 * * \(field)", after: "2026-03-07 08:00") == "2026-03-08 00:00", "\(field)")
            #expect(try next("0 0 * * \(field)", after: "2026-03-08 08:00") == "2026-03-14 00:00", "\(field)")
        }
    }

    @Test
    func `L is the last day of a month`() throws {
        #expect(try next("0 0 L * *", after: "2026-02-02 08:00") == "2026-02-28 00:00")
        #expect(try next("0 0 L * *", after: "2028-02-02 08:00") == "2028-02-29 00:00")
        #expect(try next("0 0 15,L 2 *", after: "2026-02-20 08:00") == "2026-02-28 00:00")
    }

    @Test
    func `Rare dates are found and impossible ones refused`() throws {
        #expect(try next("0 0 29 2 *", after: "2097-01-01 00:00") == "2104-02-29 00:00")
        // Needs a 29 February that is a Monday, for the star makes both days count.
        #expect(try next("0 0 29 2 */8", after: "2026-01-01 00:00") == "2032-02-29 00:00")
        #expect(message("0 0 30 2 *").contains("no month that it names has such a day"))
        #expect(message("0 0 31 4,6,9,11 *").contains("no month that it names has such a day"))
        #expect(message("0 0 30,31 2 *").contains("\n  0 0 30,31 2 *\n      ^^^^^"))
        // A Monday in February there is.
        #expect(try next("0 0 30 2 MON", after: "2026-01-01 00:00") == "2026-02-02 00:00")
    }

    @Test
    func `The search ends with the range of timestamps`() throws {
        let expression = try CronExpression("0 0 29 2 *")
        #expect(expression.next(after: .distantFuture, by: .utc) == nil)
        #expect(expression.next(after: LocalTime.parse("2262-01-01 00:00"), by: .utc) == nil)
        let first = try CronExpression("* * * * *").next(after: .distantPast, by: .utc)
        #expect(first.map { $0 > .distantPast } == true)
        #expect(try CronExpression("0 0 * * *").next(after: .distantPast, by: .utc) != nil)
    }

    @Test(arguments: [
        ("61 * * * *", "in its minute field, “61”, 61 is out of range. Allowed in the minute field are 0–59", 0, 2),
        ("* 24 * * *", "in its hour field, “24”, 24 is out of range", 2, 2),
        (
            "* * 0 * *",
            "in its day-of-month field, “0”, 0 is out of range. Allowed in the day-of-month field are 1–31", 4, 1
        ),
        (
            "* * * 13 *",
            "in its month field, “13”, 13 is out of range. Allowed in the month field are 1–12 or JAN–DEC", 6, 2
        ),
        (
            "* * * * 8", "in its day-of-week field, “8”, 8 is out of range. Allowed in the day-of-week field are 0–7",
            8, 1
        ),
        ("* * * FOO *", "“FOO” is no number or name", 6, 3),
        ("0 0 1,15,3x * *", "“3x” is no number or name", 9, 2),
        ("*/0 * * * *", "the step “0” must be a number from 1 to 60", 0, 3),
        ("*/70 * * * *", "the step “70” must be a number from 1 to 60", 0, 4),
        ("*/ * * * *", "the step “” must be a number", 0, 2),
        ("0 22-2 * * *", "the range 22-2 runs backwards; write it as two ranges", 2, 4),
        ("1,,2 * * * *", "there is nothing before or after a comma", 0, 4),
        ("* * ? * *", "“?” is not known here; write * for any", 4, 1),
        ("* * * * MON#2", "the nth weekday of a month cannot be written", 8, 5),
        ("* * * * 5L", "of L and W there is only L for the last day of the month", 8, 2),
        ("* * 15W * *", "of L and W there is only L for the last day of the month", 4, 3),
        ("*5 * * * *", "a star stands alone or with a step", 0, 2),
        ("-5 * * * *", "a number or name is missing", 0, 2),
        ("+5 * * * *", "“+5” is no number or name", 0, 2),
        ("99999999999999999999 * * * *", "is no number or name", 0, 20),
        ("٣ * * * *", "“٣” is no number or name", 0, 1),
        ("@fortnightly", "there is no such name", 0, 12),
    ])
    func `An error points at the field`(_ text: String, _ problem: String, _ column: Int, _ width: Int) {
        let message = message(text)
        #expect(message.contains(problem), "\(message)")
        let marks = String(repeating: " ", count: column) + String(repeating: "^", count: width)
        #expect(message.hasSuffix("\n  \(text)\n  \(marks)"), "\(message)")
    }

    @Test(arguments: ["", "   ", "* * * *", "* * * * * *", "@every 90s"])
    func `Another number of fields is refused`(_ text: String) {
        #expect(message(text).contains("it must have five: minute, hour, day of month, month and day of week"))
    }
}
