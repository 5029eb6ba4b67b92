//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftRedis

/// The server answers nobody for some time; once for longer than commands may take.
struct PauseScenario: Scenario {
    let name = "pause"
    let summary = "the server silent with CLIENT PAUSE, once for longer than the command timeout"
    let jobs = (full: 20_000, short: 500)

    func run(_ stage: Stage) async throws {
        let server = try stage.startServer()
        let (timeout, longest) = stage.isShort ? ("1s", 2_500) : ("10s", 13_000)
        let url = server.url + "?command_timeout=\(timeout)"
        try await stage.open(url, control: server.url + "?command_timeout=1m")
        try stage.crew.start(2, Crew.Terms(url: url, lease: stage.isShort ? .seconds(2) : .seconds(8)))
        let plan = Load.Plan(
            jobs: stage.jobs,
            window: stage.isShort ? 50 : 400,
            goesOn: true,
            probe: Probe(milliseconds: 5),
            identities: stage.name
        )
        try await stage.live(under: plan) { load in
            let control = try stage.control
            for milliseconds in [100, 500, longest, 300] {
                let before = load.counts.told
                while load.counts.told < before + 50 { try await stage.clock.sleep(for: .milliseconds(20)) }
                _ = try await control.command(["CLIENT", "PAUSE", "\(milliseconds)", "ALL"])
                stage.report.count("pause")
                // Answered when the pause is over.
                _ = try await control.command(["PING"])
            }
        }
        try await stage.judge()
    }
}
