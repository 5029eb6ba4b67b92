//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft
internal import LineshaftRedis
internal import LineshaftTesting
internal import Synchronization

/// What a scenario works with: processes, a record, and a submitter.
final class Stage: Sendable {
    private struct State {
        var system: JobSystem?
        var control: RedisBroker?
        var url = ""
        var loads: [Load] = []
        var servers: [RedisProcess] = []
    }

    let name: String
    let jobs: Int
    let isShort: Bool
    /// How long leases run, where the scenario has no reason for another time.
    let lease: Duration
    let household: Household
    let crew: Crew
    let report = Report()
    let clock = MonotonicClock()
    let recorder: HistoryRecorder
    private let state = Mutex(State())

    init(_ scenario: any Scenario, jobs: Int, isShort: Bool, lease: Duration, household: Household) {
        name = scenario.name
        self.jobs = jobs
        self.isShort = isShort
        self.lease = lease
        self.household = household
        recorder = HistoryRecorder(clock: clock)
        crew = Crew(household, recorder: recorder)
    }

    /// Starts a server whose unwanted end fails the scenario.
    func startServer(
        _ options: [String] = [],
        at address: RedisProcess.Address? = nil,
        in folder: String? = nil
    ) throws -> RedisProcess {
        let server = try RedisProcess(options, at: address, in: folder, of: household)
        state.withLock { $0.servers.append(server) }
        return server
    }

    /// Connects the submitter, whose calls are recorded, and a connection for everything else.
    func open(_ url: String, control: String? = nil) async throws {
        let broker = try await Opening.broker(url: control ?? url)
        let system = try await Opening.system(url: url, recorder: recorder, process: "submitter")
        state.withLock { state in
            state.url = url
            state.control = broker
            state.system = system
        }
    }

    /// The connection that is not recorded.
    var control: RedisBroker {
        get throws {
            guard let control = state.withLock({ $0.control }) else { throw Skipped(description: "Nothing is open.") }
            return control
        }
    }

    /// The submitter's system.
    var system: JobSystem {
        get throws {
            guard let system = state.withLock({ $0.system }) else { throw Skipped(description: "Nothing is open.") }
            return system
        }
    }

    /// Submits jobs while `break` does what it does, and waits until they have ended.
    func live(under plan: Load.Plan, break body: @Sendable @escaping (Load) async throws -> Void) async throws {
        let load = Load(plan, to: try system)
        state.withLock { $0.loads.append(load) }
        let start = clock.uptime
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                await load.run()
                return true
            }
            group.addTask {
                try await self.showProgress(of: load)
                return false
            }
            try await body(load)
            load.stop()
            try await waitForEnds(of: load)
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch is CancellationError {
                // The progress is not shown any longer.
            }
        }
        report.note("duration", (clock.uptime - start).seconds, "s")
    }

    /// What happened, merged from the records of all processes.
    func history() throws -> History {
        var histories = [recorder.history]
        for file in crew.files where FileManager.default.fileExists(atPath: file) {
            histories.append(try History(jsonLines: String(contentsOfFile: file, encoding: .utf8)))
        }
        return History(merging: histories)
    }

    /// What was submitted, over all loads.
    var progress: Load.Progress {
        state.withLock { $0.loads }.map(\.progress).reduce(into: Load.Progress()) { $0.add($1) }
    }

    /// Where the submitter is connected to.
    var url: String { state.withLock { $0.url } }

    /// Ends the connections.
    func close() async {
        let (system, control) = state.withLock { ($0.system, $0.control) }
        await system?.shutdown()
        await control?.shutdown()
    }

    // MARK: Waiting

    private func showProgress(of load: Load) async throws {
        let start = clock.uptime
        while true {
            try await clock.sleep(for: .seconds(1))
            let (accepted, told) = load.counts
            let refused = load.refusals
            Talk.error(
                "\(name): \((clock.uptime - start).text), \(accepted.grouped) jobs accepted, \(told.grouped) ended"
                    + (refused > 0 ? ", \(refused.grouped) refusals" : "")
                    + (report.events.isEmpty ? "" : "; \(report.events)")
            )
            noteCasualties()
        }
    }

    /// Notes processes that have ended by themselves.
    func noteCasualties() {
        for member in crew.casualties {
            report.violation("\(member.name) ended by itself: \(member.child.lastWords)")
            crew.kill(member)
        }
        for server in state.withLock({ $0.servers }) where server.hasFailed {
            report.violation("The server ended by itself: \(server.lastWords)")
            server.kill()
        }
    }

    /// Waits until all submitters know how their jobs ended, or it is certain that some never will.
    private func waitForEnds(of load: Load) async throws {
        var last = (told: -1, since: clock.uptime)
        var looks = 0
        while !load.isFinished {
            try await clock.sleep(for: .milliseconds(20))
            let told = load.counts.told
            if told != last.told {
                last = (told, clock.uptime)
                looks = 0
            }
            let patience = Duration.seconds(looks == 0 ? 2 : 3 * looks)
            guard clock.uptime - last.since > patience else { continue }
            looks += 1
            if try await isIdle(), looks >= 2 {
                let missing = try await missingOutcomes(of: load)
                // What is lost never comes. What has ended must be told as soon as the connection is back.
                if missing == untold(load).count || looks >= 10 { return }
            }
            if looks >= 40 { return }
        }
    }

    private func untold(_ load: Load) -> [JobID] {
        let progress = load.progress
        return progress.accepted.filter { !progress.told.contains($0) }
    }

    /// Waits until no job waits or runs, for some may run again whose ends were told before a server forgot them.
    func waitUntilIdle() async throws {
        let end = clock.uptime + .seconds(60)
        while clock.uptime < end, try await !isIdle() { try await clock.sleep(for: .milliseconds(50)) }
    }

    /// Whether no job waits or runs.
    private func isIdle() async throws -> Bool {
        do {
            let counts = try await control.counts(of: .default)
            return counts.ready + counts.scheduled + counts.running == 0
        } catch let error as BrokerError where error.code == .unavailable {
            return false
        }
    }

    private func missingOutcomes(of load: Load) async throws -> Int {
        let ids = untold(load)
        let found = try await control.outcomes(of: ids)
        return ids.count { found[$0] == nil }
    }
}
