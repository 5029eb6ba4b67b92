//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Takes bytes apart that ByteWriter put together, trusting none of them.
package struct ByteReader: Sendable {
    /// What is read, for messages, which are put together only when there is something wrong.
    package enum Subject: Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
        /// Something, such as "a published message".
        case something(StaticString)
        /// Something of a job, such as "the outcome".
        case part(StaticString, of: JobID)
        /// A job.
        case job(JobID, QueueName)

        package init(stringLiteral value: StaticString) {
            self = .something(value)
        }

        package var description: String {
            switch self {
            case .something(let text): "\(text)"
            case .part(let text, let id): "\(text) of job \(id)"
            case .job(let id, let queue): "job \(id) in queue “\(queue)”"
            }
        }
    }

    private let bytes: [UInt8]
    private var position = 0
    private let subject: Subject

    /// Creates a reader of bytes that are said to be a `subject`.
    package init(_ bytes: [UInt8], of subject: Subject) {
        self.bytes = bytes
        self.subject = subject
    }

    /// How many bytes are left.
    package var remaining: Int { bytes.count - position }

    /// The error for bytes that make no sense.
    package func malformed(_ what: String) -> StorageError {
        StorageError(
            .malformed,
            "The \(bytes.count) bytes of \(subject) cannot be read: \(what) at byte \(position). Something else has "
                + "written under Lineshaft's prefix, or the value was damaged."
        )
    }

    /// Checks the version in front.
    package mutating func readVersion(_ known: UInt8) throws(StorageError) {
        let version: UInt8 = try read()
        if version == known { return }
        if version == 0 || version < known { throw malformed("there is no version \(version)") }
        throw StorageError(
            .newer,
            "The bytes of \(subject) have version \(version), and this program reads version \(known). Let a worker of "
                + "the newer program take it, or bring this one up to date."
        )
    }

    /// Reads a number in as many bytes as its type has.
    package mutating func read<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self
    ) throws(StorageError) -> Number {
        let length = Number.bitWidth / 8
        guard remaining >= length else { throw malformed("a number of \(length) bytes breaks off") }
        defer { position += length }
        // Within bounds, as was just checked; byte by byte it would take several times as long.
        return Number(bigEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Number.self) })
    }

    /// Reads an identifier.
    package mutating func readID() throws(StorageError) -> JobID {
        JobID(high: try read(), low: try read())
    }

    /// Reads so many bytes.
    package mutating func read(count: Int) throws(StorageError) -> [UInt8] {
        guard count >= 0, count <= remaining else { throw malformed("\(count) bytes are promised, \(remaining) left") }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    /// Reads all that is left.
    package mutating func readRest() -> [UInt8] {
        defer { position = bytes.count }
        return Array(bytes[position...])
    }

    /// Reads a number in seven bits a byte.
    package mutating func readCompact() throws(StorageError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte: UInt8 = try read()
            guard shift < 63 || (shift == 63 && byte <= 1) else { throw malformed("a number is too large") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
    }

    /// Reads a signed number.
    package mutating func readSignedCompact() throws(StorageError) -> Int64 {
        let value = try readCompact()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// Reads a length or a count, which what is left must have room for.
    package mutating func readCount() throws(StorageError) -> Int {
        let value = try readCompact()
        guard value <= UInt64(remaining) else { throw malformed("\(value) are promised, \(remaining) bytes left") }
        return Int(value)
    }

    /// Reads a number that must fit `Int`.
    package mutating func readInt() throws(StorageError) -> Int {
        guard let value = Int(exactly: try readSignedCompact()) else { throw malformed("a number is too large") }
        return value
    }

    /// Reads bytes with their length in front.
    package mutating func readCounted() throws(StorageError) -> [UInt8] {
        try read(count: try readCount())
    }

    /// Reads text with its length in front.
    package mutating func readText() throws(StorageError) -> String {
        try text(try readCounted())
    }

    /// Bytes as text.
    package func text(_ bytes: [UInt8]) throws(StorageError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw malformed("text is not UTF-8") }
        return text
    }

    /// Reads a duration.
    package mutating func readDuration() throws(StorageError) -> Duration {
        let seconds = try readSignedCompact()
        let attoseconds = try readSignedCompact()
        guard seconds.magnitude <= 9_000_000_000_000_000_000,
            attoseconds.magnitude < 1_000_000_000_000_000_000
        else { throw malformed("a duration is out of range") }
        return Duration(secondsComponent: seconds, attosecondsComponent: attoseconds)
    }

    /// Checks that nothing is left.
    package func finish() throws(StorageError) {
        if remaining > 0 { throw malformed("\(remaining) bytes are left over") }
    }
}
