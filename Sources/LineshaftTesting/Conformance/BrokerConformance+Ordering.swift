//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// The order in which jobs are given out.
    static let ordering: [Case] = [
        Case("Jobs of one queue are given out in the order of submission") { trial in
            let ids = try await trial.submit(count: 10) + trial.submit(count: 10)
            var taken: [JobID] = []
            for limit in [1, 3, 16] { taken += try await trial.claim(limit).deliveries.map(\.envelope.id) }
            try check("the order", taken, is: ids)
        },
        Case("More urgent jobs go first, equally urgent ones in the order of submission", needs: .priorities) { trial in
            var expected: [(level: Int, id: JobID)] = []
            for level in [5, 0, 9, 5, 7, 9, 0, 2] {
                expected.append((level, try await trial.submit(priority: JobPriority(level))))
            }
            let taken = try await trial.claim(100).deliveries.map(\.envelope.id)
            let order = [9, 7, 5, 2, 0].flatMap { level in expected.filter { $0.level == level }.map(\.id) }
            try check("the order", taken, is: order)
        },
        Case("A delayed job is given out at its time and not a millisecond before", needs: .delays) { trial in
            let id = try await trial.submit { $0.start = trial.now + .seconds(60) }
            try await trial.takeNothing()
            try await trial.advance(by: .milliseconds(59_999))
            try await trial.takeNothing()
            try await trial.advance(by: .milliseconds(1))
            try check("the job", try await trial.take().envelope.id, is: id)
        },
        Case("Delayed jobs are given out in the order of their times, then of submission", needs: .delays) { trial in
            let start = trial.now
            var ids: [JobID] = []
            for delay in [3, 1, 2, 1, 3] {
                ids.append(try await trial.submit { $0.start = start + .seconds(delay) })
            }
            try await trial.advance(by: .seconds(5))
            let taken = try await trial.claim(10).deliveries.map(\.envelope.id)
            try check("the order", taken, is: [ids[1], ids[3], ids[2], ids[0], ids[4]])
        },
        Case("A start in the past is now", needs: .delays) { trial in
            let id = try await trial.submit { $0.start = trial.now - .seconds(60) }
            try check("the job", try await trial.take().envelope.id, is: id)
        },
        Case("10,000 jobs that fall due at once are all given out, once", .acceptedMeansKept, needs: .delays) { trial in
            let start = trial.now + .seconds(10)
            var ids: Set<JobID> = []
            for _ in 0..<20 { ids.formUnion(try await trial.submit(count: 500) { $0.start = start }) }
            try await trial.takeNothing()
            try await trial.advance(by: .seconds(10))
            var taken: [JobID] = []
            var settlements: [Settlement] = []
            repeat {
                let request = trial.request(500)
                let (results, claim) = try await trial.broker.settle(settlements, claiming: request)
                try check(results.allSatisfy { $0 == .applied }, "A settlement of a held lease was refused.")
                settlements = claim.deliveries.map { Settlement(lease: $0.lease, disposition: .succeeded([])) }
                taken += claim.deliveries.map(\.envelope.id)
            } while !settlements.isEmpty
            try check("the number of deliveries", taken.count, is: 10_000)
            try check(Set(taken) == ids, "Not every job was given out.")
        },
        Case("A released job goes before those that have waited", .shutdownIsNotFailure) { trial in
            let ids = try await trial.submit(count: 3)
            let first = try await trial.take()
            try await trial.settle(first, .released)
            try check("the order", try await trial.claim(3).deliveries.map(\.envelope.id), is: ids)
        },
        Case("Jobs that go back unstarted, the last one first, keep their order", .shutdownIsNotFailure) { trial in
            let ids = try await trial.submit(count: 4)
            let claimed = try await trial.claim(3).deliveries
            for delivery in claimed.reversed() { try await trial.settle(delivery, .unstarted) }
            try check("the order", try await trial.claim(4).deliveries.map(\.envelope.id), is: ids)
        },
    ]
}
