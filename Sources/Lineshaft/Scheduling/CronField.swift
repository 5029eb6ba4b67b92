//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A field of a cron expression.
enum CronField: Sendable {
    case minute
    case hour
    case day
    case month
    case weekday

    /// The numbers that it may hold.
    var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    /// The field's name.
    var name: String {
        switch self {
        case .minute: "minute field"
        case .hour: "hour field"
        case .day: "day-of-month field"
        case .month: "month field"
        case .weekday: "day-of-week field"
        }
    }

    /// The names that stand for numbers, in lower case.
    var names: [String] {
        switch self {
        case .minute, .hour, .day: []
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        }
    }

    /// The number of the first name.
    var firstNamed: Int { self == .month ? 1 : 0 }

    /// What it may hold, for messages.
    var allowed: String {
        let rest = "lists (1,2), ranges (1-5), steps (*/2) and *"
        return switch self {
        case .minute: "0–59, \(rest)"
        case .hour: "0–23, \(rest)"
        case .day: "1–31, L for the last day, \(rest)"
        case .month: "1–12 or JAN–DEC, \(rest)"
        case .weekday: "0–7 or SUN–SAT, where 0 and 7 are Sunday, \(rest)"
        }
    }
}
