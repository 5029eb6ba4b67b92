//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftTesting

/// Who had which jobs, and when they came back from workers that died.
struct Deliveries {
    private struct Holding {
        let process: String
        let token: UInt64
        let number: Int
        let time: Int64
        var hasReturned = false
        var isGivenUp = false
    }

    /// How many jobs' handlers returned more than once.
    private(set) var runAgain = 0
    /// How long after a worker's death each of its jobs was with another one.
    private(set) var recoveries: [Duration] = []
    /// The most jobs of one dead worker whose handlers had returned and ran again.
    private(set) var mostAgainAfterOneDeath = 0
    /// Jobs that were given out again although their worker was not killed and had not given them back.
    private(set) var unexplained: [JobID] = []

    /// The longest time from a delivery to the start of its handler.
    private(set) var slowestStart = Duration.zero

    init(_ history: History) {
        var holdings: [JobID: Holding] = [:]
        var deaths: [String: Int64] = [:]
        var again: [String: Int] = [:]
        for event in history.events {
            switch event.kind {
            case .processDied:
                deaths[event.process] = event.steady
            case .delivered(_, let delivered):
                if let before = holdings[delivered.job], before.token < delivered.token, !before.isGivenUp {
                    if delivered.delivery > before.number + 1 {
                        // A worker died before it had written down what it was given; whose death that was cannot be told.
                    } else if let death = deaths[before.process] {
                        recoveries.append(.nanoseconds(event.steady - death))
                    } else {
                        unexplained.append(delivered.job)
                    }
                    if before.hasReturned {
                        runAgain += 1
                        again[before.process, default: 0] += 1
                    }
                }
                holdings[delivered.job] = Holding(
                    process: event.process,
                    token: delivered.token,
                    number: delivered.delivery,
                    time: event.steady
                )
            case .started(let job, let token):
                guard let holding = holdings[job], holding.token == token else { continue }
                slowestStart = max(slowestStart, .nanoseconds(event.steady - holding.time))
            case .ended(let job, let token, let how) where holdings[job]?.token == token && how == "returned":
                holdings[job]?.hasReturned = true
            case .settling(_, let job, let token, .returned) where holdings[job]?.token == token:
                // The next one may have it before this one hears that it was taken back.
                holdings[job]?.isGivenUp = true
            case .settled(_, let job, let token, true) where holdings[job]?.token == token:
                holdings[job]?.isGivenUp = true
            default:
                break
            }
        }
        mostAgainAfterOneDeath = again.values.max() ?? 0
    }
}
