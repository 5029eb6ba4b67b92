//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftRedis

/// All connections are cut many times a second.
struct CutScenario: Scenario {
    let name = "cut"
    let summary = "all connections of workers and submitters cut with CLIENT KILL, many times a second"
    let jobs = (full: 20_000, short: 1_000)

    func run(_ stage: Stage) async throws {
        let server = try stage.startServer()
        try await stage.open(server.url)
        try stage.crew.start(3, Crew.Terms(url: server.url))
        let plan = Load.Plan(
            jobs: stage.jobs,
            window: stage.isShort ? 100 : 500,
            goesOn: true,
            probe: Probe(milliseconds: 5),
            identities: stage.name
        )
        try await stage.live(under: plan) { load in
            let control = try stage.control
            for number in 0..<(stage.isShort ? 60 : 600) {
                let types = [["normal"], ["pubsub"], ["normal", "pubsub"]][number % 3]
                for type in types {
                    _ = try await control.command(["CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"])
                    stage.report.count("all \(type) connections cut")
                }
                // Now and then there is time for a connection to be used.
                try await stage.clock.sleep(for: .milliseconds(number % 10 == 9 ? 300 : 30))
            }
        }
        try await stage.judge()
    }
}
