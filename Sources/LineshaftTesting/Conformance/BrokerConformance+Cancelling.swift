//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    private static let promise = Promise.cancellationReachesRunningJobs

    /// What cancelling does, before, during and after.
    static let cancelling: [Case] = [
        Case("Cancelling a job that waits ends it at once", promise, needs: [.cancellation, .delays]) { trial in
            let ready = try await trial.submit()
            let delayed = try await trial.submit { $0.start = trial.now + .seconds(60) }
            let other = try await trial.submit()
            let results = try await trial.broker.cancel([ready, delayed])
            try check("the cancellations", results, is: [.cancelled, .cancelled])
            try await trial.advance(by: .seconds(61))
            try check("the jobs", try await trial.claim(10).deliveries.map(\.envelope.id), is: [other])
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: ready), is: .cancelled)
            try check("the other outcome", try await trial.outcome(of: delayed), is: .cancelled)
            let again = try await trial.broker.cancel([ready])
            try check("cancelling it again", again, is: [.alreadyFinished])
        },
        Case("Cancelling a running job tells its worker, at once and when it extends", promise, needs: .cancellation) {
            trial in
            let told = Told()
            try await trial.broker.attach(told.port(WorkerID("worker-1")))
            let id = try await trial.submit()
            let delivery = try await trial.take()
            try check("the cancellation", try await trial.broker.cancel([id]), is: [.requested])
            try await told.wait(for: [id])
            for _ in 0..<2 {
                let statuses = try await trial.broker.extend([delivery.lease], by: .seconds(30))
                try check("the lease", statuses, is: [.cancelRequested])
            }
            try await trial.settle(delivery, .cancelled)
            try await trial.takeNothing()
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: id), is: .cancelled)
        },
        Case("A job that succeeds although it was cancelled has succeeded", .oneOutcome, needs: .cancellation) {
            trial in
            let id = try await trial.submit()
            let delivery = try await trial.take()
            try check("the cancellation", try await trial.broker.cancel([id]), is: [.requested])
            try await trial.settle(delivery, .succeeded([5]))
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: id), is: .succeeded([5]))
            try check("cancelling it later", try await trial.broker.cancel([id]), is: [.alreadyFinished])
            try check("the outcome then", try await trial.outcome(of: id), is: .succeeded([5]))
        },
        Case("A cancelled job whose worker died ends as cancelled", promise, needs: .cancellation) { trial in
            let id = try await trial.submit()
            _ = try await trial.take(lease: .seconds(10))
            try check("the cancellation", try await trial.broker.cancel([id]), is: [.requested])
            try await trial.advance(by: .seconds(10))
            try await trial.takeNothing()
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: id), is: .cancelled)
        },
        Case("A cancelled job that its worker gives back does not run again", promise, needs: .cancellation) { trial in
            let failure = trial.failure()
            let dispositions: [Settlement.Disposition] = [
                .retry(after: .zero, failure: failure, countsAttempt: true), .snoozed(for: .seconds(1)), .released,
                .parked(for: .seconds(1)),
            ]
            for disposition in dispositions {
                let id = try await trial.submit()
                let delivery = try await trial.take()
                try check("the cancellation", try await trial.broker.cancel([id]), is: [.requested])
                try await trial.settle(delivery, disposition)
                try await trial.advance(by: .seconds(2))
                try await trial.takeNothing()
                guard trial.broker.results != nil else { continue }
                try check("the outcome", try await trial.outcome(of: id), is: .cancelled)
            }
        },
        Case("A cancelled job that fails has failed", .oneOutcome, needs: .cancellation) { trial in
            let id = try await trial.submit()
            let delivery = try await trial.take()
            _ = try await trial.broker.cancel([id])
            let failure = trial.failure()
            try await trial.settle(delivery, .failed(failure))
            try check("cancelling it later", try await trial.broker.cancel([id]), is: [.alreadyFinished])
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: id), is: .failed(failure))
        },
        Case("Cancelling a job between two attempts ends it", promise, needs: .cancellation) { trial in
            let id = try await trial.submit()
            let failure = trial.failure()
            try await trial.settle(trial.take(), .retry(after: .seconds(60), failure: failure, countsAttempt: true))
            try check("the cancellation", try await trial.broker.cancel([id]), is: [.cancelled])
            try await trial.advance(by: .seconds(61))
            try await trial.takeNothing()
        },
        Case("Cancelling a job that nobody knows says so", needs: .cancellation) { trial in
            try check("the answer", try await trial.broker.cancel([trial.makeID()]), is: [.notFound])
            try check("nothing asked", try await trial.broker.cancel([]), is: [])
        },
        Case("Cancelling 1,000 waiting jobs leaves the others in order", promise, needs: .cancellation) { trial in
            let ids = try await trial.submit(count: 1200)
            let cancelled = ids.enumerated().filter { $0.offset % 6 != 0 }.map(\.element)
            let results = try await trial.broker.cancel(cancelled)
            try check(results.allSatisfy { $0 == .cancelled }, "A waiting job was not cancelled.")
            let rest = ids.enumerated().filter { $0.offset % 6 == 0 }.map(\.element)
            try check("the rest", try await trial.claim(2000).deliveries.map(\.envelope.id), is: rest)
        },
    ]
}
