//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension Judge {
    /// Tokens grow, leases exclude each other, and deliveries and attempts are bounded.
    mutating func judgeDeliveries(_ story: JobStory) {
        let deliveries = story.byToken
        for (earlier, later) in zip(deliveries, deliveries.dropFirst()) {
            judgeOrder(earlier, later, story)
            judgeExclusion(earlier, later, story)
        }
        for delivery in deliveries { judgeCounts(delivery, story) }
        if let start = story.submission?.start {
            for delivery in deliveries {
                guard delivery.time + wallTolerance < start else { continue }
                note(.notBeforeStart, story, "It was delivered at \(delivery.time), before \(start).", [delivery.end])
            }
        }
    }

    private mutating func judgeOrder(_ earlier: JobStory.Delivery, _ later: JobStory.Delivery, _ story: JobStory) {
        if earlier.job.token == later.job.token {
            let message = "Token \(later.job.token) was given twice."
            note(.tokensGrow, story, message, [earlier.end, later.end])
        } else if later.end < earlier.begin {
            let message = "Token \(later.job.token) was given before the smaller token \(earlier.job.token)."
            note(.tokensGrow, story, message, [later.end, earlier.end])
        } else if later.job.delivery <= earlier.job.delivery {
            let message =
                "The delivery with token \(later.job.token) has number \(later.job.delivery), "
                + "the one before it \(earlier.job.delivery)."
            note(.tokensGrow, story, message, [earlier.end, later.end])
        }
    }

    private mutating func judgeExclusion(
        _ earlier: JobStory.Delivery,
        _ later: JobStory.Delivery,
        _ story: JobStory
    ) {
        let isGivenBack = story.settlements.contains { settlement in
            settlement.token == earlier.job.token && settlement.mayHaveApplied && settlement.begin < later.end
        }
        // Tokens out of order are another breach, and say nothing about leases.
        if isGivenBack || later.job.token == earlier.job.token || later.end < earlier.begin { return }
        let held = story.held(earlier).earliest
        guard later.endSteady + tolerance < held else { return }
        let message =
            "Token \(later.job.token) was given while token \(earlier.job.token) was held for another "
            + "\(Duration.nanoseconds(held - later.endSteady))."
        // What was told of it and is no reason says more than the two deliveries.
        let settled = story.settlements.filter { $0.token == earlier.job.token }.flatMap {
            [$0.begin] + ($0.end.map { [$0] } ?? [])
        }
        note(.leaseExcludes, story, message, [earlier.end, later.end] + settled)
    }

    private mutating func judgeCounts(_ delivery: JobStory.Delivery, _ story: JobStory) {
        if let maximum = story.submission?.maximumAttempts, delivery.job.attempt > maximum {
            let message = "Attempt \(delivery.job.attempt) was delivered; its policy allows \(maximum)."
            note(.attemptsBounded, story, message, [delivery.end])
        }
        var (failed, maybeFailed) = (0, 0)
        var ended = 0
        let earlier = story.settlements.filter { $0.token < delivery.job.token && !$0.isFinal && $0.mayHaveApplied }
        for token in Set(earlier.map(\.token)) {
            ended += 1
            let ofToken = earlier.filter { $0.token == token }
            let counts = ofToken.contains { $0.disposition == .retried(countsAttempt: true) }
            if counts && ofToken.contains(where: { $0.applied == true }) {
                failed += 1
            } else if counts {
                maybeFailed += 1
            }
        }
        let attempts = (1 + failed)...(1 + failed + maybeFailed)
        if !attempts.contains(delivery.job.attempt) {
            let message =
                "Delivery \(delivery.job.delivery) is attempt \(delivery.job.attempt), "
                + "but \(failed) to \(failed + maybeFailed) attempts had failed."
            note(.attemptsBounded, story, message, [delivery.end])
        }
        let lost = delivery.job.delivery - 1 - ended
        if lost >= poisonLimit {
            let message =
                "Delivery \(delivery.job.delivery) came after \(ended) ends, so \(lost) leases were lost; "
                + "the limit is \(poisonLimit)."
            note(.deliveriesBounded, story, message, [delivery.end])
        }
    }
}
