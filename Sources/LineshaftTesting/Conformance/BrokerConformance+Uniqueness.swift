//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// Which jobs count as the same.
    static let uniqueness: [Case] = [
        Case("A unique job keeps its like out until it has ended", needs: .unique) { trial in
            let claim = UniqueClaim(key: "report", window: nil)
            let id = try await trial.submit { $0.unique = claim }
            try await trial.refuse(claim, for: id)
            let delivery = try await trial.take()
            try await trial.refuse(claim, for: id)
            try await trial.settle(delivery)
            try await trial.submit { $0.unique = claim }
        },
        Case("A unique job that is retried or released still keeps its like out", needs: .unique) { trial in
            let claim = UniqueClaim(key: "report", window: nil)
            let id = try await trial.submit { $0.unique = claim }
            try await trial.settle(trial.take(), .released)
            try await trial.refuse(claim, for: id)
            let failure = trial.failure()
            try await trial.settle(trial.take(), .retry(after: .seconds(5), failure: failure, countsAttempt: true))
            try await trial.refuse(claim, for: id)
        },
        Case("A unique key is free again when its job is cancelled", needs: [.unique, .cancellation]) { trial in
            let claim = UniqueClaim(key: "report", window: nil)
            let id = try await trial.submit { $0.unique = claim }
            try check("the cancellation", try await trial.broker.cancel([id]), is: [.cancelled])
            let next = try await trial.submit { $0.unique = claim }
            try await trial.refuse(claim, for: next)
        },
        Case("A unique key is free again when its job is put among the dead letters", needs: .unique) { trial in
            let claim = UniqueClaim(key: "report", window: nil)
            try await trial.submit { $0.unique = claim }
            try await trial.settle(trial.take(), .failed(trial.failure()))
            try await trial.submit { $0.unique = claim }
        },
        Case(
            "A retried dead letter does not take its unique key from the job that holds it",
            needs: .unique,
            inspector: true
        ) {
            trial in
            let claim = UniqueClaim(key: "report", window: nil)
            let first = try await trial.submit { $0.unique = claim }
            try await trial.settle(trial.take(), .failed(trial.failure()))
            let second = try await trial.submit { $0.unique = claim }
            try check("the number", try await trial.inspector().retry([first]), is: 1)
            let deliveries = try await trial.claim(2).deliveries
            try check("the jobs", deliveries.map(\.envelope.id), is: [second, first])
            try await trial.settle(deliveries[1])
            try await trial.refuse(claim, for: second)
        },
        Case("A window keeps its like out for its time, whatever became of the first job", needs: .unique) { trial in
            let claim = UniqueClaim(key: "report", window: .seconds(60))
            let id = try await trial.submit { $0.unique = claim }
            try await trial.settle(trial.take())
            try await trial.advance(by: .seconds(59))
            try await trial.refuse(claim, for: id)
            try await trial.advance(by: .seconds(1))
            try await trial.submit { $0.unique = claim }
        },
        Case("A window ends though its job still waits", needs: .unique) { trial in
            let claim = UniqueClaim(key: "report", window: .seconds(60))
            try await trial.submit { $0.unique = claim }
            try await trial.advance(by: .seconds(60))
            let second = try await trial.submit { $0.unique = claim }
            try await trial.settle(trial.take())
            // The first one's end must not free what the second one holds.
            try await trial.refuse(claim, for: second)
        },
        Case("Unique keys of different queues have nothing to do with one another", needs: .unique) { trial in
            let claim = UniqueClaim(key: "report", window: nil)
            try await trial.submit(queue: "one") { $0.unique = claim }
            try await trial.submit(queue: "two") { $0.unique = claim }
        },
        Case("Submitting a unique job again by its identifier is no duplicate", needs: .unique) { trial in
            let claim = UniqueClaim(key: "report", window: nil)
            let id = try await trial.submit { $0.unique = claim }
            try await trial.submit(id: id) { $0.unique = claim }
        },
        Case("Of many tasks that submit the same unique job one is accepted", needs: .unique) { trial in
            let claim = UniqueClaim(key: "report", window: nil)
            let receipts = try await withThrowingTaskGroup(of: [Receipt].self) { group in
                for _ in 0..<20 {
                    let envelope = trial.envelope { $0.unique = claim }
                    group.addTask { try await trial.broker.enqueue([Submission(envelope)]) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let accepted = receipts.filter { $0 == .accepted }.count
            try check("the accepted jobs", accepted, is: 1)
            try check("the jobs", try await trial.claim(100).deliveries.count, is: 1)
        },
    ]
}

extension BrokerTrial {
    /// Submits a job that must be refused as a duplicate.
    fileprivate func refuse(
        _ claim: UniqueClaim,
        for id: JobID,
        file: String = #fileID,
        line: Int = #line
    ) async throws {
        let receipts = try await broker.enqueue([Submission(envelope { $0.unique = claim })])
        try check("the receipt", receipts, is: [.duplicate(of: id)], file: file, line: line)
    }
}
