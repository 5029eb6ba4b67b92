//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The wire name of a job type.
///
/// It travels with every job and is apart from the Swift type's name, so that renaming the type orphans no queued work.
///
/// A name is 1 to 200 bytes of UTF-8 without control characters. It is checked when a handler is registered and when
/// a job is submitted, not when it is written down, so that a bad one is an error and not a trap.
public struct JobName: Sendable, Hashable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name as it travels.
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

    /// The name as it travels.
    public var description: String { rawValue }
}

/// The name of a queue: 1 to 200 bytes of UTF-8 without control characters or braces, checked where it is used.
public struct QueueName: Sendable, Hashable, Comparable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The queue of jobs that name none.
    public static let `default`: QueueName = "default"

    /// The name as it travels.
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

    /// The name as it travels.
    public var description: String { rawValue }

    /// Orders queues by name.
    public static func < (lhs: QueueName, rhs: QueueName) -> Bool { lhs.rawValue < rhs.rawValue }
}
