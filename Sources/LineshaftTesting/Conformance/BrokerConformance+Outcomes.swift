//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// What a broker with a store of its own does with outcomes.
    static let outcomes: [Case] = [
        Case("Every way in which a job ends is recorded", .acceptedMeansKept, results: true) { trial in
            let failure = trial.failure()
            let ends: [(Settlement.Disposition, Outcome, attempts: Int)] = [
                (.succeeded([1, 2]), .succeeded([1, 2]), 1), (.failed(failure), .failed(failure), 1),
                (.cancelled, .cancelled, 1), (.expired, .expired, 0),
            ]
            for (disposition, outcome, attempts) in ends {
                let id = try await trial.submit()
                try check("the outcome before", try await trial.outcome(of: id), is: nil)
                try await trial.settle(trial.take(), disposition)
                let record = try await trial.results().outcomes(of: [id])[id]
                try check("the outcome", record?.outcome, is: outcome)
                try check("the attempts", record?.attempts, is: attempts)
                try check("the time", record?.finished, is: trial.now)
            }
        },
        Case("Attempts are counted into the outcome", results: true) { trial in
            let id = try await trial.submit()
            let failure = trial.failure()
            try await trial.settle(trial.take(), .retry(after: .zero, failure: failure, countsAttempt: true))
            try await trial.settle(trial.take(), .snoozed(for: .zero))
            try await trial.settle(trial.take())
            try check("the attempts", try await trial.results().outcomes(of: [id])[id]?.attempts, is: 2)
        },
        Case("An outcome is pushed to the process that waits for it", .idleIsQuiet, results: true) { trial in
            let inbox = try await trial.attachInbox()
            let ids = try await trial.submit(count: 20, replyTo: inbox.client)
            let claims = ids.map { inbox.claim($0) }
            let settlements = try await trial.claim(20).deliveries.enumerated().map { index, delivery in
                Settlement(lease: delivery.lease, disposition: .succeeded([UInt8(index)]))
            }
            _ = try await trial.broker.settle(settlements)
            for (index, claim) in claims.enumerated() {
                try check("the outcome", try await claim.ticket.outcome().outcome, is: .succeeded([UInt8(index)]))
            }
        },
        Case("A cancelled and an expired job are pushed as well", results: true) { trial in
            let inbox = try await trial.attachInbox()
            let expiring = try await trial.submit(replyTo: inbox.client) { $0.expires = trial.now + .seconds(10) }
            let claim = inbox.claim(expiring)
            try await trial.advance(by: .seconds(10))
            try await trial.takeNothing()
            try check("the outcome", try await claim.ticket.outcome().outcome, is: .expired)
            guard trial.broker.capabilities.contains(.cancellation) else { return }
            let cancelled = try await trial.submit(replyTo: inbox.client)
            let other = inbox.claim(cancelled)
            _ = try await trial.broker.cancel([cancelled])
            try check("the other outcome", try await other.ticket.outcome().outcome, is: .cancelled)
        },
        Case("An outcome is pushed to whoever watches", results: true) { trial in
            let inbox = try await trial.attachInbox(8)
            let id = try await trial.submit()
            let claim = inbox.claim(id)
            let known = try await trial.results().watch([id], for: inbox.client)
            try check("what is known", known.count, is: 0)
            try await trial.settle(trial.take(), .succeeded([6]))
            try check("the outcome", try await claim.ticket.outcome().outcome, is: .succeeded([6]))
        },
        Case("An outcome is kept as long as its job asks, and no longer", results: true) { trial in
            let id = try await trial.submit { $0.retention = .seconds(60) }
            try await trial.settle(trial.take())
            try await trial.advance(by: .seconds(59))
            try check(try await trial.outcome(of: id) != nil, "The outcome was dropped too early.")
            try await trial.advance(by: .seconds(2))
            try check(try await trial.outcome(of: id) == nil, "The outcome outlived its time.")
        },
        Case("Progress of a running job reaches whoever watches", results: true) { trial in
            let inbox = try await trial.attachInbox()
            let id = try await trial.submit()
            _ = try await trial.take()
            let claim = inbox.claim(id)
            _ = try await trial.results().watch([id], for: inbox.client)
            var progress = claim.ticket.followProgress().makeAsyncIterator()
            let report = JobProgress(completed: 3, total: 4, message: "Nearly there.")
            try await trial.results().report(report, of: id)
            try check("the progress", await progress.next(), is: report)
        },
    ]

    /// What is left when a broker has been shut down.
    static let closing: [Case] = [
        Case("Shutting down fails whoever waits for room", needs: .backpressure) { trial in
            try await trial.submit()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await check("the wait", throws: .closed) {
                            try await trial.broker.waitForRoom(in: trial.queue, maximumLength: 1)
                        }
                    }
                }
                await trial.broker.shutdown()
                try await group.waitForAll()
            }
        },
        Case("Calls after the shutdown are refused, and shutting down again does nothing") { trial in
            await trial.broker.shutdown()
            await trial.broker.shutdown()
            let submission = Submission(trial.envelope())
            try await check("submitting", throws: .closed) { _ = try await trial.broker.enqueue([submission]) }
            try await check("claiming", throws: .closed) { _ = try await trial.claim() }
            try await check("settling", throws: .closed) { _ = try await trial.broker.settle([]) }
            try await check("waiting", throws: .closed) {
                try await trial.broker.waitForRoom(in: trial.queue, maximumLength: 1)
            }
        },
    ]
}
