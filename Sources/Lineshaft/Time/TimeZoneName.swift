//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The name of a time zone of the IANA database, such as `Europe/Berlin`.
///
/// It is checked, and the zone looked up, where it is used, so that a bad one is an error and not a trap.
public struct TimeZoneName: Sendable, Hashable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// Coordinated Universal Time, which every system knows.
    public static let utc: TimeZoneName = "UTC"

    /// The name as the database has it.
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

    /// The name as the database has it.
    public var description: String { rawValue }

    /// Checks that the name can be one of the database, and leads nowhere else.
    ///
    /// - Throws: ``ConfigurationError`` with the code `unknownTimeZone`.
    package func check() throws(ConfigurationError) {
        let isPlain = rawValue.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "+"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        // A part cannot be `..` without a dot, and two slashes in a row would begin an absolute path.
        let parts = rawValue.split(separator: "/", omittingEmptySubsequences: false)
        if isPlain, rawValue.utf8.count <= 100, parts.allSatisfy({ !$0.isEmpty }) { return }
        throw ConfigurationError(
            code: .unknownTimeZone,
            message: "\(String(reflecting: String(rawValue.prefix(100)))) is not the name of a time zone. "
                + "Use a name of the IANA database, such as “Europe/Berlin” or “UTC”."
        )
    }
}
