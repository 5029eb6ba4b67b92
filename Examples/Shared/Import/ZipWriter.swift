//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Writes zip archives without compression, as large as some hundred files need.
package struct ZipWriter: Sendable {
    /// What an entry is.
    package enum Kind: UInt32, Sendable {
        case file = 0o100644
        case link = 0o120777
    }

    private var body: [UInt8] = []
    private var directory: [UInt8] = []
    private var count: UInt16 = 0

    /// Creates an archive of nothing.
    package init() {}

    /// Adds a file.
    ///
    /// - Parameters:
    ///   - name: Its name in the archive.
    ///   - bytes: Its content.
    ///   - kind: What it is.
    package mutating func add(_ name: String, _ bytes: [UInt8], kind: Kind = .file) {
        let offset = UInt32(body.count)
        // Version 2.0; a name in UTF-8; stored; midnight of 1 January 2025.
        let common =
            Self.small(20) + Self.small(0x0800) + Self.small(0) + Self.small(0) + Self.small(0x5A21)
            + Self.large(CRC32.checksum(of: bytes)) + Self.large(UInt32(bytes.count)) + Self.large(UInt32(bytes.count))
            + Self.small(UInt16(name.utf8.count)) + Self.small(0)
        body += Self.large(0x0403_4B50) + common + Array(name.utf8) + bytes
        // Made by a Unix, which keeps the kind in the upper half of the attributes.
        directory += Self.large(0x0201_4B50) + Self.small(0x031E) + common + Self.small(0) + Self.small(0)
        directory += Self.small(0) + Self.large(kind.rawValue << 16) + Self.large(offset) + Array(name.utf8)
        count += 1
    }

    /// The archive.
    package var bytes: [UInt8] {
        let end =
            Self.large(0x0605_4B50) + Self.small(0) + Self.small(0) + Self.small(count) + Self.small(count)
            + Self.large(UInt32(directory.count)) + Self.large(UInt32(body.count)) + Self.small(0)
        return body + directory + end
    }

    private static func small(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(value >> 8)] }

    private static func large(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// The checksum of zip archives.
private enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    static func checksum(of bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { value, byte in table[Int((value ^ UInt32(byte)) & 0xFF)] ^ value >> 8 }
    }
}
