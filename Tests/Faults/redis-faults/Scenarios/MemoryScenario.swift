//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftRedis

/// The server's memory is full, with `noeviction`: first by somebody else's data, then by jobs alone.
struct MemoryScenario: Scenario {
    let name = "memory"
    let summary = "`maxmemory` reached with `noeviction`: submissions fail and say why, workers go on"
    let jobs = (full: 10_000, short: 500)

    func run(_ stage: Stage) async throws {
        let server = try stage.startServer(["--maxmemory", "40mb", "--maxmemory-policy", "noeviction"])
        try await stage.open(server.url)
        try stage.crew.start(2, Crew.Terms(url: server.url))
        let plan = Load.Plan(
            jobs: stage.jobs,
            window: 100,
            goesOn: true,
            probe: Probe(milliseconds: 5, padding: String(repeating: "x", count: 1_000))
        )
        try await stage.live(under: plan) { load in
            let control = try stage.control
            for _ in 0..<(stage.isShort ? 2 : 5) {
                let before = load.counts.told
                while load.counts.told < before + 100 { try await stage.clock.sleep(for: .milliseconds(20)) }
                // A string that grows at its end is taken however large it becomes, as it is small when the limit is checked.
                _ = try await control.command(["SETRANGE", "junk", "\(60 << 20)", "x"])
                stage.report.count("memory filled")
                let refusals = load.refusals
                while load.refusals < refusals + 20 { try await stage.clock.sleep(for: .milliseconds(20)) }
                try await stage.clock.sleep(for: .milliseconds(500))
                _ = try await control.command(["DEL", "junk"])
            }
        }
        let refusals = stage.progress.refusals
        stage.report.note("refusals", Double(refusals.values.reduce(0, +)), "submissions")
        for (message, _) in refusals.sorted(by: { $0.value > $1.value }).prefix(1) {
            stage.report.remark("A submitter is told: \(message)")
        }
        stage.report.require(
            refusals.keys.allSatisfy { $0.contains("no memory left") },
            "A refused submission did not say that the memory is full: \(refusals.keys.sorted())"
        )
        try await stage.judge()
    }
}
