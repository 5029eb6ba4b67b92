//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft
internal import LineshaftTesting

extension Stage {
    /// Lets a worker be away for longer than its leases, while it has jobs that end as soon as it is back.
    ///
    /// - Parameters:
    ///   - terms: How the worker is started.
    ///   - others: How the one is started that gets its jobs; in the same way if left out.
    ///   - absent: Takes the worker away.
    ///   - back: Brings it back.
    /// - Throws: When a worker cannot be taken away or brought back.
    func outliveLease(
        _ terms: Crew.Terms,
        others: Crew.Terms? = nil,
        absent: @Sendable @escaping (Crew.Member) throws -> Void,
        back: @Sendable @escaping (Crew.Member) throws -> Void
    ) async throws {
        let gate = household.folder + "/gate"
        let first = try crew.start(1, terms)[0]
        let second = "worker-\(household.lastNumber + 1)"
        let plan = Load.Plan(jobs: jobs, window: jobs, probe: Probe(gate: gate, exempt: [second]))
        try await live(under: plan) { [self] load in
            try await waitFor(jobs, "started", by: first) { if case .started = $0 { true } else { false } }
            try absent(first)
            report.count("worker away")
            try crew.start(1, others ?? terms)
            while load.counts.told < jobs { try await clock.sleep(for: .milliseconds(20)) }
            // Its handlers return while it is away or in the moment it is back.
            guard FileManager.default.createFile(atPath: gate, contents: nil) else {
                throw Skipped(description: "\(gate) cannot be written.")
            }
            try back(first)
            try await waitFor(jobs, "ended", by: first) { if case .ended = $0 { true } else { false } }
            // It has told the server what is left to tell when it takes jobs again.
            try await waitForRefusals(of: first)
        }
        let events = try events(of: first)
        let applied = events.count { if case .settled(_, _, _, true) = $0.kind { true } else { false } }
        let refused = events.count { if case .settled(_, _, _, false) = $0.kind { true } else { false } }
        report.note("settlements refused", Double(refused), "settlements")
        report.note("runs cancelled before", Double(jobs - refused), "runs")
        report.require(applied == 0, "\(applied) settlements of the worker that was away were applied.")
        report.require(refused > 0, "The worker that was away settled nothing, so nothing was refused.")
    }

    /// Waits until a worker has recorded so many events of a kind.
    private func waitFor(
        _ count: Int,
        _ what: String,
        by member: Crew.Member,
        _ matches: (HistoryEvent.Kind) -> Bool
    ) async throws {
        while try events(of: member).count(where: { matches($0.kind) }) < count {
            try await clock.sleep(for: .milliseconds(50))
        }
    }

    /// Waits until a worker has had an answer to all that it has settled.
    private func waitForRefusals(of member: Crew.Member) async throws {
        while true {
            let events = try events(of: member)
            let asked = events.count { if case .settling = $0.kind { true } else { false } }
            let answered = events.count { if case .settled = $0.kind { true } else { false } }
            if asked == answered, asked > 0 { return }
            try await clock.sleep(for: .milliseconds(50))
        }
    }

    /// Whether a worker has begun a job.
    func hasStarted(_ member: Crew.Member) throws -> Bool {
        try events(of: member).contains { if case .started = $0.kind { true } else { false } }
    }

    private func events(of member: Crew.Member) throws -> [HistoryEvent] {
        guard FileManager.default.fileExists(atPath: member.events) else { return [] }
        return try History(jsonLines: String(contentsOfFile: member.events, encoding: .utf8)).events
    }
}
