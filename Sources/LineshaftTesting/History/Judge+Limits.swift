//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension Judge {
    /// One delivery of a limited queue.
    private struct Use {
        let story: JobStory
        let delivery: JobStory.Delivery
        /// The events between which its lease was certainly held, by position.
        let from: Int
        let until: Int
        /// Until when the lease certainly ran unless it was settled.
        let lapse: Int64
    }

    /// No more is leased at once, or begun in a time, than the limits of a queue allow.
    mutating func judgeLimits(_ limits: QueueLimits, _ stories: [JobStory]) {
        var uses: [Use] = []
        for story in stories {
            for delivery in story.earlier + story.deliveries {
                let settlements = (story.earlierSettlements + story.settlements).filter {
                    $0.token == delivery.job.token
                }
                uses.append(
                    Use(
                        story: story,
                        delivery: delivery,
                        from: delivery.end,
                        until: settlements.map(\.begin).min() ?? .max,
                        lapse: story.held(delivery).earliest
                    )
                )
            }
        }
        judge(PartLimits(concurrency: limits.concurrency, rate: limits.rate), of: "the queue", uses)
        if let own = limits.perTenant {
            for (tenant, uses) in Dictionary(grouping: uses, by: \.story.submission?.tenant).sorted(by: first) {
                if let tenant { judge(own, of: "tenant \(tenant)", uses) }
            }
        }
        for (job, own) in limits.perJob.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            judge(own, of: "\(job)", uses.filter { $0.story.submission?.name == job })
        }
    }

    private func first(_ one: (key: TenantName?, value: [Use]), _ other: (key: TenantName?, value: [Use])) -> Bool {
        (one.key?.rawValue ?? "") < (other.key?.rawValue ?? "")
    }

    private mutating func judge(_ limits: PartLimits, of part: String, _ uses: [Use]) {
        if let concurrency = limits.concurrency { judgeConcurrency(concurrency, of: part, uses) }
        if let rate = limits.rate {
            // What went back may have gone back unstarted, and then does not count.
            judgeRate(rate, of: part, uses.filter { use in !wentBack(use) })
        }
    }

    private mutating func judgeConcurrency(_ limit: Int, of part: String, _ uses: [Use]) {
        for use in uses {
            let together = uses.filter { other in
                other.from <= use.from && other.until > use.from
                    && other.lapse > use.delivery.endSteady + tolerance
            }
            guard together.count > limit else { continue }
            let message = "\(together.count) jobs were leased at once; the limit of \(part) was \(limit)."
            note(.limitsHold, use.story, message, together.map(\.from))
            return
        }
    }

    private mutating func judgeRate(_ rate: RateLimit, of part: String, _ uses: [Use]) {
        let uses = uses.sorted { $0.delivery.endSteady < $1.delivery.endSteady }
        let interval = rate.interval
        for first in uses.indices {
            let begin = uses[first].delivery.beginSteady - tolerance
            for last in first..<uses.count {
                let most = (uses[last].delivery.endSteady + tolerance - begin) / interval + Int64(rate.burst)
                guard Int64(last - first + 1) > most else { continue }
                let message =
                    "\(last - first + 1) jobs were begun in a time for which the rate of \(part) allows \(most)."
                note(.limitsHold, uses[last].story, message, uses[first...last].map(\.from))
                return
            }
        }
    }

    private func wentBack(_ use: Use) -> Bool {
        (use.story.earlierSettlements + use.story.settlements).contains {
            $0.token == use.delivery.job.token && $0.disposition == .returned && $0.mayHaveApplied
        }
    }
}
