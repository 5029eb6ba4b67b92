//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Puts values together as bytes: big-endian numbers, and lengths in front of what has one.
package struct ByteWriter: Sendable {
    /// What has been written.
    package private(set) var bytes: [UInt8]

    /// Creates an empty writer.
    package init(reserving capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Goes on behind what there is.
    package init(continuing bytes: consuming [UInt8]) {
        self.bytes = bytes
    }

    /// Hands over what has been written, and starts anew.
    package mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    /// Appends a number in as many bytes as its type has, the highest first.
    package mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    /// Appends bytes as they are.
    package mutating func write(_ other: some Sequence<UInt8>) {
        bytes.append(contentsOf: other)
    }

    /// Appends an identifier, 16 bytes.
    package mutating func write(_ id: JobID) {
        write(id.high)
        write(id.low)
    }

    /// Appends a number in seven bits a byte, the lowest first.
    package mutating func writeCompact(_ value: UInt64) {
        var rest = value
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Appends a signed number, small ones of either sign in few bytes.
    package mutating func writeCompact(_ value: Int64) {
        writeCompact(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// Appends bytes with their length in front.
    package mutating func writeCounted(_ other: [UInt8]) {
        writeCompact(UInt64(other.count))
        bytes.append(contentsOf: other)
    }

    /// Appends text with its length in front.
    package mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            writeCompact(UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    /// Appends a duration, exactly; only what no clock can measure is cut off.
    package mutating func write(_ duration: Duration) {
        let bounded = min(max(duration, .seconds(-9_000_000_000_000_000_000)), .seconds(9_000_000_000_000_000_000))
        let (seconds, attoseconds) = bounded.components
        writeCompact(seconds)
        writeCompact(attoseconds)
    }
}
