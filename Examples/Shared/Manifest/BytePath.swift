//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A path as the file system has it: bytes, which are usually but not always UTF-8.
///
/// It travels as a string where it is one, and else as `{"base64": "…"}`, so that no file is out of reach.
public struct BytePath: Sendable, Hashable, Comparable {
    /// The bytes, without a terminating zero.
    public let bytes: [UInt8]

    /// Creates a path from its bytes.
    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Creates a path from text.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// The path as text; `nil` when it is not UTF-8.
    public var text: String? { String(validating: bytes, as: UTF8.self) }

    /// The path for people: what is not UTF-8 is replaced, and what would disturb a terminal is escaped.
    public var displayText: String {
        var text = ""
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            let isControl = scalar.properties.generalCategory == .control || scalar.properties.isBidiControl
            text += isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return text
    }

    /// The path of something in the folder at this path.
    public func appending(_ name: BytePath) -> BytePath {
        if bytes.isEmpty { return name }
        let separator = bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        return BytePath(bytes: bytes + separator + name.bytes)
    }

    /// Gives the path to a C function.
    ///
    /// - Parameter body: Gets the path with a terminating zero; the pointer is valid until it returns.
    /// - Returns: What `body` returns.
    public func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        try (bytes + [0]).withUnsafeBufferPointer { buffer in
            try buffer.withMemoryRebound(to: CChar.self) { characters in
                // The terminating zero makes sure that there is an address.
                guard let address = characters.baseAddress else {
                    preconditionFailure("An array of one byte is empty.")
                }
                return try body(address)
            }
        }
    }

    /// Orders paths by their bytes, as `LC_ALL=C sort` does.
    public static func < (lhs: BytePath, rhs: BytePath) -> Bool {
        lhs.bytes.lexicographicallyPrecedes(rhs.bytes)
    }
}

extension BytePath: Codable {
    private enum CodingKeys: String, CodingKey {
        case base64
    }

    /// Reads a path from a string, or from an object with the bytes.
    public init(from decoder: any Decoder) throws {
        do {
            bytes = Array(try decoder.singleValueContainer().decode(String.self).utf8)
        } catch DecodingError.typeMismatch {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            bytes = Array(try container.decode(Data.self, forKey: .base64))
        }
    }

    /// Writes the path as a string if it is one, and else as an object with the bytes.
    public func encode(to encoder: any Encoder) throws {
        if let text {
            var container = encoder.singleValueContainer()
            try container.encode(text)
        } else {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(Data(bytes), forKey: .base64)
        }
    }
}
