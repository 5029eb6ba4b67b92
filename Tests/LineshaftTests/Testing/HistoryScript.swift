//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting

/// Writes histories by hand.
struct HistoryScript {
    private(set) var history = History()
    private var steady: Int64 = 0
    private var call = 0
    private let start = Timestamp(millisecondsSinceEpoch: 1_772_438_400_000)

    static let job = JobID(high: 1, low: 1)
    static let other = JobID(high: 1, low: 2)
    static let done = HistoryOutcome(kind: .succeeded, detail: "6")
    static let dead = HistoryOutcome(kind: .failed, detail: "failed, attempt 1: no")

    /// The wall-clock time so many seconds after the beginning.
    func time(_ seconds: Int64) -> Timestamp { start + .seconds(seconds) }

    mutating func pass(_ seconds: Int64) { steady += seconds * 1_000_000_000 }

    mutating func add(_ kind: HistoryEvent.Kind, by process: String = "worker") {
        steady += 1_000
        let time = start + .nanoseconds(steady)
        history.events.append(HistoryEvent(steady: steady, time: time, process: process, kind: kind))
    }

    mutating func submit(_ job: JobID = job, change: (inout SubmittedJob) -> Void = { _ in }) {
        call += 1
        var submitted = SubmittedJob(job: job)
        change(&submitted)
        add(.submitting(call: call, submitted), by: "client")
        add(.accepted(call: call, job: job), by: "client")
    }

    mutating func deliver(
        _ job: JobID = job,
        token: UInt64 = 1,
        attempt: Int = 1,
        delivery: Int = 1,
        during: (inout HistoryScript) -> Void = { _ in }
    ) {
        call += 1
        let own = call
        add(.claiming(call: own))
        during(&self)
        let lease: Int64 = 8_000_000_000
        let delivered = DeliveredJob(job: job, token: token, attempt: attempt, delivery: delivery, lease: lease)
        add(.delivered(call: own, delivered))
    }

    mutating func start(_ job: JobID = job, token: UInt64 = 1) {
        add(.started(job: job, token: token))
    }

    /// Settles; `applied` is `nil` when nobody learns the answer.
    mutating func settle(
        _ disposition: HistoryDisposition,
        _ job: JobID = job,
        token: UInt64 = 1,
        applied: Bool? = true,
        during: (inout HistoryScript) -> Void = { _ in }
    ) {
        call += 1
        let own = call
        add(.settling(call: own, job: job, token: token, disposition))
        during(&self)
        if let applied { add(.settled(call: own, job: job, token: token, applied: applied)) }
    }

    mutating func extend(_ job: JobID = job, token: UInt64 = 1, held: Bool = true) {
        call += 1
        add(.extending(call: call, nanoseconds: 8_000_000_000))
        add(.extended(call: call, job: job, token: token, held: held))
    }

    mutating func cancel(_ job: JobID = job, atOnce: Bool) {
        call += 1
        add(.cancelling(call: call, job: job), by: "client")
        add(.cancelled(call: call, job: job, atOnce: atOnce), by: "client")
    }

    mutating func see(_ outcome: HistoryOutcome = done, of job: JobID = job, by process: String = "client") {
        add(.outcome(job: job, outcome), by: process)
    }

    static func write(_ body: (inout HistoryScript) -> Void) -> History {
        var script = HistoryScript()
        body(&script)
        return script.history
    }
}
