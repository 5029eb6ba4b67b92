//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How urgent a job is among those of its queue: 0 to 9, higher first; equal ones go in the order of submission.
public struct JobPriority: Sendable, Hashable, Comparable, Codable {
    /// The number of levels.
    package static let levels = 10

    /// 0: when nothing else waits.
    public static let lowest = JobPriority(level: 0)
    /// 2: background work.
    public static let low = JobPriority(level: 2)
    /// 5: the default.
    public static let normal = JobPriority(level: 5)
    /// 7: somebody waits for it.
    public static let high = JobPriority(level: 7)
    /// 9: before all others.
    public static let highest = JobPriority(level: 9)

    /// The level, 0 to 9.
    public let level: UInt8

    private init(level: UInt8) {
        self.level = level
    }

    /// Creates a priority; numbers outside 0 to 9 become the nearest of the two.
    public init(_ level: Int) {
        self.level = UInt8(min(max(level, 0), Self.levels - 1))
    }

    /// Reads a level; numbers outside 0 to 9 become the nearest of the two.
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Int.self))
    }

    /// Writes the level as a single number.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(level)
    }

    /// Whether `lhs` is less urgent than `rhs`.
    public static func < (lhs: JobPriority, rhs: JobPriority) -> Bool { lhs.level < rhs.level }
}
