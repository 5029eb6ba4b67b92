//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Whose work a job is: a customer, an account, a site, or whatever else is to get its fair part of a queue.
///
/// The jobs of a queue are given out to its tenants in turn, one each, so that the many jobs of one do not delay the
/// few of another; and each tenant can be limited by itself (``QueueLimits/perTenant``). Other systems call this a
/// partition, a group, a concurrency key or a fairness key.
///
/// A name is 1 to 200 bytes of UTF-8 without control characters, checked when a job is submitted. A queue may have any
/// number of tenants; nothing is kept of one that has no jobs.
public struct TenantName: Sendable, Hashable, Comparable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
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

    /// Orders tenants by name.
    public static func < (lhs: TenantName, rhs: TenantName) -> Bool { lhs.rawValue < rhs.rawValue }
}
