//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// The part of a history that one job plays, sorted by what its events mean.
struct JobStory {
    /// One call of one process, to find its begin again.
    struct Call: Hashable {
        let process: String
        let number: Int
    }

    /// A claim's effect lies between its begin and its end.
    struct Delivery {
        let job: DeliveredJob
        let begin: Int
        let end: Int
        let beginSteady: Int64
        let endSteady: Int64
        let time: Timestamp
    }

    struct Settlement {
        let call: Call
        let token: UInt64
        let disposition: HistoryDisposition
        let begin: Int
        var end: Int?
        var applied: Bool?

        /// Whether it may have taken effect: it did, or nobody knows.
        var mayHaveApplied: Bool { applied ?? true }
        var isFinal: Bool {
            if case .final = disposition { return true }
            return false
        }
    }

    struct Extension {
        let token: UInt64
        let held: Bool
        let until: (earliest: Int64, latest: Int64)
    }

    struct Start {
        let token: UInt64
        let position: Int
        let steady: Int64
        let time: Timestamp
    }

    struct Cancellation {
        let call: Call
        let begin: Int
        var end: Int?
        var atOnce = false
    }

    let id: JobID
    var submissions: [(job: SubmittedJob, begin: Int)] = []
    var accepted: [(begin: Int, end: Int)] = []
    var deliveries: [Delivery] = []
    var settlements: [Settlement] = []
    var extensions: [Extension] = []
    var starts: [Start] = []
    var outcomes: [(outcome: HistoryOutcome, position: Int, time: Timestamp)] = []
    var cancellations: [Cancellation] = []
    var stored: [(outcome: HistoryOutcome, position: Int)] = []
    /// Whether it was a dead letter and was made ready again: then its times have moved, and it may have no unique key.
    var isReborn = false
    /// What belongs to lives before the last, which limits count all the same.
    var earlier: [Delivery] = []
    var earlierSettlements: [Settlement] = []
    /// Where it was about to be made ready again.
    var reviving: Int?

    init(id: JobID) { self.id = id }

    /// What was submitted; of several identical submissions the first.
    var submission: SubmittedJob? { submissions.first?.job }

    /// The queue it was submitted to.
    var queue: QueueName? { submission?.queue }

    /// The deliveries by token, oldest first.
    var byToken: [Delivery] { deliveries.sorted { $0.job.token < $1.job.token } }

    /// From where on everybody could see that the job has ended.
    var visibleEnd: Int? {
        let seen = outcomes.map(\.position)
        let settled = settlements.filter { $0.isFinal && $0.applied == true }.compactMap(\.end)
        let cancelled = cancellations.filter(\.atOnce).compactMap(\.end)
        return (seen + settled + cancelled).min()
    }

    /// Until when a lease certainly ran, and until when it may have.
    func held(_ delivery: Delivery) -> (earliest: Int64, latest: Int64) {
        let lease = delivery.job.lease
        var earliest = delivery.beginSteady + lease
        var latest = delivery.endSteady + lease
        for renewal in extensions where renewal.token == delivery.job.token && renewal.held {
            earliest = max(earliest, renewal.until.earliest)
            latest = max(latest, renewal.until.latest)
        }
        return (earliest, latest)
    }
}

/// Sorts a history by jobs.
struct JobStories {
    private struct Begin {
        let position: Int
        let steady: Int64
        var nanoseconds: Int64 = 0
    }

    private(set) var stories: [JobID: JobStory] = [:]
    /// The jobs in the order in which they first occur.
    private(set) var order: [JobID] = []
    /// How far wall clocks have moved against the steady one, in nanoseconds.
    private(set) var wallSlack: Int64 = 0
    private var begins: [JobStory.Call: Begin] = [:]

    init(_ history: History) {
        var drift: (low: Int64, high: Int64)?
        for (position, event) in history.events.enumerated() {
            read(event, at: position)
            let offset = event.time.nanosecondsSinceEpoch - event.steady
            drift = drift.map { (min($0.low, offset), max($0.high, offset)) } ?? (offset, offset)
        }
        if let drift { wallSlack = drift.high - drift.low }
    }

    private mutating func read(_ event: HistoryEvent, at position: Int) {
        let here = Begin(position: position, steady: event.steady)
        func call(_ number: Int) -> JobStory.Call { JobStory.Call(process: event.process, number: number) }
        switch event.kind {
        case .submitting(let number, let submitted):
            begins[call(number)] = here
            change(submitted.job) { $0.submissions.append((submitted, position)) }
        case .accepted(let number, let job):
            let begin = begins[call(number)] ?? here
            change(job) { $0.accepted.append((begin.position, position)) }
        case .claiming(let number):
            begins[call(number)] = here
        case .delivered(let number, let delivered):
            let begin = begins[call(number)] ?? here
            let delivery = JobStory.Delivery(
                job: delivered,
                begin: begin.position,
                end: position,
                beginSteady: begin.steady,
                endSteady: event.steady,
                time: event.time
            )
            change(delivered.job) { $0.deliveries.append(delivery) }
        case .started(let job, let token):
            let start = JobStory.Start(token: token, position: position, steady: event.steady, time: event.time)
            change(job) { $0.starts.append(start) }
        case .settling(let number, let job, let token, let disposition):
            let settlement = JobStory.Settlement(
                call: call(number),
                token: token,
                disposition: disposition,
                begin: position
            )
            change(job) { $0.settlements.append(settlement) }
        case .settled(let number, let job, let token, let applied):
            change(job) { $0.answerSettlement(call(number), token: token, applied: applied, at: position) }
        case .extending(let number, let nanoseconds):
            begins[call(number)] = Begin(position: position, steady: event.steady, nanoseconds: nanoseconds)
        case .extended(let number, let job, let token, let held):
            let begin = begins[call(number)] ?? here
            let until = (begin.steady + begin.nanoseconds, event.steady + begin.nanoseconds)
            change(job) { $0.extensions.append(.init(token: token, held: held, until: until)) }
        case .cancelling(let number, let job):
            change(job) { $0.cancellations.append(.init(call: call(number), begin: position)) }
        case .cancelled(let number, let job, let atOnce):
            change(job) { $0.answerCancellation(call(number), atOnce: atOnce, at: position) }
        case .outcome(let job, let outcome):
            change(job) { $0.outcomes.append((outcome, position, event.time)) }
        case .storing(let job, let outcome):
            change(job) { $0.stored.append((outcome, position)) }
        case .deleting(let job):
            // It is cancelled if it waits; nobody says which.
            change(job) { $0.cancellations.append(.init(call: call(-1), begin: position)) }
        case .reviving(let job):
            change(job) { $0.reviving = position }
        case .revived(let job):
            change(job) { $0.startAgain() }
        case .declined, .ended, .processStarted, .processDied, .note:
            break
        }
    }

    /// Nobody knows of a refused settlement that does not end its job whether it was applied when it was sent first.
    ///
    /// One that ends its job is remembered, and never refused the second time.
    mutating func doubtRefusals() {
        for id in order {
            change(id) { story in
                for index in story.settlements.indices where !story.settlements[index].isFinal {
                    if story.settlements[index].applied == false { story.settlements[index].applied = nil }
                }
            }
        }
    }

    private mutating func change(_ job: JobID, _ change: (inout JobStory) -> Void) {
        if stories[job] == nil { order.append(job) }
        change(&stories[job, default: JobStory(id: job)])
    }
}

extension JobStory {
    fileprivate mutating func answerSettlement(_ call: Call, token: UInt64, applied: Bool, at position: Int) {
        guard let index = settlements.firstIndex(where: { $0.call == call && $0.token == token && $0.end == nil })
        else { return }
        settlements[index].end = position
        settlements[index].applied = applied
    }

    fileprivate mutating func answerCancellation(_ call: Call, atOnce: Bool, at position: Int) {
        guard let index = cancellations.firstIndex(where: { $0.call == call && $0.end == nil }) else { return }
        cancellations[index].end = position
        cancellations[index].atOnce = atOnce
    }

    /// A dead letter was made ready again: what was before is another story, except that it was accepted.
    ///
    /// A worker may have had the job before whoever made it ready again had the answer.
    fileprivate mutating func startAgain() {
        var reborn = JobStory(id: id)
        reborn.submissions = submissions
        reborn.accepted = accepted
        reborn.isReborn = true
        reborn.earlier = earlier + deliveries.filter { $0.end <= reviving ?? .max }
        reborn.earlierSettlements = earlierSettlements + settlements.filter { $0.begin <= reviving ?? .max }
        if let reviving {
            reborn.deliveries = deliveries.filter { $0.end > reviving }
            reborn.settlements = settlements.filter { $0.begin > reviving }
            reborn.extensions = extensions.filter { renewal in
                reborn.deliveries.contains { $0.job.token == renewal.token }
            }
            reborn.starts = starts.filter { $0.position > reviving }
            reborn.outcomes = outcomes.filter { $0.position > reviving }
            reborn.cancellations = cancellations.filter { $0.begin > reviving }
            reborn.stored = stored.filter { $0.position > reviving }
        }
        self = reborn
    }
}
