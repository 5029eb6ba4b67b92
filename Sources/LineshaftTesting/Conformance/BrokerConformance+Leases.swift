//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// What a lease is worth.
    static let leases: [Case] = [
        Case("A job whose worker died is given out again when its lease has run out", .atLeastOnce) { trial in
            try await trial.submit()
            let first = try await trial.take(lease: .seconds(10))
            try await trial.advance(by: .milliseconds(9_999))
            try await trial.takeNothing()
            try await trial.advance(by: .milliseconds(1))
            let second = try await trial.take(worker: WorkerID("worker-2"))
            try check("the job", second.envelope, is: first.envelope)
            try check("the delivery", second.delivery, is: 2)
            try check("the attempt", second.attempt, is: 1)
            try check(second.lease.token > first.lease.token, "The token of the second lease is not larger.")
        },
        Case("A worker that lost its lease can settle nothing", .oneOutcome) { trial in
            let id = try await trial.submit()
            let first = try await trial.take(lease: .seconds(10))
            try await trial.advance(by: .seconds(11))
            let second = try await trial.take(worker: WorkerID("worker-2"))
            try await trial.settle(first, .succeeded([1]), expecting: .refused)
            try await trial.settle(first, .failed(trial.failure()), expecting: .refused)
            try await trial.settle(first, .released, expecting: .refused)
            try await trial.takeNothing()
            try check("the lease", try await trial.broker.extend([second.lease], by: .seconds(30)), is: [.held])
            try await trial.settle(second, .succeeded([2]))
            try await trial.settle(first, .succeeded([1]), expecting: .refused)
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: id), is: .succeeded([2]))
        },
        Case("Settling twice under one token is applied once", .oneOutcome) { trial in
            let ids = try await trial.submit(count: 2)
            let first = try await trial.take()
            try await trial.settle(first, .released)
            try await trial.settle(first, .released)
            let deliveries = try await trial.claim(5).deliveries
            try check("the jobs", deliveries.map(\.envelope.id), is: ids)
            guard trial.broker.results != nil else { return }
            try await trial.settle(deliveries[0], .succeeded([1]))
            try await trial.settle(deliveries[0], .succeeded([1]))
            try check("the outcome", try await trial.outcome(of: ids[0]), is: .succeeded([1]))
        },
        Case("Repeating the settlement of a retry counts one attempt", .oneOutcome) { trial in
            try await trial.submit()
            let first = try await trial.take()
            let retry = Settlement.Disposition.retry(after: .zero, failure: trial.failure(), countsAttempt: true)
            try await trial.settle(first, retry)
            try await trial.settle(first, retry)
            try check("the attempt", try await trial.take().attempt, is: 2)
        },
        Case("One settlement of a call that is refused does not keep the others from being applied") { trial in
            _ = try await trial.submit(count: 2)
            let deliveries = try await trial.claim(2).deliveries
            try check("the deliveries", deliveries.count, is: 2)
            let unknown = Lease(id: trial.makeID(), queue: trial.queue, token: 1)
            let results = try await trial.broker.settle([
                Settlement(lease: deliveries[0].lease, disposition: .succeeded([])),
                Settlement(lease: unknown, disposition: .succeeded([])),
                Settlement(lease: deliveries[1].lease, disposition: .succeeded([])),
            ])
            try check("the results", results, is: [.applied, .refused, .applied])
        },
        Case("A lease that is extended in time is kept however long the job runs", .atLeastOnce) { trial in
            try await trial.submit()
            let delivery = try await trial.take(lease: .seconds(10))
            for _ in 0..<10 {
                try await trial.advance(by: .seconds(6))
                let statuses = try await trial.broker.extend([delivery.lease], by: .seconds(10))
                try check("the lease", statuses, is: [.held])
                try await trial.takeNothing()
            }
            try await trial.settle(delivery)
        },
        Case("An extended lease runs out when it is not extended again", .atLeastOnce) { trial in
            let id = try await trial.submit()
            let delivery = try await trial.take(lease: .seconds(10))
            try await trial.advance(by: .seconds(6))
            _ = try await trial.broker.extend([delivery.lease], by: .seconds(10))
            try await trial.advance(by: .milliseconds(9_999))
            try await trial.takeNothing()
            try await trial.advance(by: .milliseconds(1))
            try check("the job", try await trial.take().envelope.id, is: id)
        },
        Case("A lease can be made shorter", .atLeastOnce) { trial in
            let id = try await trial.submit()
            let delivery = try await trial.take(lease: .seconds(60))
            _ = try await trial.broker.extend([delivery.lease], by: .seconds(5))
            try await trial.advance(by: .seconds(5))
            try check("the job", try await trial.take().envelope.id, is: id)
        },
        Case("Extending a lease that is somebody else's by now, or settled, says so", .oneOutcome) { trial in
            _ = try await trial.submit(count: 2)
            let deliveries = try await trial.claim(2, lease: .seconds(10)).deliveries
            try check("the deliveries", deliveries.count, is: 2)
            try await trial.settle(deliveries[1])
            try await trial.advance(by: .seconds(11))
            let second = try await trial.take(worker: WorkerID("worker-2"), lease: .seconds(10))
            let unknown = Lease(id: trial.makeID(), queue: trial.queue, token: 1)
            let leases = [deliveries[0].lease, second.lease, deliveries[1].lease, unknown]
            let statuses = try await trial.broker.extend(leases, by: .seconds(10))
            try check("the leases", statuses, is: [.lost, .held, .lost, .lost])
        },
        Case("Tokens of one job grow with every delivery", .oneOutcome) { trial in
            try await trial.submit()
            var tokens: [UInt64] = []
            for round in 1...5 {
                let delivery = try await trial.take()
                try check("the delivery", delivery.delivery, is: round)
                tokens.append(delivery.lease.token)
                try await trial.settle(delivery, .released)
            }
            try check("the tokens", tokens, is: Set(tokens).sorted())
        },
    ]

    /// Jobs that workers die on.
    static let poison: [Case] = [
        Case("A job on which workers died too often becomes a dead letter", .badInputStopsNobody) { trial in
            try await trial.submit()
            for round in 1...3 {
                try check("the delivery", try await trial.take(lease: .seconds(10)).delivery, is: round)
                try await trial.advance(by: .seconds(10))
            }
            try await trial.takeNothing()
        },
        Case(
            "A poisonous job is found among the dead letters with the reason",
            .badInputStopsNobody,
            inspector: true,
            results: true
        ) { trial in
            let id = try await trial.submit()
            for _ in 1...2 {
                _ = try await trial.take(lease: .seconds(10), poisonLimit: 2)
                try await trial.advance(by: .seconds(10))
            }
            try await trial.takeNothing()
            let snapshot = try await trial.inspector().find(id)
            try check("the state", snapshot?.state, is: .dead)
            try check("the lost leases", snapshot?.lostLeases, is: 2)
            try check("the failed attempts", snapshot?.failedAttempts, is: 0)
            try check("the failure", snapshot?.failures.last?.code, is: .poisoned)
            try check(snapshot?.failures.last?.message.isEmpty == false, "The failure says nothing.")
            guard case .failed(let failure) = try await trial.outcome(of: id) else {
                throw ConformanceFailure("A poisonous job did not end as failed.")
            }
            try check("the outcome's failure", failure.code, is: .poisoned)
        },
        Case("Jobs that workers die on together come back apart", .badInputStopsNobody, inspector: true) { trial in
            let ids = try await trial.submit(count: 40)
            for _ in 1...3 {
                let claim = try await trial.claim(40, lease: .seconds(10), poisonLimit: 5)
                try check("the deliveries of a round", claim.deliveries.count, is: 40)
                try await trial.advance(by: .seconds(10))
            }
            // Twice they came back at once; now each has its own time, within ten seconds.
            let first = try await trial.claim(40, poisonLimit: 5)
            try check(first.deliveries.count < 8, "\(first.deliveries.count) jobs are still together.")
            var waiting = Set(ids).subtracting(first.deliveries.map(\.envelope.id))
            for id in waiting {
                try check("why it waits", try await trial.inspector().find(id)?.wait, is: .suspected)
            }
            for _ in 1...10 {
                try await trial.advance(by: .seconds(1))
                let claim = try await trial.claim(40, poisonLimit: 5)
                try check(claim.deliveries.count < 20, "\(claim.deliveries.count) jobs are still together.")
                waiting.subtract(claim.deliveries.map(\.envelope.id))
            }
            try check("the jobs that never came back", waiting, is: [])
        },
        Case("Released jobs are not taken for poisonous", .shutdownIsNotFailure) { trial in
            try await trial.submit()
            for _ in 0..<10 { try await trial.settle(trial.take(poisonLimit: 2), .released) }
            _ = try await trial.take()
        },
    ]
}
