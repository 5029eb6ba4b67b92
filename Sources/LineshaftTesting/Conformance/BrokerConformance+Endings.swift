//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// What a broker without a result store ends by itself, and how somebody else comes to store it.
    static let endings: [Case] = [
        Case("What the broker ends by itself is given to who claims, until it is confirmed", withoutResults: true) {
            trial in
            let id = try await trial.submit { $0.expires = trial.now + .seconds(5) }
            try await trial.advance(by: .seconds(5))
            let claim = try await trial.claim(1, lease: .seconds(30))
            try check("the endings", claim.ended.map(\.record.id), is: [id])
            try check("the outcome", claim.ended.map(\.record.outcome), is: [.expired])
            try check("a moment later", try await trial.claim(1).ended.count, is: 0)
            // Whoever was given it may have died.
            try await trial.advance(by: .seconds(30))
            let again = try await trial.claim(1, worker: WorkerID("worker-2"))
            try check("after a lease", again.ended, is: claim.ended)
            try await trial.confirm(again.ended)
            try await trial.advance(by: .seconds(100))
            try check("once confirmed", try await trial.claim(1).ended.count, is: 0)
        },
        Case("A confirmation may be repeated and may come late", withoutResults: true) { trial in
            try await trial.submit { $0.expires = trial.now + .seconds(5) }
            try await trial.advance(by: .seconds(5))
            let ended = try await trial.claim(1, lease: .seconds(10)).ended
            try await trial.advance(by: .seconds(20))
            _ = try await trial.claim(1, worker: WorkerID("worker-2"), lease: .seconds(10))
            try await trial.confirm(ended)
            try await trial.confirm(ended)
            try await trial.advance(by: .seconds(20))
            try check("the endings", try await trial.claim(1).ended.count, is: 0)
        },
        Case("A claim tells when endings are given again", withoutResults: true) { trial in
            try await trial.submit { $0.expires = trial.now + .seconds(5) }
            try await trial.advance(by: .seconds(5))
            _ = try await trial.claim(1, lease: .seconds(10))
            let due = try await trial.claim(1, worker: WorkerID("worker-2")).nextDue
            try check("when to look", due.map { $0 > .zero && $0 <= .seconds(10) }, is: true)
        },
        Case(
            "A job that is cancelled while it waits is given, and wakes a worker",
            needs: .cancellation,
            withoutResults: true
        ) { trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-1")))
            let id = try await trial.submit { $0.start = trial.now + .seconds(100) }
            try await trial.takeNothing()
            try check("the result", try await trial.broker.cancel([id]), is: [.cancelled])
            try await told.wait()
            try check("the endings", try await trial.claim(1).ended.map(\.record.outcome), is: [.cancelled])
        },
        Case("A cancelled job that goes back to its queue is given", needs: .cancellation, withoutResults: true) {
            trial in
            try await trial.submit()
            let delivery = try await trial.take()
            _ = try await trial.broker.cancel([delivery.envelope.id])
            try await trial.settle(delivery, .retry(after: .seconds(1), failure: trial.failure(), countsAttempt: true))
            try check("the endings", try await trial.claim(1).ended.map(\.record.outcome), is: [.cancelled])
        },
        Case("A poisoned job and one past its deadline are given", .badInputStopsNobody, withoutResults: true) {
            trial in
            let poisoned = try await trial.submit()
            for _ in 0..<2 {
                _ = try await trial.take(lease: .seconds(10), poisonLimit: 2)
                try await trial.advance(by: .seconds(10))
            }
            let late = try await trial.submit { $0.deadline = trial.now + .seconds(5) }
            try await trial.advance(by: .seconds(5))
            let ended = try await trial.claim(1).ended
            let codes = Dictionary(uniqueKeysWithValues: ended.map { ($0.record.id, $0.record.outcome.failure?.code) })
            try check("the codes", codes, is: [poisoned: .poisoned, late: .deadlineExceeded])
        },
        Case("What a worker settles is not given", withoutResults: true) { trial in
            _ = try await trial.submit(count: 4)
            let ends: [Settlement.Disposition] = [.succeeded([]), .failed(trial.failure()), .cancelled, .expired]
            for (delivery, end) in zip(try await trial.claim(4).deliveries, ends) {
                try await trial.settle(delivery, end)
            }
            try check("the endings", try await trial.claim(1).ended.count, is: 0)
        },
        Case("Endings of other queues are not given", withoutResults: true) { trial in
            try await trial.submit(queue: "other") { $0.expires = trial.now + .seconds(5) }
            try await trial.advance(by: .seconds(5))
            try check("the endings", try await trial.claim(1).ended.count, is: 0)
            try check("there", try await trial.claim(0, queue: "other").ended.count, is: 1)
        },
        Case("A job whose ending is not confirmed is found", inspector: true, withoutResults: true) { trial in
            let id = try await trial.submit { $0.expires = trial.now + .seconds(5) }
            try await trial.advance(by: .seconds(5))
            let job = try await trial.inspector().find(id)
            try check("the state", job?.state, is: .ended)
            try check("the outcome", job?.outcome?.outcome, is: .expired)
            try await trial.confirm(trial.claim(1).ended)
            try check("then", try await trial.inspector().find(id) == nil, is: true)
        },
        Case("A dead letter whose ending somebody stores is not retried before", inspector: true, withoutResults: true)
        {
            trial in
            let id = try await trial.submit { $0.deadline = trial.now + .seconds(5) }
            try await trial.advance(by: .seconds(5))
            let ended = try await trial.claim(1).ended
            try check("retried", try await trial.inspector().retry([id]), is: 0)
            try await trial.confirm(ended)
            try check("retried", try await trial.inspector().retry([id]), is: 1)
            // The second life's ending is another one.
            try await trial.advance(by: .seconds(5))
            let second = try await trial.claim(1).ended
            try check("the second ending", second.count, is: 1)
            try await trial.confirm(ended)
            try await trial.advance(by: .seconds(100))
            try check("given again", try await trial.claim(1).ended, is: second)
        },
    ]
}

extension Outcome {
    fileprivate var failure: JobFailure? {
        if case .failed(let failure) = self { return failure }
        return nil
    }
}
