//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// A queue's limits as text: concurrency, count, nanoseconds of the period, and burst, with spaces between and `-` for none;
/// nothing for no limits.
package enum LimitsCodec {
    /// Writes limits.
    package static func encode(_ limits: QueueLimits) -> [UInt8] {
        if limits == .none { return [] }
        let concurrency = limits.concurrency.map { String($0) } ?? "-"
        guard let rate = limits.rate else { return Array("\(concurrency) - - -".utf8) }
        return Array("\(concurrency) \(rate.count) \(rate.period.saturatedNanoseconds) \(rate.burst)".utf8)
    }

    /// Reads limits.
    ///
    /// - Throws: ``StorageError`` when the text is none that ``encode(_:)`` writes.
    package static func decode(_ bytes: [UInt8]) throws(StorageError) -> QueueLimits {
        if bytes.isEmpty { return .none }
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, words[0] == "-" || Int(words[0]) != nil else { throw malformed }
        var limits = QueueLimits(concurrency: Int(words[0]))
        if words[1] != "-" {
            guard let count = Int(words[1]), let period = Int64(words[2]), let burst = Int(words[3]) else {
                throw malformed
            }
            limits.rate = RateLimit(count, per: .nanoseconds(period), burst: burst)
        }
        return limits
    }

    private static let malformed = StorageError(.malformed, "A queue's limits cannot be read; set them again.")
}
