//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The identity of one submitted job, across processes: 128 bits, written like a UUID.
///
/// Identifiers that the system makes are of version 7 (RFC 9562): they begin with the time of submission, so they sort
/// by it. Those of workflow parts are derived from their parent's, so that making one twice gives the same job.
public struct JobID: Sendable, Hashable, Comparable, LosslessStringConvertible {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// Creates an identifier from its 16 bytes, as two big-endian halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Creates an identifier of version 7 for a job submitted at `time`.
    package init(at time: Timestamp, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(clamping: time.millisecondsSinceEpoch) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | (generator.next() & 0x0FFF)
        low = 0x8000_0000_0000_0000 | (generator.next() & 0x3FFF_FFFF_FFFF_FFFF)
    }

    /// Creates the identifier that every process derives from the same text: version 8 (RFC 9562) over SHA-256.
    ///
    /// Use it to make submission idempotent: a second submission with the same identifier is the first one.
    ///
    /// - Parameter text: What the identifier stands for, such as `"invoice-2026-0815"`.
    public init(derivedFrom text: String) {
        let digest = SHA256.hash(text.utf8)
        let first = digest[0..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let second = digest[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        high = (first & ~0xF000) | 0x8000
        low = 0x8000_0000_0000_0000 | (second & 0x3FFF_FFFF_FFFF_FFFF)
    }

    /// Reads an identifier from its text, `8-4-4-4-12` hexadecimal digits; `nil` when the text is anything else.
    public init?(_ description: String) {
        var words: (UInt64, UInt64) = (0, 0)
        var digits = 0
        for (index, byte) in description.utf8.enumerated() {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard digits < 32, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            if digits < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
            digits += 1
        }
        guard digits == 32 else { return nil }
        self.init(high: words.0, low: words.1)
    }

    /// When the job was submitted, in whole milliseconds, for identifiers of version 7; `nil` for derived ones.
    public var submissionTime: Timestamp? {
        guard high & 0xF000 == 0x7000 else { return nil }
        return Timestamp(millisecondsSinceEpoch: Int64(high >> 16))
    }

    /// The identifier as `8-4-4-4-12` lowercase hexadecimal digits.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        let digits = Array("0123456789abcdef".utf8)
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            text.append(digits[Int(word >> UInt64(60 - 4 * (index % 16)) & 0xF)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Orders identifiers by their bytes: those of version 7 by time of submission.
    public static func < (lhs: JobID, rhs: JobID) -> Bool {
        (lhs.high, lhs.low) < (rhs.high, rhs.low)
    }
}

extension JobID: Codable {
    /// Reads an identifier from its text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = JobID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "“\(text)” is not a job identifier."
            )
        }
        self = id
    }

    /// Writes the identifier as its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
