//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import LineshaftRedis

/// What a parser makes of some bytes.
struct Reading: Sendable {
    var replies: [RESPValue] = []
    var error: RESPError?

    /// Reads bytes in pieces of one size.
    init(_ bytes: [UInt8], pieceSize: Int = .max, limits: RESPLimits = RESPLimits()) {
        var parser = RESPParser(limits: limits)
        var rest = bytes[...]
        do throws(RESPError) {
            while !rest.isEmpty {
                let piece = Array(rest.prefix(pieceSize))
                rest = rest.dropFirst(piece.count)
                piece.withUnsafeBytes { parser.feed($0) }
                while let reply = try parser.next() { replies.append(reply) }
            }
        } catch {
            self.error = error
        }
    }

    init(_ text: String, pieceSize: Int = .max, limits: RESPLimits = RESPLimits()) {
        self.init(Array(text.utf8), pieceSize: pieceSize, limits: limits)
    }
}

extension RESPValue {
    /// A bulk string of text.
    static func bulk(_ text: String) -> RESPValue { .string(Array(text.utf8)) }

    /// An error.
    static func refusal(_ line: String) -> RESPValue { .error(RedisServerError(line: line)) }
}
