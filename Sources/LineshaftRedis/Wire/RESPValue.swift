//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// One reply, or a part of one, as Redis sent it.
///
/// RESP2 has the first six kinds. The others come only from a server that was asked to speak RESP3, read by hiredis 1.0
/// or later.
package enum RESPValue: Sendable, Hashable {
    /// A bulk string: any bytes.
    case string([UInt8])
    /// A short line such as `OK`.
    case status(String)
    /// The command was refused.
    case error(RedisServerError)
    /// A whole number.
    case integer(Int64)
    /// Nothing: a null bulk string, a null array or RESP3's null.
    case null
    /// Values in order.
    case array([RESPValue])
    /// A floating-point number.
    case double(Double)
    /// True or false.
    case boolean(Bool)
    /// Keys and values in turn.
    case map([RESPValue])
    /// Values that are all different.
    case set([RESPValue])
    /// A message that answers no command.
    case push([RESPValue])

    /// The bytes of a bulk string.
    package var bytes: [UInt8]? {
        if case .string(let bytes) = self { bytes } else { nil }
    }

    /// The text of a status, or of a bulk string that is valid UTF-8.
    package var text: String? {
        switch self {
        case .status(let text): text
        case .string(let bytes): String(validating: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The number, also where it came as the digits of a string, as Lua's and `CONFIG`'s numbers do.
    package var integer: Int64? {
        switch self {
        case .integer(let number): number
        case .string(let bytes): Int64(ascii: bytes[...])
        case .boolean(let flag): flag ? 1 : 0
        default: nil
        }
    }

    /// The values of an array, set or push, or a map's keys and values in turn.
    package var elements: [RESPValue]? {
        switch self {
        case .array(let elements), .map(let elements), .set(let elements), .push(let elements): elements
        default: nil
        }
    }

    /// What the server refused a command with.
    package var error: RedisServerError? {
        if case .error(let error) = self { error } else { nil }
    }

    /// Whether there is nothing.
    package var isNull: Bool { self == .null }

    /// Whether it is the status `OK`.
    package var isOK: Bool { self == .status("OK") }

    /// What kind of value it is, for messages: contents may be secret, and are long.
    package var kind: String {
        switch self {
        case .string(let bytes): "a string of \(bytes.count) bytes"
        case .status(let text): "the status “\(text.prefix(32))”"
        case .error(let error): "the error \(error.code)"
        case .integer: "an integer"
        case .null: "nothing"
        case .array(let elements): "an array of \(elements.count)"
        case .double: "a floating-point number"
        case .boolean: "a boolean"
        case .map(let elements): "a map of \(elements.count / 2)"
        case .set(let elements): "a set of \(elements.count)"
        case .push(let elements): "a push message of \(elements.count)"
        }
    }
}

extension Int64 {
    /// Reads a decimal number: digits with nothing around them, and perhaps a minus sign before them.
    package init?(ascii bytes: ArraySlice<UInt8>) {
        var digits = bytes
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (sum, carry) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        self = value
    }
}
