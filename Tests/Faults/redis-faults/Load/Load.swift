//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft
internal import Synchronization

/// Tasks that submit jobs and await their outcomes.
///
/// Each submits its next job when the last one has ended, so that as many wait in the queue as there are tasks.
final class Load: Sendable {
    /// How far it has come.
    struct Progress: Sendable {
        var begun = 0
        /// The jobs that were acknowledged.
        var accepted: [JobID] = []
        /// Those of them whose submitters know how they ended.
        var told: Set<JobID> = []
        /// Those of them of which the server has said that it knows nothing.
        var vanished: [JobID] = []
        /// How often a submission failed, by what was said.
        var refusals: [String: Int] = [:]
        var isStopping = false
        var isFinished = false
        var problems: [String] = []

        /// Adds what another load has come to.
        mutating func add(_ other: Progress) {
            begun += other.begun
            accepted += other.accepted
            told.formUnion(other.told)
            vanished += other.vanished
            refusals.merge(other.refusals, uniquingKeysWith: +)
            problems += other.problems
        }
    }

    /// What is submitted, and how.
    struct Plan: Sendable {
        /// How many jobs at least.
        var jobs: Int
        /// How many are under way at once.
        var window: Int
        /// Whether it goes on, beyond the number, until it is stopped.
        var goesOn = false
        /// The jobs.
        var probe = Probe()
        /// What the jobs' names begin with, where a submission whose answer was lost is repeated for the same job.
        var identities: String?
        /// How many tenants the jobs are of; with 0 they are nobody's.
        var tenants = 0
    }

    private let system: JobSystem
    private let plan: Plan
    private let state = Mutex(Progress())

    init(_ plan: Plan, to system: JobSystem) {
        self.plan = plan
        self.system = system
    }

    var progress: Progress { state.withLock { $0 } }

    /// How many have been acknowledged and how many of those have ended, as far as submitters know.
    var counts: (accepted: Int, told: Int) { state.withLock { ($0.accepted.count, $0.told.count) } }

    /// How many submissions were refused.
    var refusals: Int { state.withLock { $0.refusals.values.reduce(0, +) } }

    /// Submits no more.
    func stop() {
        state.withLock { $0.isStopping = true }
    }

    /// Submits and waits; a task that waits for ever has to be cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<plan.window {
                group.addTask {
                    while let number = self.next() {
                        if await !self.runJob(number) { return }
                    }
                }
            }
        }
        state.withLock { $0.isFinished = true }
    }

    /// Whether nothing is submitted or awaited any more.
    var isFinished: Bool { state.withLock { $0.isFinished } }

    private func next() -> Int? {
        state.withLock { state in
            guard state.begun < plan.jobs || (plan.goesOn && !state.isStopping) else { return nil }
            state.begun += 1
            return state.begun
        }
    }

    /// Submits one job until it is acknowledged, and waits for its end.
    private func runJob(_ number: Int) async -> Bool {
        do {
            guard let handle = try await submit(number) else { return true }
            state.withLock { $0.accepted.append(handle.id) }
            try await waitForEnd(of: handle)
            return true
        } catch is CancellationError {
            return false
        } catch let error as BrokerError where error.code == .closed || error.code == .cancelled {
            return false
        } catch {
            state.withLock { $0.problems.append("A submitter was told: \(error)") }
            return false
        }
    }

    /// Waits for a job's end, however often the server cannot be asked.
    private func waitForEnd(of handle: JobHandle<String>) async throws {
        while true {
            do {
                _ = try await handle.outcome
                return state.withLock { _ = $0.told.insert(handle.id) }
            } catch let error as JobError where error.code == .notFound {
                return state.withLock { $0.vanished.append(handle.id) }
            } catch let error as BrokerError where error.code == .unavailable {
                try await SystemClock().sleep(for: .milliseconds(50))
            }
        }
    }

    /// `nil` when it was refused until the load was stopped.
    private func submit(_ number: Int) async throws -> JobHandle<String>? {
        let id = plan.identities.map { JobID(derivedFrom: "\($0)-\(number)") }
        while true {
            do {
                var options = JobOptions()
                if plan.tenants > 0 { options.tenant = TenantName("tenant \(number % plan.tenants)") }
                return try await system.submit(plan.probe, options: options, id: id)
            } catch let error as BrokerError where error.code == .unavailable {
                let isStopping = state.withLock { state in
                    state.refusals[error.message, default: 0] += 1
                    return state.isStopping
                }
                if isStopping { return nil }
                try await SystemClock().sleep(for: .milliseconds(50))
            }
        }
    }
}
