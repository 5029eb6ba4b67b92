//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// One of the 16,384 parts into which a Cluster divides its keys.
package struct ClusterSlot: Sendable, Hashable {
    /// How many there are.
    package static let count = 16_384

    /// The slot's number.
    package let number: Int

    /// A slot by its number.
    ///
    /// - Returns: The slot, or `nil` when there is none of that number.
    package init?(_ number: Int) {
        guard (0..<Self.count).contains(number) else { return nil }
        self.number = number
    }

    /// The slot of a key: of what stands in its first pair of braces, if anything does, or else of all of it.
    package init(key: String) {
        self.init(key: Array(key.utf8))
    }

    /// The slot of a key.
    package init(key bytes: [UInt8]) {
        var hashed = bytes[...]
        if let open = bytes.firstIndex(of: UInt8(ascii: "{")),
            let close = bytes[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        {
            hashed = bytes[(open + 1)..<close]
        }
        number = Int(Self.checksum(hashed)) % Self.count
    }

    /// The CRC-16 of the XMODEM protocol: polynomial 0x1021, from zero.
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in
            (sum << 8) ^ table[Int(UInt8(truncatingIfNeeded: sum >> 8) ^ byte)]
        }
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : (sum << 1) ^ 0x1021 }
    }
}
