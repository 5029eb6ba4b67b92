//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a part of a queue has used up of its limits.
package struct PartUse: Sendable {
    /// Why no other job of the part may begin.
    package enum Hold: Sendable, Hashable {
        /// As many run as may.
        case place
        /// Its rate lets the next one begin after so many nanoseconds.
        case rate(Int64)
    }

    package private(set) var limits: PartLimits
    package private(set) var meter: RateMeter?
    package var running = 0

    package init(_ limits: PartLimits) {
        self.limits = limits
        meter = limits.rate.map { RateMeter($0) }
    }

    /// What keeps the part's next job back; `nil` when nothing does.
    package func hold(at uptime: Int64) -> Hold? {
        if let concurrency = limits.concurrency, running >= concurrency { return .place }
        guard let wait = meter?.wait(at: uptime), wait > 0 else { return nil }
        return .rate(wait)
    }

    /// A job begins.
    package mutating func begin(at uptime: Int64) {
        running += 1
        meter?.take(1, at: uptime)
    }

    /// A job no longer runs.
    ///
    /// - Parameter isUnstarted: Whether it never began, and gives back its part of the rate.
    package mutating func end(isUnstarted: Bool) {
        running = max(running - 1, 0)
        if isUnstarted { meter?.giveBack() }
    }

    /// Goes on under other limits.
    package mutating func change(to limits: PartLimits, at uptime: Int64) {
        guard limits != self.limits else { return }
        self.limits = limits
        meter = limits.rate.map { rate in meter?.changed(to: rate, at: uptime) ?? RateMeter(rate) }
    }

    /// The uptime from which it makes no difference to forget this, if nothing runs; `nil` when it makes none now.
    package func recovery(at uptime: Int64) -> Int64? {
        meter.flatMap { $0.recovery > uptime ? $0.recovery : nil }
    }
}
