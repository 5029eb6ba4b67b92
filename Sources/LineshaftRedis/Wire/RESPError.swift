//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The bytes from a server are not replies, or are more than may be kept.
///
/// The stream cannot be read on from there: the connection has to be closed.
package struct RESPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with the bytes.
    package enum Code: Sendable, Hashable {
        /// They are no RESP at all.
        case notRedis
        /// They began as RESP and broke its rules.
        case malformed
        /// A string, line or reply is longer than allowed.
        case tooLarge
        /// A reply has more elements than allowed.
        case tooManyElements
        /// Arrays are nested too deeply.
        case tooDeep
        /// There was no memory for them.
        case outOfMemory
    }

    /// What is wrong with the bytes.
    package let code: Code
    /// What came, and what to do.
    package let message: String

    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

/// How much of a reply is taken into memory before the server is taken for broken or hostile.
package struct RESPLimits: Sendable, Hashable {
    /// The longest bulk string in bytes.
    ///
    /// Redis itself allows 512 MiB.
    package var bulkSize = 512 << 20
    /// The bytes of all strings of one reply together.
    package var replySize = 1 << 30
    /// The elements of one reply, those of nested arrays included.
    package var elements = 1 << 22
    /// How deeply arrays may be nested.
    ///
    /// hiredis 0.14 allows no more than eight.
    package var depth = 8
    /// The longest line: a status, an error or a number.
    package var lineLength = 1 << 16

    package init() {}
}
