//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// The server dies under load and is started again on its append-only file.
///
/// With `always` it must have forgotten nothing. With `everysec` the file is cut back as well, as when the machine loses its
/// power: a process that is killed leaves to the system what it has written, and that loses nothing.
struct RestartScenario: Scenario {
    /// How often the server's file is brought to the disk.
    enum Policy: String, Sendable {
        case always
        case everySecond = "everysec"
    }

    let policy: Policy

    var name: String { "restart-\(policy.rawValue)" }
    var summary: String {
        "the server killed with SIGKILL and started again under load, `appendfsync \(policy.rawValue)`"
            + (policy == .always ? "" : ", the last second of its file gone")
    }
    let jobs = (full: 20_000, short: 500)

    func run(_ stage: Stage) async throws {
        let server = try stage.startServer(
            ["--appendonly", "yes", "--appendfsync", policy.rawValue]
                // A file that is rewritten could not be cut back.
                + (policy == .everySecond ? ["--auto-aof-rewrite-percentage", "0"] : [])
        )
        try await stage.open(server.url)
        // Leases that a dead server keeps for a short time only are soon with others.
        let terms = Crew.Terms(url: server.url, lease: .seconds(2))
        try stage.crew.start(2, terms)
        let file = AppendOnlyFile(of: server)
        let forgotten = Mutex<[ClosedRange<Duration>]>([])
        let rounds = stage.isShort ? 2 : 10
        for round in 1...rounds {
            // A load of its own each time, for whoever awaits a job that is lost waits for ever.
            let plan = Load.Plan(
                jobs: stage.jobs / rounds,
                window: stage.isShort ? 50 : 400,
                goesOn: true,
                probe: Probe(milliseconds: 5),
                identities: "\(stage.name) \(round)"
            )
            try await stage.live(under: plan) { load in
                while load.counts.told < 100 { try await stage.clock.sleep(for: .milliseconds(20)) }
                try await stage.clock.sleep(for: stage.isShort ? .milliseconds(500) : .seconds(2))
                if policy == .everySecond {
                    let old = try file.length(at: stage.clock.uptime)
                    try await stage.clock.sleep(for: .seconds(1))
                    server.kill()
                    try file.cut(to: old)
                    // While one sync is under way Redis keeps for up to two seconds what it has yet to write.
                    forgotten.withLock { $0.append((old.time - .seconds(2))...stage.clock.uptime) }
                } else {
                    server.kill()
                }
                stage.report.count("server killed")
                try server.start()
            }
        }
        let times = forgotten.withLock { $0 }
        try await stage.judge(Stage.Leniency(forgotten: times))
        if policy == .everySecond {
            stage.report.remark(
                "Each time the server forgot the last second of its file: what was acknowledged then may be lost, and what ended "
                    + "then may have run again. Everything else held."
            )
        }
    }
}
