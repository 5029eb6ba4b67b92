//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// When a schedule fires.
public struct Recurrence: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The ways of saying it.
    package enum Rule: Sendable, Hashable, Codable {
        case cron(expression: String, zone: TimeZoneName)
        case every(nanoseconds: Int64)
        case once(time: Timestamp)
    }

    package let rule: Rule

    private init(_ rule: Rule) {
        self.rule = rule
    }

    /// By a cron expression, as the clocks of a time zone show it.
    ///
    /// `@every 90s` or `@every 1h30m` is ``every(_:)``, for which zones do not matter. The expression and the zone are checked
    /// when the schedule is added or its ``Scheduler`` starts.
    ///
    /// - Parameters:
    ///   - expression: Five fields, or a name such as `@daily`; see ``CronExpression``.
    ///   - zone: Whose clocks count.
    /// - Returns: The recurrence.
    public static func cron(_ expression: String, in zone: TimeZoneName = .utc) -> Recurrence {
        Recurrence(.cron(expression: expression, zone: zone))
    }

    /// Again and again with the same time between, counted from the schedule's start or else from when it was added.
    ///
    /// - Parameter interval: The time between; one second or more.
    /// - Returns: The recurrence.
    public static func every(_ interval: Duration) -> Recurrence {
        Recurrence(.every(nanoseconds: interval.saturatedNanoseconds))
    }

    /// Once.
    ///
    /// - Parameter time: When. A time that has passed when the schedule is added never comes.
    /// - Returns: The recurrence.
    public static func at(_ time: Timestamp) -> Recurrence {
        Recurrence(.once(time: time))
    }

    /// The recurrence as text, as people write it.
    public var description: String {
        switch rule {
        case .cron(let expression, .utc): expression
        case .cron(let expression, let zone): "\(expression) (\(zone))"
        case .every(let nanoseconds): "every \(Duration.nanoseconds(nanoseconds))"
        case .once(let time): "at \(time)"
        }
    }
}
