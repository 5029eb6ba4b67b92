//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The tick of a schedule that a job belongs to.
public struct ScheduleTick: Sendable, Hashable {
    /// The schedule.
    public let schedule: ScheduleID
    /// The tick's own time, which may be long before the job's start; for a run that somebody asked for, when they did.
    public let time: Timestamp

    private static let scheduleHeader = "lineshaft-schedule"
    private static let timeHeader = "lineshaft-tick"

    package init(schedule: ScheduleID, time: Timestamp) {
        self.schedule = schedule
        self.time = time
    }

    /// Reads a tick from a job's headers; `nil` when no schedule submitted it.
    package init?(headers: [String: String]) {
        guard let schedule = headers[Self.scheduleHeader], let time = headers[Self.timeHeader].flatMap({ Int64($0) })
        else { return nil }
        self.init(schedule: ScheduleID(schedule), time: Timestamp(nanosecondsSinceEpoch: time))
    }

    /// What travels with the job.
    package var headers: [String: String] {
        [Self.scheduleHeader: schedule.rawValue, Self.timeHeader: String(time.nanosecondsSinceEpoch)]
    }
}

extension JobContext {
    /// The tick that submitted the job; `nil` for a job that no schedule submitted.
    public var tick: ScheduleTick? { ScheduleTick(headers: headers) }
}
