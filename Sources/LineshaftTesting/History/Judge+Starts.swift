//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension Judge {
    /// Handlers run only when they may.
    mutating func judgeStarts(_ story: JobStory) {
        let visibleEnd = story.visibleEnd
        for start in story.starts {
            guard let delivery = story.deliveries.first(where: { $0.job.token == start.token }) else {
                note(.startHasLease, story, "It was started with token \(start.token), never given.", [start.position])
                continue
            }
            if delivery.end > start.position {
                let message = "It was started with token \(start.token) before that was given."
                note(.startHasLease, story, message, [start.position, delivery.end])
            }
            if let visibleEnd { judgeLateStart(start, delivery, visibleEnd, story) }
        }
        judgeExpiry(story)
        judgeCancellation(story)
    }

    private mutating func judgeLateStart(
        _ start: JobStory.Start,
        _ delivery: JobStory.Delivery,
        _ visibleEnd: Int,
        _ story: JobStory
    ) {
        guard start.position > visibleEnd else { return }
        let events = [visibleEnd, start.position]
        if delivery.begin > visibleEnd {
            note(.noRunAfterOutcome, story, "It was claimed and started after its outcome could be seen.", events)
        } else if story.settlements.contains(where: { $0.token == start.token && $0.begin < start.position }) {
            note(.noRunAfterOutcome, story, "It was started under a lease that had been settled.", events)
        } else if start.steady > story.held(delivery).latest + tolerance {
            let message = "It was started after its outcome could be seen, under a lease that had run out."
            note(.noRunAfterOutcome, story, message, events)
        }
    }

    private mutating func judgeExpiry(_ story: JobStory) {
        guard !story.isReborn, let expires = story.submission?.expires, let first = story.starts.first else { return }
        // Nobody can tell whether a delivery that was lost had been started, so a later one may start at any time.
        guard story.deliveries.contains(where: { $0.job.token == first.token && $0.job.delivery == 1 }) else { return }
        if first.time > expires + wallTolerance {
            let message = "It was started for the first time at \(first.time); its expiry was \(expires)."
            note(.expiredNeverStarts, story, message, [first.position])
        }
    }

    private mutating func judgeCancellation(_ story: JobStory) {
        for cancellation in story.cancellations where cancellation.atOnce {
            guard let end = cancellation.end else { continue }
            let wasDelivered = story.deliveries.contains { $0.begin < end }
            guard !wasDelivered, let start = story.starts.first(where: { $0.position > end }) else { continue }
            note(.cancelledNeverRuns, story, "It was cancelled while it waited, and ran.", [end, start.position])
        }
    }
}
