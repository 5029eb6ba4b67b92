//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftRedis

/// Workers that hold tenants' places killed with SIGKILL: the limits hold, and in the end all places are free.
struct TenantScenario: Scenario {
    let name = "tenants"
    let summary = "workers killed with SIGKILL that hold limited places of tenants: no place is lost, no limit exceeded"
    let jobs = (full: 20_000, short: 800)

    private static let tenants = 20
    private static let limits = QueueLimits(
        perTenant: PartLimits(concurrency: 2),
        perJob: [Probe.name: PartLimits(concurrency: 40)]
    )

    func run(_ stage: Stage) async throws {
        let server = try stage.startServer()
        try await stage.open(server.url)
        try await stage.control.setLimits(Self.limits, queue: .default)
        var terms = Crew.Terms(url: server.url, lease: .seconds(1))
        // On a slow machine workers die on the same jobs again and again, which says nothing of the jobs.
        terms.poisonLimit = 1_000
        let fixed = terms
        try stage.crew.start(3, fixed)
        var plan = Load.Plan(jobs: stage.jobs, window: min(stage.jobs, 400), probe: Probe(milliseconds: 10))
        plan.tenants = Self.tenants
        // The last ones are left to those that come after all were killed.
        let last = stage.jobs / 10
        try await stage.live(under: plan) { load in
            while load.counts.told < stage.jobs - last {
                try await stage.clock.sleep(for: .milliseconds(stage.isShort ? 100 : 500))
                guard let oldest = stage.crew.members.first else { break }
                stage.crew.kill(oldest)
                stage.report.count("worker killed")
                let fresh = try stage.crew.start(1, fixed)[0]
                // However slow the machine is, there are others that work when the next one dies.
                while load.counts.told < stage.jobs - last {
                    if try stage.hasStarted(fresh) { break }
                    try await stage.clock.sleep(for: .milliseconds(20))
                }
            }
            stage.crew.killAll()
            stage.report.count("all workers killed")
            try stage.crew.start(3, fixed)
        }
        var leniency = Stage.Leniency()
        leniency.poisonLimit = 1_000
        leniency.limits = Self.limits
        // With leases this short, jobs run again where a slow machine forgets a worker for a second.
        try await stage.judge(leniency)
        try await fillPlaces(stage)
    }

    /// Takes every place of every tenant at once, which only works when none was lost.
    private func fillPlaces(_ stage: Stage) async throws {
        stage.crew.killAll()
        for number in 0..<Self.tenants {
            let options = JobOptions(tenant: TenantName("tenant \(number)"))
            _ = try await stage.system.submit(contentsOf: [Probe(), Probe(), Probe()], options: options)
        }
        let request = ClaimRequest(
            worker: WorkerID("auditor"),
            shares: [.init(queue: .default, fair: 100, maximum: 100)],
            limit: 100,
            lease: .seconds(3600),
            poisonLimit: 1_000
        )
        let found = try await stage.control.claim(request).deliveries.count
        stage.report.require(found == 2 * Self.tenants, "\(found) places are free in the end, not \(2 * Self.tenants).")
    }
}
