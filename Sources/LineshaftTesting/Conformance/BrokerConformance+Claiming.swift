//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension BrokerConformance {
    /// How jobs are divided among workers and queues.
    static let claiming: [Case] = [
        Case("A claim takes no more than its limit") { trial in
            _ = try await trial.submit(count: 10)
            try check("the deliveries", try await trial.claim(4).deliveries.count, is: 4)
            try check("nothing asked, nothing given", try await trial.claim(0).deliveries.count, is: 0)
            try check("the rest", try await trial.claim(100).deliveries.count, is: 6)
        },
        Case("A queue that nobody has used gives nothing") { trial in
            try await trial.takeNothing(queue: "never used")
        },
        Case("Each queue gives its fair share before another gives more") { trial in
            _ = try await trial.submit(count: 20, queue: "busy")
            _ = try await trial.submit(count: 3, queue: "quiet")
            let taken = try await trial.claim(
                limit: 10,
                shares: [("busy", fair: 8, maximum: 20), ("quiet", fair: 2, maximum: 20)]
            )
            try check("the busy queue's jobs", taken["busy"] ?? 0, is: 8)
            try check("the quiet queue's jobs", taken["quiet"] ?? 0, is: 2)
        },
        Case("What a queue leaves of its share goes to the others, up to their maximum") { trial in
            _ = try await trial.submit(count: 20, queue: "busy")
            _ = try await trial.submit(count: 1, queue: "quiet")
            let taken = try await trial.claim(
                limit: 10,
                shares: [("quiet", fair: 5, maximum: 5), ("busy", fair: 5, maximum: 7), ("empty", fair: 1, maximum: 9)]
            )
            try check("the quiet queue's jobs", taken["quiet"] ?? 0, is: 1)
            try check("the busy queue's jobs", taken["busy"] ?? 0, is: 7)
        },
        Case("The limit holds for all queues together") { trial in
            for queue in ["a", "b", "c"] { _ = try await trial.submit(count: 5, queue: QueueName(queue)) }
            let taken = try await trial.claim(
                limit: 4,
                shares: [("a", fair: 2, maximum: 5), ("b", fair: 2, maximum: 5), ("c", fair: 2, maximum: 5)]
            )
            try check("the jobs", taken.values.reduce(0, +), is: 4)
            try check("the first queue's jobs", taken["a"] ?? 0, is: 2)
            try check("the second queue's jobs", taken["b"] ?? 0, is: 2)
        },
        Case("No job is given to two of many workers that claim at once", .oneOutcome) { trial in
            let ids = try await trial.submit(count: 1000) + trial.submit(count: 1000)
            let taken = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for number in 0..<16 {
                    group.addTask {
                        var mine: [JobID] = []
                        var settlements: [Settlement] = []
                        repeat {
                            let request = trial.request(7, worker: WorkerID("worker-\(number)"))
                            let (results, claim) = try await trial.broker.settle(settlements, claiming: request)
                            try check(results.allSatisfy { $0 == .applied }, "A held lease was refused.")
                            settlements = claim.deliveries.map { delivery in
                                Settlement(lease: delivery.lease, disposition: .succeeded([]))
                            }
                            mine += claim.deliveries.map(\.envelope.id)
                        } while !settlements.isEmpty
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try check("the number of deliveries", taken.count, is: ids.count)
            try check(Set(taken) == Set(ids), "Some job was given out twice and another not at all.")
        },
        Case("Claims that one worker makes at the same time share the jobs") { trial in
            let ids = try await trial.submit(count: 90)
            let taken = try await withThrowingTaskGroup(of: [JobID].self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await trial.broker.claim(trial.request(40)).deliveries.map(\.envelope.id)
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try check("the number of deliveries", taken.count, is: ids.count)
            try check(Set(taken) == Set(ids), "Some job was given out twice and another not at all.")
        },
        Case("Settling and claiming in one call does both") { trial in
            let ids = try await trial.submit(count: 3)
            let first = try await trial.take()
            let settlement = Settlement(lease: first.lease, disposition: .succeeded([]))
            let (results, claim) = try await trial.broker.settle([settlement], claiming: trial.request(5))
            try check("the result", results, is: [.applied])
            try check("the jobs", claim.deliveries.map(\.envelope.id), is: Array(ids[1...]))
            let released = claim.deliveries.map { Settlement(lease: $0.lease, disposition: .released) }
            let (_, again) = try await trial.broker.settle(released, claiming: trial.request(5))
            try check("what was released", Set(again.deliveries.map(\.envelope.id)), is: Set(ids[1...]))
        },
    ]
}

extension BrokerTrial {
    /// Claims from several queues.
    fileprivate func claim(
        limit: Int,
        shares: [(queue: String, fair: Int, maximum: Int)]
    ) async throws -> [String: Int] {
        let request = ClaimRequest(
            worker: WorkerID("worker-1"),
            shares: shares.map {
                ClaimRequest.Share(queue: QueueName($0.queue), fair: $0.fair, maximum: $0.maximum)
            },
            limit: limit,
            lease: .seconds(30),
            poisonLimit: 3
        )
        let claim = try await broker.claim(request)
        return claim.deliveries.reduce(into: [:]) { $0[$1.envelope.queue.rawValue, default: 0] += 1 }
    }
}
