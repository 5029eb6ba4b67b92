//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft
internal import LineshaftRedis
internal import LineshaftTesting

extension Stage {
    /// What may be otherwise than promised, because the server itself has forgotten.
    struct Leniency: Sendable {
        /// The times of which the server may remember nothing, by uptime.
        var forgotten: [ClosedRange<Duration>] = []
        /// Whether it may have forgotten also what it had acknowledged.
        var excusesLoss = true
        /// How many deliveries may come without the record of their ends.
        var poisonLimit = 5
        /// The limits that held all the time.
        var limits = QueueLimits.none
    }

    /// Reads all outcomes back, and checks the record of what happened.
    ///
    /// - Parameters:
    ///   - limit: How long it may take until a killed worker's jobs are with another one.
    ///   - leniency: What may be otherwise than promised.
    /// - Returns: The record, with what was seen in the end.
    /// - Throws: When outcomes or records cannot be read.
    @discardableResult
    func judge(recoveringWithin limit: Duration? = nil, _ leniency: Leniency = Leniency()) async throws -> History {
        try await waitUntilIdle()
        noteCasualties()
        let progress = progress
        for problem in progress.problems.prefix(3) { report.violation(problem) }
        let outcomes = try await readBack(progress.accepted)
        let history = try history()
        let excused = jobs(of: history, in: leniency.forgotten)
        judgeOutcomes(outcomes, progress, excused: excused, excusesLoss: leniency.excusesLoss)
        for id in progress.accepted where outcomes[id] == nil && !(leniency.excusesLoss && excused.contains(id)) {
            let story = history.events.filter { event in
                if case .note = event.kind { return true }
                return event.kind.job == id
            }
            report.remark("What is known of a job that was lost:\n\(History(story))")
            break
        }
        let checker = HistoryChecker(
            poisonLimit: leniency.poisonLimit,
            tolerance: .milliseconds(5),
            limits: leniency.limits == .none ? [:] : [.default: leniency.limits],
            resends: true
        )
        let violations = checker.violations(in: history).filter { !excused.contains($0.job) }
        for violation in violations.prefix(5) {
            let events = violation.events.map { "  \(history.events[$0])" }.joined(separator: "\n")
            report.violation("\(violation)\n\(events)")
        }
        if violations.count > 5 { report.violation("… and \(violations.count - 5) more") }
        let deliveries = Deliveries(history)
        report.note("accepted", Double(progress.accepted.count), "jobs")
        report.note("run again", Double(deliveries.runAgain), "jobs")
        report.note("slowest start", deliveries.slowestStart.seconds, "s")
        report.note("events", Double(history.events.count), "events")
        if let limit { judgeRecovery(deliveries, within: limit) }
        return history
    }

    /// Reads outcomes from the server, and records that they were seen.
    private func readBack(_ ids: [JobID]) async throws -> [JobID: OutcomeRecord] {
        let store = RecordingResultStore(try control, recorder: recorder, process: "auditor")
        var outcomes: [JobID: OutcomeRecord] = [:]
        for start in stride(from: 0, to: ids.count, by: 5_000) {
            let part = Array(ids[start..<min(start + 5_000, ids.count)])
            outcomes.merge(try await store.outcomes(of: part)) { first, _ in first }
        }
        return outcomes
    }

    /// Jobs about which something was said in times of which the server may remember nothing.
    private func jobs(of history: History, in forgotten: [ClosedRange<Duration>]) -> Set<JobID> {
        if forgotten.isEmpty { return [] }
        return Set(
            history.events.compactMap { event in
                forgotten.contains { $0.contains(.nanoseconds(event.steady)) } ? event.kind.job : nil
            }
        )
    }

    private func judgeOutcomes(
        _ outcomes: [JobID: OutcomeRecord],
        _ progress: Load.Progress,
        excused: Set<JobID>,
        excusesLoss: Bool
    ) {
        let missing = progress.accepted.filter { outcomes[$0] == nil }
        let unexcused = missing.filter { !(excusesLoss && excused.contains($0)) }
        report.note("lost", Double(missing.count { !progress.told.contains($0) }), "jobs")
        if !excused.isEmpty {
            report.note("forgotten after their end", Double(missing.count(where: progress.told.contains)), "jobs")
        }
        report.require(
            unexcused.isEmpty,
            "\(unexcused.count.grouped) of \(progress.accepted.count.grouped) acknowledged jobs have no outcome, such as "
                + "\(unexcused.first?.description ?? "")"
        )
        let vanished = progress.vanished.filter { !excused.contains($0) }
        report.require(vanished.isEmpty, "Submitters of \(vanished.count.grouped) jobs were told that there is none.")
        let untold = progress.accepted.filter { outcomes[$0] != nil && !progress.told.contains($0) }
            .filter { !excused.contains($0) }
        report.require(untold.isEmpty, "The submitters of \(untold.count.grouped) jobs were never told how they ended.")
        let failed = outcomes.values.filter { record in
            if case .succeeded = record.outcome { return false }
            return true
        }
        let unexpected = failed.filter { !excused.contains($0.id) }
        report.require(
            unexpected.isEmpty,
            "\(unexpected.count.grouped) jobs did not succeed, such as \(unexpected.first.map { "\($0)" } ?? "")"
        )
    }

    private func judgeRecovery(_ deliveries: Deliveries, within limit: Duration) {
        guard let slowest = deliveries.recoveries.max() else { return }
        let sorted = deliveries.recoveries.sorted()
        report.note("recovery p50", sorted[sorted.count / 2].seconds, "s")
        report.note("recovery max", slowest.seconds, "s")
        report.note("recovered", Double(sorted.count), "jobs")
        report.note("most run again after one kill", Double(deliveries.mostAgainAfterOneDeath), "jobs")
        report.require(
            slowest <= limit,
            "A killed worker's job was with another one after \(slowest.text) only; it must be within \(limit.text)."
        )
        report.require(
            deliveries.unexplained.isEmpty,
            "\(deliveries.unexplained.count) jobs ran again although no worker died on them, such as "
                + "\(deliveries.unexplained.first?.description ?? "")"
        )
    }
}

extension HistoryEvent.Kind {
    /// The job that it is about, if it is about one.
    var job: JobID? {
        switch self {
        case .submitting(_, let submitted): submitted.job
        case .delivered(_, let delivered): delivered.job
        case .accepted(_, let job), .declined(_, let job, _), .started(let job, _), .ended(let job, _, _),
            .settling(_, let job, _, _), .settled(_, let job, _, _), .extended(_, let job, _, _),
            .cancelling(_, let job), .cancelled(_, let job, _), .outcome(let job, _), .storing(let job, _),
            .deleting(let job), .reviving(let job), .revived(let job):
            job
        case .claiming, .extending, .processStarted, .processDied, .note: nil
        }
    }
}
