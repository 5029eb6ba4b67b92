//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Tenants and limits of a queue's parts, with workers that live and die.
    static let tenants: [Case] = [
        Case("One tenant's many jobs do not delay another's one", needs: .limits) { trial in
            let host = try await trial.host(queues: ["default": 2]) { trial.waiting(for: .seconds(10)) }
            let client = try await trial.system()
            let many = [Errand](repeating: Errand(), count: 50)
            _ = try await client.submit(contentsOf: many, options: JobOptions(tenant: "big"))
            try await trial.running(host) {
                try await trial.pass(.seconds(5))
                let one = try await client.submit(Errand(), tenant: "small")
                _ = try await trial.value(of: one)
                // Its two workers were busy until ten seconds; then it was its turn.
                try check("the time", trial.clock.uptime <= .seconds(30), is: true)
                for job in try await client.busiestTenants(of: "default") {
                    try check("who waits", job.tenant, is: "big")
                    try check("the ready ones", job.ready > 40, is: true)
                }
                try await client.limit("default", perTenant: PartLimits(concurrency: 1))
            }
        },
        Case("Workers share the places of each tenant and leave none idle", needs: .limits) { trial in
            let hosts = [
                try await trial.host("host-1") { trial.waiting("1 ", for: .seconds(10)) },
                try await trial.host("host-2") { trial.waiting("2 ", for: .seconds(10)) },
            ]
            let client = try await trial.system()
            try await client.limit("default", perTenant: PartLimits(concurrency: 1))
            var handles: [JobHandle<String>] = []
            for tenant in ["a", "b"] {
                let options = JobOptions(tenant: TenantName(tenant))
                let jobs = [Errand](repeating: Errand(), count: 3)
                handles += try await client.submit(contentsOf: jobs, options: options)
            }
            try await trial.running(hosts[0], hosts[1]) {
                try await trial.settleDown()
                try check("the running jobs", try await trial.runningJobs, is: 2)
                for handle in handles { _ = try await trial.value(of: handle) }
                // Three jobs of ten seconds of each tenant, one at a time: no place was ever idle.
                try check("the time", trial.clock.uptime, is: .seconds(30))
            }
        },
        Case("A tenant's place comes back from a dead worker", .atLeastOnce, needs: .limits) { trial in
            let first = try await trial.host("host-1", queues: ["default": 4]) { trial.waiting("1 ") }
            let second = try await trial.host("host-2", queues: ["default": 4]) { trial.echo }
            let client = try await trial.system()
            try await client.limit(
                "default",
                perTenant: PartLimits(concurrency: 1),
                perJob: [Errand.name: PartLimits(concurrency: 2)]
            )
            try await trial.running(first) {
                let handles = [
                    try await client.submit(Errand(word: "a"), tenant: "a"),
                    try await client.submit(Errand(word: "b"), tenant: "b"),
                    try await client.submit(Errand(word: "c"), tenant: "a"),
                ]
                try await trial.settleDown()
                try await trial.running(second) {
                    try await trial.pass(.seconds(1))
                    try check("the running jobs", try await trial.runningJobs, is: 2)
                    await first.die()
                    try await trial.pass(.seconds(10))
                    for (handle, word) in zip(handles, ["a", "b", "c"]) {
                        try check("the output", try await trial.value(of: handle), is: word)
                    }
                }
            }
        },
        Case("A tenant's rate lets jobs begin in time, on idle workers", .idleIsQuiet, needs: .limits) { trial in
            let hosts = [
                try await trial.host("host-1", queues: ["default": 1]) { trial.echo },
                try await trial.host("host-2", queues: ["default": 1]) { trial.echo },
            ]
            let client = try await trial.system()
            try await client.limit("default", perTenant: PartLimits(rate: RateLimit(1, per: .seconds(2))))
            try await trial.running(hosts[0], hosts[1]) {
                let jobs = [Errand](repeating: Errand(), count: 5)
                let handles = try await client.submit(contentsOf: jobs, options: JobOptions(tenant: "a"))
                for handle in handles { _ = try await trial.value(of: handle) }
                try check("the time", trial.clock.uptime, is: .seconds(8))
            }
        },
        Case("A job type's rate lets jobs begin in time, on idle workers", .idleIsQuiet, needs: .limits) { trial in
            let hosts = [
                try await trial.host("host-1", queues: ["default": 1]) { trial.echo },
                try await trial.host("host-2", queues: ["default": 1]) { trial.echo },
            ]
            let client = try await trial.system()
            try await client.limit("default", perJob: [Errand.name: PartLimits(rate: RateLimit(1, per: .seconds(2)))])
            try await trial.running(hosts[0], hosts[1]) {
                let handles = try await client.submit(contentsOf: [Errand](repeating: Errand(), count: 5))
                for handle in handles { _ = try await trial.value(of: handle) }
                try check("the time", trial.clock.uptime, is: .seconds(8))
            }
        },
        Case("It is explained that a job waits for its tenant's or its type's limit", needs: .limits) { trial in
            let host = try await trial.host(queues: ["default": 4]) { trial.waiting(for: .seconds(100)) }
            let client = try await trial.system()
            let (one, rate) = (PartLimits(concurrency: 1), RateLimit(1, per: .seconds(60)))
            try await client.limit("default", perTenant: one)
            try await trial.running(host) {
                _ = try await client.submit(Errand(), tenant: "a")
                try await trial.settleDown()
                let handle = try await client.submit(Errand(), tenant: "a")
                try await trial.settleDown()
                try check("why", try await client.explain(handle.id), is: .tenantLimited("a", one, until: nil))
                let typed = PartLimits(rate: rate)
                try await client.limit("default", perJob: [Errand.name: typed])
                try await trial.settleDown()
                let next = try await client.submit(Errand())
                try await trial.settleDown()
                let expected = Explanation.jobLimited(Errand.name, typed, until: trial.clock.now + .seconds(60))
                try check("why", try await client.explain(next.id), is: expected)
            }
        },
        Case("A tenant without a proper name is refused", needs: .limits) { trial in
            let client = try await trial.system()
            for name in ["", String(repeating: "x", count: 201), "a\nb"] {
                do {
                    _ = try await client.submit(Errand(), tenant: TenantName(name))
                } catch let error as ConfigurationError where error.code == .invalidName {
                    continue
                }
                throw ConformanceFailure("The tenant “\(name.prefix(10))” was accepted.")
            }
        },
    ]
}

extension SystemTrial {
    fileprivate var runningJobs: Int {
        get async throws { try await inspector().counts(of: "default").running }
    }
}
