//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft

/// Times as tests write them: `2026-03-29 02:30`, in UTC or in a zone.
enum LocalTime {
    /// A time in UTC.
    static func parse(_ text: String) -> Timestamp {
        let numbers = text.split { !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count >= 5 else { return .distantPast }
        let days = CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]).daysSinceEpoch
        let seconds = numbers.count > 5 ? numbers[5] : 0
        return Timestamp(
            millisecondsSinceEpoch: Int64(((days * 24 + numbers[3]) * 60 + numbers[4]) * 60 + seconds) * 1_000
        )
    }

    /// What a zone's clocks show.
    static func text(_ time: Timestamp, in rules: TimeZoneRules) -> String {
        let seconds = time.nanosecondsSinceEpoch.flooredQuotient(dividingBy: 1_000_000_000)
        let local = seconds + rules.offset(at: seconds)
        let days = local.flooredQuotient(dividingBy: 86_400)
        let date = CivilDate(daysSinceEpoch: Int(days))
        let rest = Int(local - days * 86_400)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let minute = "\(date.year)-\(two(date.month))-\(two(date.day)) \(two(rest / 3_600)):\(two(rest / 60 % 60))"
        return rest % 60 == 0 ? minute : minute + ":" + two(rest % 60)
    }
}
