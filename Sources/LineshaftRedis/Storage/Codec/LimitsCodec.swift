//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// A queue's limits as text: concurrency, count, nanoseconds of the period, and burst, with spaces between and `-` for none;
/// nothing for no limits.
///
/// Those of each tenant follow in the same way behind a line break, then those of job types, each behind a line break and
/// the name, which may have spaces in it, at the end.
package enum LimitsCodec {
    /// Writes limits.
    package static func encode(_ limits: QueueLimits) -> [UInt8] {
        if limits == .none { return [] }
        var text = words(PartLimits(concurrency: limits.concurrency, rate: limits.rate))
        if limits.perTenant != nil || !limits.perJob.isEmpty { text += "\n" + words(limits.perTenant ?? .none) }
        for (name, own) in limits.perJob.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            text += "\n\(words(own)) \(name.rawValue)"
        }
        return Array(text.utf8)
    }

    private static func words(_ limits: PartLimits) -> String {
        let concurrency = limits.concurrency.map { String($0) } ?? "-"
        guard let rate = limits.rate else { return "\(concurrency) - - -" }
        return "\(concurrency) \(rate.count) \(rate.period.saturatedNanoseconds) \(rate.burst)"
    }

    /// Reads limits.
    ///
    /// - Throws: ``StorageError`` when the text is none that ``encode(_:)`` writes.
    package static func decode(_ bytes: [UInt8]) throws(StorageError) -> QueueLimits {
        if bytes.isEmpty { return .none }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let own = try part(lines[0]).limits
        var limits = QueueLimits(concurrency: own.concurrency, rate: own.rate)
        if lines.count > 1 {
            let perTenant = try part(lines[1]).limits
            limits.perTenant = perTenant == PartLimits.none ? nil : perTenant
        }
        for line in lines.dropFirst(2) {
            let (own, name) = try part(line)
            limits.perJob[JobName(name)] = own
        }
        return limits
    }

    private static func part(_ line: Substring) throws(StorageError) -> (limits: PartLimits, name: String) {
        let words = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard words.count >= 4, words[0] == "-" || Int(words[0]) != nil else { throw malformed }
        var limits = PartLimits(concurrency: Int(words[0]))
        if words[1] != "-" {
            guard let count = Int(words[1]), let period = Int64(words[2]), let burst = Int(words[3]) else {
                throw malformed
            }
            limits.rate = RateLimit(count, per: .nanoseconds(period), burst: burst)
        }
        return (limits, words.count > 4 ? String(words[4]) : "")
    }

    private static let malformed = StorageError(.malformed, "A queue's limits cannot be read; set them again.")
}
