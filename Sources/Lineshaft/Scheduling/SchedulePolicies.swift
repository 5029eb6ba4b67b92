//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What happens to ticks that nobody could fire in time: no scheduler ran, or the broker was away.
public struct MissedTicks: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The rules.
    package enum Rule: String, Sendable, Hashable, Codable {
        case skip
        case one
        case all
    }

    package let rule: Rule
    /// The most ticks that fire at once.
    package let limit: Int

    /// They are left out.
    ///
    /// A tick counts as missed when it is more than a minute late.
    public static let skip = MissedTicks(rule: .skip, limit: 1)

    /// The latest of them fires, however late, and the ones before it are left out: the default.
    public static let one = MissedTicks(rule: .one, limit: 1)

    /// They fire one after the other at once, as many as a limit allows; the oldest are left out.
    ///
    /// - Parameter limit: The most ticks, 1 to 1,000.
    /// - Returns: The policy.
    public static func all(upTo limit: Int) -> MissedTicks {
        MissedTicks(rule: .all, limit: limit)
    }

    /// How late a tick may be that does not count as missed.
    package static let tolerance = Duration.seconds(60)

    /// The policy as text.
    public var description: String { rule == .all ? "all(upTo: \(limit))" : rule.rawValue }

    /// What is wrong with the limit.
    package var problem: String? {
        (1...1_000).contains(limit) ? nil : "the limit of `all(upTo:)` is \(limit); it must be 1 to 1,000"
    }
}

/// What happens at a tick when the job of the tick before it has not ended.
public struct OverlapPolicy: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The rules.
    package enum Rule: String, Sendable, Hashable, Codable {
        case allow
        case skip
        case replace
    }

    package let rule: Rule

    /// The next job is submitted all the same: the default.
    public static let allow = OverlapPolicy(rule: .allow)

    /// The tick is left out.
    public static let skip = OverlapPolicy(rule: .skip)

    /// The job before is cancelled, and the next one submitted without waiting for its end.
    public static let replace = OverlapPolicy(rule: .replace)

    /// The policy as text.
    public var description: String { rule.rawValue }
}
