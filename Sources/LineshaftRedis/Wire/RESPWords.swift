//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Words of a command, as they are sent, one behind the other in one buffer.
///
/// A call of a script may have thousands; an array for each would cost more than all the rest.
package struct RESPWords: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// The encoded words.
    package private(set) var bytes: [UInt8] = []

    /// How many there are.
    package private(set) var count = 0

    /// Creates an empty buffer.
    ///
    /// - Parameter capacity: How many bytes to have room for from the start.
    package init(reserving capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Encodes words.
    package init(_ words: [[UInt8]]) {
        self.init(reserving: words.reduce(0) { $0 + $1.count + 16 })
        for word in words { append(word) }
    }

    package init(arrayLiteral elements: [UInt8]...) {
        self.init(elements)
    }

    /// Words and more words.
    package static func + (words: RESPWords, more: [[UInt8]]) -> RESPWords {
        var words = words
        words.reserve(more.reduce(0) { $0 + $1.count + 16 })
        for word in more { words.append(word) }
        return words
    }

    /// Has room for so many bytes more.
    package mutating func reserve(_ more: Int) {
        bytes.reserveCapacity(bytes.count + more)
    }

    /// Appends a word.
    package mutating func append(_ word: [UInt8]) {
        begin(word.count)
        bytes.append(contentsOf: word)
        end()
    }

    /// Appends words that were encoded before.
    package mutating func append(_ words: RESPWords) {
        bytes.append(contentsOf: words.bytes)
        count += words.count
    }

    /// Appends a word of a known length that is put together in place.
    ///
    /// - Parameters:
    ///   - length: The word's length, which `write` must come to exactly.
    ///   - write: Writes it.
    package mutating func append(length: Int, _ write: (inout ByteWriter) -> Void) {
        begin(length)
        var writer = ByteWriter(continuing: bytes)
        bytes = []
        let start = writer.bytes.count
        write(&writer)
        bytes = writer.take()
        precondition(bytes.count == start + length, "A word has another length than was announced.")
        end()
    }

    private mutating func begin(_ length: Int) {
        count += 1
        bytes.append(UInt8(ascii: "$"))
        bytes.appendDigits(of: UInt64(length))
        end()
    }

    private mutating func end() {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension [UInt8] {
    /// Appends a number's decimal digits.
    mutating func appendDigits(of number: UInt64) {
        // From the front: turning digits around in the buffer would copy it.
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
