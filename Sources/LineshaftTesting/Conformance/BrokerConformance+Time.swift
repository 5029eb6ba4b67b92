//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// What time brings.
    static let time: [Case] = [
        Case("A job that was not started before its expiry ends as expired", .acceptedMeansKept) { trial in
            let id = try await trial.submit { $0.expires = trial.now + .seconds(60) }
            let other = try await trial.submit { $0.expires = trial.now + .seconds(61) }
            try await trial.advance(by: .seconds(60))
            try check("the job", try await trial.take().envelope.id, is: other)
            try await trial.takeNothing()
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: id), is: .expired)
        },
        Case("A job that was claimed and went back unstarted still expires", .acceptedMeansKept) { trial in
            let id = try await trial.submit { $0.expires = trial.now + .seconds(60) }
            try await trial.settle(trial.take(), .unstarted)
            try await trial.settle(trial.take(), .parked(for: .seconds(1)))
            try await trial.advance(by: .seconds(60))
            try await trial.takeNothing()
            guard trial.broker.results != nil else { return }
            try check("the outcome", try await trial.outcome(of: id), is: .expired)
        },
        Case("A job that was started before its expiry is not expired by it", .acceptedMeansKept) { trial in
            let id = try await trial.submit { $0.expires = trial.now + .seconds(60) }
            try await trial.settle(trial.take(), .released)
            try await trial.advance(by: .seconds(60))
            try check("the job", try await trial.take().envelope.id, is: id)
        },
        Case("A delayed job that expires before it is due never runs", needs: .delays) { trial in
            try await trial.submit {
                $0.start = trial.now + .seconds(60)
                $0.expires = trial.now + .seconds(30)
            }
            try await trial.advance(by: .seconds(61))
            try await trial.takeNothing()
        },
        Case("A job that was started does not expire", .acceptedMeansKept) { trial in
            let id = try await trial.submit { $0.expires = trial.now + .seconds(60) }
            let failure = trial.failure()
            try await trial.settle(trial.take(), .retry(after: .seconds(90), failure: failure, countsAttempt: true))
            try await trial.advance(by: .seconds(90))
            try check("the job", try await trial.take().envelope.id, is: id)
        },
        Case(
            "A job whose deadline passes while it waits has failed",
            .acceptedMeansKept,
            inspector: true,
            results: true
        ) {
            trial in
            let id = try await trial.submit { $0.deadline = trial.now + .seconds(60) }
            let failure = trial.failure()
            try await trial.settle(trial.take(), .retry(after: .seconds(90), failure: failure, countsAttempt: true))
            try await trial.advance(by: .seconds(60))
            try await trial.takeNothing()
            let snapshot = try await trial.inspector().find(id)
            try check("the state", snapshot?.state, is: .dead)
            try check("the failures", snapshot?.failures.map(\.code), is: [.failed, .deadlineExceeded])
            try check("the failed attempts", snapshot?.failedAttempts, is: 1)
            guard case .failed(let end) = try await trial.outcome(of: id) else {
                throw ConformanceFailure("A job whose deadline passed did not end as failed.")
            }
            try check("the failure", end.code, is: .deadlineExceeded)
        },
        Case("Expired jobs make room", needs: .backpressure) { trial in
            try await trial.submit { $0.expires = trial.now + .seconds(60) }
            try check("the second", try await trial.submit(limitedTo: 1).receipt, is: .full)
            try await trial.advance(by: .seconds(60))
            try check("the third", try await trial.submit(limitedTo: 1).receipt, is: .accepted)
        },
        Case("A claim says when the next job falls due", .idleIsQuiet, needs: .delays) { trial in
            _ = try await trial.submit { $0.start = trial.now + .seconds(60) }
            _ = try await trial.submit { $0.start = trial.now + .seconds(40) }
            try await trial.checkNextDue(.seconds(40))
            try await trial.advance(by: .seconds(30))
            try await trial.checkNextDue(.seconds(10))
        },
        Case("A claim says when the next lease runs out", .idleIsQuiet) { trial in
            try await trial.submit()
            _ = try await trial.take(lease: .seconds(25))
            try await trial.checkNextDue(.seconds(25))
        },
        Case("A claim says when the next job comes back", .idleIsQuiet) { trial in
            try await trial.submit()
            try await trial.settle(trial.take(), .snoozed(for: .seconds(15)))
            try await trial.checkNextDue(.seconds(15))
        },
        Case("A worker that sleeps as long as it is told to misses nothing", .idleIsQuiet, needs: .delays) { trial in
            let delays = [7, 3, 3, 19, 11]
            for delay in delays { try await trial.submit { $0.start = trial.now + .seconds(delay) } }
            let start = trial.now
            var due: [Int] = []
            var rounds = 0
            while due.count < delays.count {
                let claim = try await trial.claim(10)
                for delivery in claim.deliveries {
                    due.append(Int(start.duration(to: trial.now).components.seconds))
                    try await trial.settle(delivery)
                }
                guard due.count < delays.count else { break }
                guard let next = claim.nextDue else { throw ConformanceFailure("Nothing is due, but jobs wait.") }
                try await trial.advance(by: max(next, .milliseconds(1)))
                rounds += 1
                try check(rounds < 30, "The worker was woken \(rounds) times for \(delays.count) jobs.")
            }
            try check("the times", due, is: delays.sorted())
        },
    ]

    /// What happens when somebody sets the clock.
    static let wallClock: [Case] = [
        Case("Setting the clock forward loses no lease", .clocksMayDisagree) { trial in
            try await trial.submit()
            let delivery = try await trial.take(lease: .seconds(30))
            guard try await trial.fixture.jumpWallClock(by: .seconds(86_400)) else { return }
            try await trial.takeNothing()
            try check("the lease", try await trial.broker.extend([delivery.lease], by: .seconds(30)), is: [.held])
            try await trial.settle(delivery)
        },
        Case("Setting the clock back keeps no lease alive", .clocksMayDisagree) { trial in
            let id = try await trial.submit()
            _ = try await trial.take(lease: .seconds(30))
            guard try await trial.fixture.jumpWallClock(by: .seconds(-86_400)) else { return }
            try await trial.advance(by: .seconds(30))
            try check("the job", try await trial.take().envelope.id, is: id)
        },
        Case("Setting the clock forth and back loses no job", .clocksMayDisagree, needs: .delays) { trial in
            let ready = try await trial.submit()
            let delayed = try await trial.submit { $0.start = trial.now + .seconds(60) }
            guard try await trial.fixture.jumpWallClock(by: .seconds(-3600)) else { return }
            let last = try await trial.submit()
            let deliveries = try await trial.claim(10).deliveries
            try check("the ready jobs", deliveries.map(\.envelope.id), is: [ready, last])
            for delivery in deliveries { try await trial.settle(delivery) }
            try await trial.advance(by: .seconds(60))
            try await trial.takeNothing()
            _ = try await trial.fixture.jumpWallClock(by: .seconds(3600))
            try check("the delayed job", try await trial.take().envelope.id, is: delayed)
        },
    ]
}

extension BrokerTrial {
    /// A claim must say this, or less by what a broker may be early.
    fileprivate func checkNextDue(_ expected: Duration, file: String = #fileID, line: Int = #line) async throws {
        let claim = try await claim(10)
        try check("the deliveries", claim.deliveries.count, is: 0, file: file, line: line)
        guard let next = claim.nextDue else {
            throw ConformanceFailure("The claim knows of nothing to come.", file: file, line: line)
        }
        try check(
            next <= expected && next > expected - .milliseconds(100),
            "The claim says \(next), but the next thing comes in \(expected).",
            file: file,
            line: line
        )
    }
}
