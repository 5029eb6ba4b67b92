//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Four workers, of which one is killed every second; in the end all of them.
struct CrashScenario: Scenario {
    let name = "crash"
    let summary = "four workers, one killed with SIGKILL every second, in the end all; then fresh ones"
    let jobs = (full: 100_000, short: 2_000)

    func run(_ stage: Stage) async throws {
        let server = try stage.startServer()
        try await stage.open(server.url)
        let terms = Crew.Terms(url: server.url, lease: stage.lease)
        try stage.crew.start(4, terms)
        let plan = Load.Plan(jobs: stage.jobs, window: min(stage.jobs, 20_000), probe: Probe(milliseconds: 25))
        // The last ones are left to those that come after all were killed.
        let last = stage.jobs / 10
        try await stage.live(under: plan) { load in
            while load.counts.told < stage.jobs - last {
                try await stage.clock.sleep(for: stage.isShort ? .milliseconds(100) : .seconds(1))
                guard let oldest = stage.crew.members.first else { break }
                stage.crew.kill(oldest)
                stage.report.count("worker killed")
                let fresh = try stage.crew.start(1, terms)[0]
                // However slow the machine is, there are others that work when the next one dies.
                while load.counts.told < stage.jobs - last {
                    if try stage.hasStarted(fresh) { break }
                    try await stage.clock.sleep(for: .milliseconds(20))
                }
            }
            stage.crew.killAll()
            stage.report.count("all workers killed")
            try stage.crew.start(4, terms)
        }
        // In the gate other tests run at the same time, and nothing depends on the machine's speed.
        try await stage.judge(recoveringWithin: stage.isShort ? .seconds(120) : stage.lease + .seconds(2))
    }
}
