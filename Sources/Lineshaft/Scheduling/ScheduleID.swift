//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The name of a schedule: 1 to 200 bytes of UTF-8 without control characters, checked where it is used.
///
/// Processes that name the same schedule share it.
public struct ScheduleID: Sendable, Hashable, Comparable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name as it is stored.
    public let rawValue: String

    /// Creates a name; it is checked where it is used.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    /// Creates a name from a literal; it is checked where it is used.
    public init(stringLiteral value: String) {
        self.rawValue = value
    }

    /// Reads a name from a single string.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes the name as a single string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// The name as it is stored.
    public var description: String { rawValue }

    /// Orders schedules by name.
    public static func < (lhs: ScheduleID, rhs: ScheduleID) -> Bool { lhs.rawValue < rhs.rawValue }
}
