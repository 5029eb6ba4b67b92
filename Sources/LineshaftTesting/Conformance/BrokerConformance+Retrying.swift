//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// How a job comes back that was not finished.
    static let retrying: [Case] = [
        Case("A failed attempt is repeated after its delay, and counted") { trial in
            let id = try await trial.submit()
            for attempt in 1...4 {
                let delivery = try await trial.take()
                try check("the job", delivery.envelope.id, is: id)
                try check("the attempt", delivery.attempt, is: attempt)
                try check("the delivery", delivery.delivery, is: attempt)
                let failure = trial.failure(attempt: attempt)
                try await trial.settle(delivery, .retry(after: .seconds(5), failure: failure, countsAttempt: true))
                try await trial.advance(by: .milliseconds(4_999))
                try await trial.takeNothing()
                try await trial.advance(by: .milliseconds(1))
            }
        },
        Case("Snoozing, releasing, parking and uncounted retries cost no attempt", .shutdownIsNotFailure) { trial in
            try await trial.submit()
            let failure = trial.failure()
            let dispositions: [Settlement.Disposition] = [
                .snoozed(for: .seconds(5)), .released, .parked(for: .seconds(5)),
                .retry(after: .seconds(5), failure: failure, countsAttempt: false),
            ]
            for (round, disposition) in dispositions.enumerated() {
                let delivery = try await trial.take()
                try check("the attempt", delivery.attempt, is: 1)
                try check("the delivery", delivery.delivery, is: round + 1)
                try await trial.settle(delivery, disposition)
                if disposition != .released {
                    try await trial.takeNothing()
                    try await trial.advance(by: .seconds(5))
                }
            }
            try check("the attempt", try await trial.take().attempt, is: 1)
        },
        Case("A parked job is offered again to any worker", .badInputStopsNobody) { trial in
            let id = try await trial.submit()
            try await trial.settle(trial.take(worker: WorkerID("old")), .parked(for: .seconds(30)))
            try await trial.advance(by: .seconds(30))
            try check("the job", try await trial.take(worker: WorkerID("new")).envelope.id, is: id)
        },
        Case("A retry without delay goes behind those that wait") { trial in
            let ids = try await trial.submit(count: 2)
            let failure = trial.failure()
            try await trial.settle(trial.take(), .retry(after: .zero, failure: failure, countsAttempt: true))
            try check("the order", try await trial.claim(5).deliveries.map(\.envelope.id), is: [ids[1], ids[0]])
        },
        Case("The last ten failures of a job are kept, oldest first", inspector: true) { trial in
            let id = try await trial.submit()
            for attempt in 1...13 {
                let failure = trial.failure(attempt: attempt, "Failure number \(attempt).")
                try await trial.settle(trial.take(), .retry(after: .zero, failure: failure, countsAttempt: true))
            }
            let snapshot = try await trial.inspector().find(id)
            try check("the failures", snapshot?.failures.map(\.attempt), is: Array(4...13))
            try check("the last message", snapshot?.failures.last?.message, is: "Failure number 13.")
            try check("the failed attempts", snapshot?.failedAttempts, is: 13)
            try check("the deliveries", snapshot?.deliveries, is: 13)
        },
        Case("A waiting job says until when it waits and why", needs: .delays, inspector: true) { trial in
            let inspector = try trial.inspector()
            let id = try await trial.submit { $0.start = trial.now + .seconds(9) }
            try check("the wait", try await inspector.find(id)?.wait, is: .delayed)
            try check("the due time", try await inspector.find(id)?.due, is: trial.now + .seconds(9))
            try await trial.advance(by: .seconds(9))
            let failure = trial.failure()
            let waits: [(Settlement.Disposition, JobSnapshot.Wait)] = [
                (.snoozed(for: .seconds(9)), .snoozed), (.parked(for: .seconds(9)), .parked),
                (.retry(after: .seconds(9), failure: failure, countsAttempt: true), .retrying),
            ]
            for (disposition, wait) in waits {
                try await trial.settle(trial.take(), disposition)
                let snapshot = try await inspector.find(id)
                try check("the state", snapshot?.state, is: .scheduled)
                try check("the wait", snapshot?.wait, is: wait)
                try check("the due time", snapshot?.due, is: trial.now + .seconds(9))
                try await trial.advance(by: .seconds(9))
            }
        },
    ]
}
