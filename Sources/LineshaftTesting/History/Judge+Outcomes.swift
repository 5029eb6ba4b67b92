//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension Judge {
    /// Nothing is lost, and everybody sees one outcome, which came about rightly.
    mutating func judgeOutcome(_ story: JobStory) {
        if isComplete, let accepted = story.accepted.first, story.outcomes.isEmpty {
            note(.acceptedIsKept, story, "It was accepted, and has no outcome at the end.", [accepted.end])
        }
        guard let first = story.outcomes.first else { return }
        for other in story.outcomes where other.outcome != first.outcome {
            let message = "One saw \(text(first.outcome)), another \(text(other.outcome))."
            note(.oneOutcome, story, message, [first.position, other.position])
            return
        }
        for settlement in story.settlements where settlement.applied == true {
            guard case .final(let outcome) = settlement.disposition, outcome != first.outcome else { continue }
            let message = "It was settled as \(text(outcome)), but \(text(first.outcome)) is seen."
            note(.oneOutcome, story, message, [settlement.end ?? settlement.begin, first.position])
        }
        judgeCause(first.outcome, seenAt: first.position, first.time, story)
    }

    private mutating func judgeCause(
        _ outcome: HistoryOutcome,
        seenAt position: Int,
        _ time: Timestamp,
        _ story: JobStory
    ) {
        let isSettled = story.settlements.contains { settlement in
            settlement.disposition == .final(outcome) && settlement.mayHaveApplied && settlement.begin < position
        }
        // A store that is not the broker's gets the outcome first. It cannot compare tokens, so any worker may be heard.
        let isStored = story.stored.contains { $0.outcome == outcome && $0.position < position }
        let isCaused = isSettled || isStored
        switch outcome.kind {
        case .succeeded:
            if !isCaused { note(.outcomeHasCause, story, "It succeeded, but nobody settled it so.", [position]) }
        case .failed:
            // A broker ends poisoned and overdue jobs by itself.
            let isByBroker = ["poisoned", "deadlineExceeded"].contains { outcome.detail.hasPrefix($0) }
            if !isCaused && !isByBroker {
                note(.outcomeHasCause, story, "It failed, but nobody settled it so.", [position])
            }
        case .cancelled:
            if !story.cancellations.contains(where: { $0.begin < position }) {
                note(.outcomeHasCause, story, "It was cancelled, but nobody asked for that.", [position])
            }
        case .expired:
            guard let expires = story.submission?.expires else {
                note(.outcomeHasCause, story, "It expired, but has no expiry.", [position])
                return
            }
            if time + wallTolerance < expires {
                note(.outcomeHasCause, story, "It expired at \(time), before its expiry at \(expires).", [position])
            }
        }
    }

    /// Nobody settles under a lease that is not the newest.
    mutating func judgeSettlements(_ story: JobStory) {
        for settlement in story.settlements where settlement.applied == true {
            let newer = story.deliveries.filter { $0.job.token > settlement.token }
            if settlement.isFinal {
                guard let delivery = newer.first else { continue }
                let message = "Token \(settlement.token) ended the job, but token \(delivery.job.token) was given too."
                note(.noStaleSettlement, story, message, [settlement.begin, delivery.end])
                continue
            }
            guard let delivery = newer.first(where: { $0.end < settlement.begin }) else { continue }
            // The answer to a repeated call may tell of an earlier one that was in time.
            let wasInTime = story.settlements.contains { earlier in
                earlier.token == settlement.token && earlier.begin < delivery.end && earlier.mayHaveApplied
            }
            if wasInTime { continue }
            let message =
                "A settlement with token \(settlement.token) was applied after token \(delivery.job.token) was given."
            note(.noStaleSettlement, story, message, [settlement.begin, delivery.end])
        }
    }

    /// Of two jobs with one key, the second is not accepted while the first goes on.
    mutating func judgeUniqueness(_ stories: [JobStory]) {
        struct Key: Hashable {
            let queue: QueueName
            let key: String
        }
        var holders: [Key: [JobStory]] = [:]
        for story in stories where !story.isReborn {
            guard let submission = story.submission, let key = submission.uniqueKey,
                let accepted = story.accepted.first
            else { continue }
            let place = Key(queue: submission.queue, key: key)
            for other in holders[place] ?? [] {
                // The other one went on if it was claimed by a call that began after this one was accepted.
                guard let before = other.accepted.first, before.end < accepted.begin,
                    let later = other.deliveries.first(where: { $0.begin > accepted.end })
                else { continue }
                let message = "It was accepted although job \(other.id) has the same unique key and went on."
                note(.uniqueExcludes, story, message, [before.end, accepted.end, later.end])
            }
            holders[place, default: []].append(story)
        }
    }

    private func text(_ outcome: HistoryOutcome) -> String {
        outcome.detail.isEmpty ? outcome.kind.rawValue : "\(outcome.kind.rawValue) (\(outcome.detail))"
    }
}
