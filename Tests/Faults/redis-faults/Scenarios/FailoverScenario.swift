//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import LineshaftTesting
internal import Synchronization

/// The master dies under load, shortly after its replicas have lost it, and Sentinels make one of them the master.
///
/// Replication is asynchronous, so what was acknowledged since is lost; but not with `replicas=1`.
struct FailoverScenario: Scenario {
    /// Whether acknowledgements wait for a replica.
    let waits: Bool

    var name: String { waits ? "failover-wait" : "failover" }
    var summary: String {
        "a Sentinel failover under load, to a replica that has missed the last moments"
            + (waits ? "; `replicas=1`" : "")
    }
    let jobs = (full: 30_000, short: 600)

    func run(_ stage: Stage) async throws {
        let servers = try ReplicatedServers(on: stage)
        let url = servers.url + (waits ? "?replicas=1&replicas_timeout=200ms" : "")
        try await stage.open(url, control: servers.url)
        try await servers.waitForReplica(stage)
        try await servers.waitForSentinels(stage)
        try stage.crew.start(2, Crew.Terms(url: url, lease: .seconds(2)))
        var forgotten: [ClosedRange<Duration>] = []
        for round in 1...(stage.isShort ? 1 : 3) {
            try await servers.waitForReplica(stage)
            forgotten.append(try await failOver(servers, round, stage))
        }
        // The new master serves as the first one did.
        let plan = Load.Plan(jobs: 100, window: 10, identities: "\(stage.name) afterwards")
        try await stage.live(under: plan) { _ in }
        var leniency = Stage.Leniency(forgotten: forgotten, excusesLoss: !waits)
        // What is claimed beside settlements that are not confirmed goes back before any record is made of it.
        if waits { leniency.poisonLimit = 1_000 }
        try await stage.judge(leniency)
        stage.report.remark(
            waits
                ? "What was acknowledged was kept. What ended in those moments may have run again, and its end may have been told."
                : "Each time the last 0.5 s of the master were on no replica: what was acknowledged then may be lost. Everything "
                    + "else held."
        )
    }

    /// Has one master die under a load of its own, for whoever awaits a job that is lost waits for ever.
    ///
    /// - Returns: The time of which the next master may know nothing.
    private func failOver(
        _ servers: ReplicatedServers,
        _ round: Int,
        _ stage: Stage
    ) async throws -> ClosedRange<Duration> {
        let plan = Load.Plan(
            jobs: 200,
            window: stage.isShort ? 50 : 200,
            goesOn: true,
            probe: Probe(milliseconds: 5),
            identities: "\(stage.name) \(round)"
        )
        let forgotten = Mutex(stage.clock.uptime...stage.clock.uptime)
        try await stage.live(under: plan) { load in
            while load.counts.told < stage.jobs / 3 { try await stage.clock.sleep(for: .milliseconds(20)) }
            let start = stage.clock.uptime
            stage.recorder.record(.note("replication is cut"), by: name)
            try await servers.cutReplication(stage)
            try await stage.clock.sleep(for: .milliseconds(500))
            stage.recorder.record(.note("the master is killed"), by: name)
            let master = try await servers.killMaster(stage)
            stage.report.count("master killed")
            try await servers.waitForMaster(otherThan: master, stage)
            stage.recorder.record(.note("another one is the master"), by: name)
            let end = stage.clock.uptime
            forgotten.withLock { $0 = start...end }
            stage.report.note("failover \(round)", (end - start).seconds, "s")
            // Without a replica nothing is acknowledged any more.
            try servers.bringBack(master)
        }
        return forgotten.withLock { $0 }
    }
}
