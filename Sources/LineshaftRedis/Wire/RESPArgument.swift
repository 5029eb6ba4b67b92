//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// One word of a command.
package enum RESPArgument: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// Text, sent as UTF-8.
    case string(String)
    /// Any bytes.
    case bytes([UInt8])
    /// A number, sent as decimal digits.
    case integer(Int64)

    package init(stringLiteral value: String) {
        self = .string(value)
    }

    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }

    /// The word as it is sent.
    private var content: [UInt8] {
        switch self {
        case .string(let text): Array(text.utf8)
        case .bytes(let bytes): bytes
        case .integer(let number): Array(String(number).utf8)
        }
    }

    /// Whether two words are sent as the same bytes.
    package static func == (lhs: RESPArgument, rhs: RESPArgument) -> Bool { lhs.content == rhs.content }

    /// Feeds what is sent into the hasher.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(content)
    }
}

/// A command: its name and the arguments after it.
package struct RESPCommand: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// The name first, then its arguments.
    package var words: [RESPArgument]

    package init(_ words: [RESPArgument]) {
        self.words = words
    }

    package init(arrayLiteral words: RESPArgument...) {
        self.words = words
    }

    /// The name, for messages; arguments may be secret.
    package var name: String {
        switch words.first {
        case .string(let name): name
        case .bytes(let bytes): String(decoding: bytes.prefix(32), as: UTF8.self)
        case .integer, nil: "?"
        }
    }

    /// The command as it is sent.
    package var encoded: [UInt8] {
        var encoder = RESPEncoder()
        encoder.append(self)
        return encoder.take()
    }
}
