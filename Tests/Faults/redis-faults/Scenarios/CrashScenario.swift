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
                try stage.crew.start(1, terms)
            }
            stage.crew.killAll()
            stage.report.count("all workers killed")
            try stage.crew.start(4, terms)
        }
        try await stage.judge(recoveringWithin: stage.lease + .seconds(2))
    }
}
