//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// Jobs that are not tried again.
    static let deadLetters: [Case] = [
        Case("A job that failed for good is found with its reason and history", .badInputStopsNobody, inspector: true) {
            trial in
            let id = try await trial.submit(payload: [7, 7])
            let first = trial.failure(attempt: 1, "The first time.")
            try await trial.settle(trial.take(), .retry(after: .zero, failure: first, countsAttempt: true))
            let last = trial.failure(attempt: 2, "The last time.")
            try await trial.settle(trial.take(), .failed(last))
            try await trial.takeNothing()
            let snapshot = try await trial.inspector().find(id)
            try check("the state", snapshot?.state, is: .dead)
            try check("the payload", snapshot?.envelope.payload, is: [7, 7])
            try check("the failures", snapshot?.failures, is: [first, last])
            try check("the failed attempts", snapshot?.failedAttempts, is: 2)
            guard trial.broker.results != nil else { return }
            let record = try await trial.results().outcomes(of: [id])[id]
            try check("the outcome", record?.outcome, is: .failed(last))
            try check("the attempts", record?.attempts, is: 2)
        },
        Case("A failure before the handler could run is no attempt", .badInputStopsNobody, inspector: true) { trial in
            let id = try await trial.submit()
            let failure = JobFailure(
                code: .undecodablePayload,
                message: "The payload is no job.",
                type: "",
                attempt: 0,
                time: trial.now
            )
            try await trial.settle(trial.take(), .failed(failure))
            let snapshot = try await trial.inspector().find(id)
            try check("the failed attempts", snapshot?.failedAttempts, is: 0)
            try check("the failures", snapshot?.failures, is: [failure])
        },
        Case("Dead letters are listed in the order in which they died", inspector: true) { trial in
            let ids = try await trial.bury(3)
            let page = try await trial.inspector().jobs(in: trial.queue, state: .dead, after: nil, limit: 10)
            try check("the dead letters", page.jobs.map(\.id), is: ids)
            try check("the cursor", page.cursor, is: nil)
        },
        Case("A retried dead letter runs as if it had just been submitted", inspector: true) { trial in
            let ids = try await trial.bury(2)
            let other = try await trial.submit()
            try check("the number", try await trial.inspector().retry([ids[1], other, trial.makeID()]), is: 1)
            let deliveries = try await trial.claim(10).deliveries
            try check("the jobs", deliveries.map(\.envelope.id), is: [other, ids[1]])
            try check("the attempt", deliveries[1].attempt, is: 1)
            let counts = try await trial.counts()
            try check("the dead letters", counts.dead, is: 1)
            try check("the running jobs", counts.running, is: 2)
            try await trial.settle(deliveries[1])
            try check("the job", try await trial.inspector().find(ids[1])?.state, is: nil)
        },
        Case(
            "A retried dead letter's outcome is withdrawn until it has another",
            .oneOutcome,
            inspector: true,
            results: true
        ) {
            trial in
            let id = try await trial.bury(1)[0]
            _ = try await trial.inspector().retry([id])
            try check("the outcome", try await trial.outcome(of: id), is: nil)
            try await trial.settle(trial.take(), .succeeded([3]))
            try check("the new outcome", try await trial.outcome(of: id), is: .succeeded([3]))
        },
        Case("A dead letter's old lease is worth nothing after it was retried", .oneOutcome, inspector: true) { trial in
            let id = try await trial.submit()
            let first = try await trial.take()
            try await trial.settle(first, .failed(trial.failure()))
            _ = try await trial.inspector().retry([id])
            let second = try await trial.take()
            try check(second.lease.token > first.lease.token, "The token of the second lease is not larger.")
            let statuses = try await trial.broker.extend([first.lease, second.lease], by: .seconds(30))
            try check("the leases", statuses, is: [.lost, .held])
        },
        Case("A retried dead letter gets the time again that it was given", needs: .delays, inspector: true) { trial in
            let id = try await trial.submit { $0.deadline = trial.now + .seconds(60) }
            try await trial.advance(by: .seconds(61))
            let claim = try await trial.claim()
            try check("the deliveries", claim.deliveries.count, is: 0)
            try await trial.confirm(claim.ended)
            try check("the number", try await trial.inspector().retry([id]), is: 1)
            try check("the job", try await trial.take().envelope.id, is: id)
        },
        Case("A retried dead letter expires unless it is started, however often it had run before", inspector: true) {
            trial in
            let id = try await trial.submit { $0.expires = trial.now + .seconds(30) }
            let retry = Settlement.Disposition.retry(after: .zero, failure: trial.failure(), countsAttempt: true)
            try await trial.settle(trial.take(), retry)
            try await trial.settle(trial.take(), .failed(trial.failure(attempt: 2)))
            try await trial.advance(by: .seconds(100))
            try check("the number", try await trial.inspector().retry([id]), is: 1)
            try await trial.advance(by: .seconds(30))
            try await trial.takeNothing()
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: id), is: .expired)
        },
        Case("A deleted dead letter is gone, and its outcome stays", inspector: true) { trial in
            let ids = try await trial.bury(2)
            try check("the number", try await trial.inspector().delete([ids[0]]), is: 1)
            try check("the job", try await trial.inspector().find(ids[0])?.state, is: nil)
            try check("the dead letters", try await trial.counts().dead, is: 1)
            try check("deleting it again", try await trial.inspector().delete([ids[0]]), is: 0)
            guard trial.broker.results != nil else { return }
            try check(try await trial.outcome(of: ids[0]) != nil, "The outcome of a deleted dead letter is gone.")
        },
        Case("Deleting a waiting job cancels it; a running one is left alone", needs: .delays, inspector: true) {
            trial in
            let running = try await trial.submit()
            let delivery = try await trial.take()
            let ready = try await trial.submit()
            let delayed = try await trial.submit { $0.start = trial.now + .seconds(60) }
            let inspector = try trial.inspector()
            let number = try await inspector.delete([running, ready, delayed, trial.makeID()])
            try check("the number", number, is: 2)
            try await trial.settle(delivery)
            try await trial.advance(by: .seconds(61))
            try await trial.takeNothing()
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: ready), is: .cancelled)
        },
    ]
}

extension BrokerTrial {
    /// Submits jobs and has them fail for good, one after the other.
    fileprivate func bury(_ count: Int) async throws -> [JobID] {
        var ids: [JobID] = []
        for _ in 0..<count {
            ids.append(try await submit())
            try await settle(take(), .failed(failure()))
        }
        return ids
    }
}
