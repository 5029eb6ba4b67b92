//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Writes commands one after the other into a buffer that is used again and again.
///
/// A command that is long or frequent is written word by word, straight from where the words are:
///
///     encoder.beginScript(digest, keys: 2, arguments: 1)
///     encoder.append("lineshaft:{default}:ready")
///     …
///
/// Announcing one number of words and appending another is a mistake in the program, and traps.
package struct RESPEncoder: Sendable {
    /// What has been written and not yet been taken.
    package private(set) var bytes: [UInt8] = []

    /// How many words of the command begun last are missing.
    private var missing = 0

    /// Creates an encoder.
    ///
    /// - Parameter capacity: How many bytes to have room for from the start.
    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins a command of `count` words, its name included.
    package mutating func begin(_ count: Int) {
        precondition(missing == 0, "A command was begun before the last one had all the words that it announced.")
        precondition(count > 0, "A command has a name at least.")
        missing = count
        bytes.append(UInt8(ascii: "*"))
        bytes.appendDigits(of: UInt64(count))
        appendLineEnd()
    }

    /// Begins the call of a loaded script.
    ///
    /// The keys and then the arguments are to be appended.
    package mutating func beginScript(_ digest: ScriptDigest, keys: Int, arguments: Int) {
        begin(3 + keys + arguments)
        append("EVALSHA")
        append(digest.hexadecimal)
        append(Int64(keys))
    }

    /// Appends a word of text.
    package mutating func append(_ word: String) {
        let utf8 = word.utf8
        beginWord(utf8.count)
        bytes.append(contentsOf: utf8)
        appendLineEnd()
    }

    /// Appends a word that is known to the compiler.
    package mutating func append(_ word: StaticString) {
        precondition(word.hasPointerRepresentation, "A command's word is a string and not one scalar.")
        beginWord(word.utf8CodeUnitCount)
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        appendLineEnd()
    }

    /// Appends a word of bytes.
    package mutating func append(_ word: [UInt8]) {
        beginWord(word.count)
        bytes.append(contentsOf: word)
        appendLineEnd()
    }

    /// Appends a word of bytes.
    package mutating func append(_ word: ArraySlice<UInt8>) {
        beginWord(word.count)
        bytes.append(contentsOf: word)
        appendLineEnd()
    }

    /// Appends a number as a word of digits.
    package mutating func append(_ number: Int64) {
        let isNegative = number < 0
        beginWord(Self.digitCount(number.magnitude) + (isNegative ? 1 : 0))
        if isNegative { bytes.append(UInt8(ascii: "-")) }
        bytes.appendDigits(of: number.magnitude)
        appendLineEnd()
    }

    /// Appends a word of any kind.
    package mutating func append(_ word: RESPArgument) {
        switch word {
        case .string(let text): append(text)
        case .bytes(let bytes): append(bytes)
        case .integer(let number): append(number)
        }
    }

    /// Appends words that were encoded before.
    package mutating func append(_ words: RESPWords) {
        precondition(missing >= words.count, "A command was given more words than it announced.")
        missing -= words.count
        bytes.append(contentsOf: words.bytes)
    }

    /// Appends a whole command.
    package mutating func append(_ command: RESPCommand) {
        begin(command.words.count)
        for word in command.words { append(word) }
    }

    /// Appends a whole call of a loaded script.
    package mutating func append(script digest: ScriptDigest, keys: [String], arguments: [RESPArgument]) {
        beginScript(digest, keys: keys.count, arguments: arguments.count)
        for key in keys { append(key) }
        for argument in arguments { append(argument) }
    }

    /// Appends commands that were encoded before.
    package mutating func append(encoded commands: [UInt8]) {
        precondition(missing == 0, "A command was begun before the last one had all the words that it announced.")
        bytes.append(contentsOf: commands)
    }

    /// Hands over what has been written, and starts anew without a buffer.
    package mutating func take() -> [UInt8] {
        precondition(missing == 0, "The last command has not all the words that it announced.")
        defer { bytes = [] }
        return bytes
    }

    /// Forgets what has been written, and keeps the buffer unless it has grown beyond `limit`.
    package mutating func removeAll(keepingCapacityUpTo limit: Int = 1 << 20) {
        precondition(missing == 0, "The last command has not all the words that it announced.")
        bytes.removeAll(keepingCapacity: bytes.capacity <= limit)
    }

    private mutating func beginWord(_ length: Int) {
        precondition(missing > 0, "A command was given more words than it announced.")
        missing -= 1
        bytes.append(UInt8(ascii: "$"))
        bytes.appendDigits(of: UInt64(length))
        appendLineEnd()
    }

    private mutating func appendLineEnd() {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }

    private static func digitCount(_ number: UInt64) -> Int {
        var count = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }
}
