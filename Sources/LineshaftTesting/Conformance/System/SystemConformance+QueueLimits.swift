//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Queues that are limited over all workers, and why a job waits.
    static let queueLimits: [Case] = [
        Case("Workers share the places of a limited queue and leave none idle", needs: .limits) { trial in
            let hosts = [
                try await trial.host("host-1") { trial.waiting("1 ", for: .seconds(10)) },
                try await trial.host("host-2") { trial.waiting("2 ", for: .seconds(10)) },
            ]
            let client = try await trial.system()
            try await client.limit("default", concurrency: 3)
            let handles = try await client.submit(contentsOf: Array(repeating: Errand(), count: 9))
            try await trial.running(hosts[0], hosts[1]) {
                for _ in 0..<3 {
                    try await trial.settleDown()
                    try check("the running jobs", try await trial.counts.running, is: 3)
                    try await trial.pass(.seconds(5))
                    try check("the running jobs", try await trial.counts.running, is: 3)
                    try await trial.pass(.seconds(5))
                }
                for handle in handles { _ = try await trial.value(of: handle) }
                // Nine jobs of ten seconds, three at a time: no place was ever idle.
                try check("the time", trial.clock.uptime, is: .seconds(30))
            }
        },
        Case("A place of a limited queue comes back from a dead worker", .atLeastOnce, needs: .limits) { trial in
            let first = try await trial.host("host-1", queues: ["default": 1]) { trial.waiting("1 ") }
            let second = try await trial.host("host-2", queues: ["default": 1]) { trial.echo }
            let client = try await trial.system()
            try await client.limit("default", concurrency: 1)
            try await trial.running(first) {
                let handle = try await client.submit(Errand(word: "a"))
                try await trial.settleDown()
                try await trial.running(second) {
                    try await trial.pass(.seconds(1))
                    await first.die()
                    try await trial.pass(.seconds(10))
                    try check("the output", try await trial.value(of: handle), is: "a")
                }
            }
        },
        Case("A limited rate lets jobs begin in time, on idle workers", .idleIsQuiet, needs: .limits) { trial in
            let hosts = [
                try await trial.host("host-1", queues: ["default": 1]) { trial.echo },
                try await trial.host("host-2", queues: ["default": 1]) { trial.echo },
            ]
            let client = try await trial.system()
            try await client.limit("default", rate: RateLimit(1, per: .seconds(2)))
            try await trial.running(hosts[0], hosts[1]) {
                let handles = try await client.submit(contentsOf: Array(repeating: Errand(), count: 5))
                for handle in handles { _ = try await trial.value(of: handle) }
                try check("the time", trial.clock.uptime, is: .seconds(8))
            }
        },
        Case("It is explained that a job waits for its queue's limit", needs: .limits) { trial in
            let host = try await trial.host(queues: ["default": 2]) { trial.waiting(for: .seconds(100)) }
            let client = try await trial.system()
            try await client.limit("default", concurrency: 1)
            try await trial.running(host) {
                _ = try await client.submit(Errand())
                try await trial.settleDown()
                let handle = try await client.submit(Errand())
                try check("why", try await client.explain(handle.id), is: .concurrencyLimited("default", limit: 1))
                let rate = RateLimit(1, per: .seconds(60))
                try await client.limit("default", rate: rate)
                try await trial.settleDown()
                let next = try await client.submit(Errand())
                let expected = Explanation.rateLimited("default", rate: rate, until: trial.clock.now + .seconds(60))
                try check("why", try await client.explain(next.id), is: expected)
                try await client.removeLimits(of: "default")
                try await trial.settleDown()
                try check("why", try await client.explain(next.id), is: .limitReached("default", limit: 2))
            }
        },
        Case("Limits out of their range are refused before they reach the broker", needs: .limits) { trial in
            let client = try await trial.system()
            let bad: [(QueueName, Int?, RateLimit?)] = [
                ("", 1, nil), ("default", 0, nil), ("default", 2_000_000, nil),
                ("default", nil, RateLimit(-1, per: .seconds(1))), ("default", nil, RateLimit(1, per: .seconds(-1))),
            ]
            for (queue, concurrency, rate) in bad {
                do {
                    try await client.limit(queue, concurrency: concurrency, rate: rate)
                } catch is ConfigurationError {
                    continue
                }
                throw ConformanceFailure("A limit of \(String(describing: concurrency)) was accepted.")
            }
        },
    ]
}

extension SystemTrial {
    fileprivate var counts: QueueCounts {
        get async throws { try await inspector().counts(of: "default") }
    }
}
