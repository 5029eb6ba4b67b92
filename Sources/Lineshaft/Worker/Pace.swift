//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How long runs and calls to the broker have taken lately, and what follows for how a worker goes about its jobs.
///
/// Claiming ahead keeps slots busy while a round trip is under way, and running several short jobs in one slot saves waking
/// another. But a job that waits behind a long one is a job that another slot or worker could have started, so the pace
/// follows the time that runs really take.
package struct Pace {
    /// How long a claimed job may wait for a slot.
    private static let prefetchWindow = 0.005
    /// How long a job may wait behind others in one slot while other slots are idle.
    private static let sharingWindow = 0.0001
    /// How long a call to the broker may take for a slot to make it between two jobs.
    private static let cheapExchange = 0.00005
    /// How long a call to the broker takes where there is a network between that has to be bridged.
    private static let longExchange = 0.0015
    /// How many jobs are claimed ahead where there is none.
    private static let nearPrefetch = 256
    private static let smoothing = 0.1

    private let prefetchLimit: Int
    private var run: Double?
    private var exchange: Double?
    /// The shortest of the last calls: what the way there and back takes, without what was done at its end.
    private var shortestExchange: Double?

    package init(prefetchLimit: Int) {
        self.prefetchLimit = prefetchLimit
    }

    /// A run has ended.
    package mutating func recordRun(_ duration: Duration) {
        run = Self.smoothed(run, duration)
    }

    /// A call to the broker that settled or claimed has ended.
    package mutating func recordExchange(_ duration: Duration) {
        exchange = Self.smoothed(exchange, duration)
        let seconds = Double(duration.saturatedNanoseconds) / 1e9
        // It is forgotten bit by bit, for a broker may move away.
        shortestExchange = min(seconds, shortestExchange.map { $0 * 1.02 } ?? seconds)
    }

    /// How many jobs may be claimed ahead.
    package func prefetch(concurrency: Int) -> Int {
        guard let run else { return 0 }
        let limit = isExchangeLong ? prefetchLimit : min(prefetchLimit, Self.nearPrefetch)
        return Int(min(Double(limit), Self.prefetchWindow * Double(concurrency) / max(run, 1e-9)))
    }

    /// Whether so much can be run during one call to the broker that few calls with many jobs are better than many with few.
    package var isExchangeLong: Bool {
        shortestExchange.map { $0 > Self.longExchange } ?? false
    }

    /// How many jobs a slot may keep for itself while others are idle.
    package var share: Int {
        guard let run else { return 0 }
        return Int(min(64, Self.sharingWindow / max(run, 1e-9)))
    }

    /// How many times a slot that has run a job lets other tasks go first and looks again before it waits to be woken.
    ///
    /// Where jobs are short, whoever waited for the last one is likely to submit the next within that time, and being
    /// woken costs more than the job.
    package var looks: Int {
        guard isExchangeCheap, let run, run < Self.sharingWindow else { return 0 }
        return 16
    }

    /// Whether a slot may speak to the broker although it has a job to run.
    package var isExchangeCheap: Bool {
        exchange.map { $0 < Self.cheapExchange } ?? false
    }

    /// One long duration is believed at once, so that nothing more is piled up behind it; short ones bit by bit.
    private static func smoothed(_ average: Double?, _ duration: Duration) -> Double {
        let seconds = Double(duration.saturatedNanoseconds) / 1e9
        return average.map { seconds > $0 * 8 ? seconds : $0 + (seconds - $0) * smoothing } ?? seconds
    }
}
