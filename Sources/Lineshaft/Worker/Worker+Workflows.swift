//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// Tells workflows how their jobs ended, and does what follows, before the jobs are settled.
    ///
    /// The order matters: a worker that dies in between leaves an unsettled job whose outcome is known. The next worker
    /// finds it, does not run the job again, and repeats the rest, which is the same as doing it once.
    ///
    /// - Parameter items: What is to be settled.
    /// - Returns: The same, jobs of workflows with the outcome that their workflow knows of.
    /// - Throws: ``BrokerError`` when an unknown part was done; nothing is lost, and it can be repeated.
    func tellWorkflows(_ items: [SettlementBox.Item]) async throws(BrokerError) -> [SettlementBox.Item] {
        var places: [JobID: [(index: Int, end: WorkflowNodeEnd)]] = [:]
        var ids: [JobID] = []
        for (index, item) in items.enumerated() {
            guard item.delivery.envelope.isPartOfWorkflow, let reference = item.delivery.envelope.details.workflow,
                let outcome = item.settlement.disposition.outcome
            else { continue }
            if places[reference.id] == nil { ids.append(reference.id) }
            places[reference.id, default: []].append((index, WorkflowNodeEnd(reference: reference, outcome: outcome)))
        }
        var items = items
        for (id, outcomes) in try await tell(ids.map { ($0, places[$0]?.map(\.end) ?? []) }) {
            let ended = places[id] ?? []
            guard let outcomes else {
                // It is told again then; what it knows of these ends already is not done twice.
                for place in ended {
                    items[place.index] = items[place.index].settled(as: .snoozed(for: Self.refusalPause))
                }
                continue
            }
            for (place, outcome) in zip(ended, outcomes) {
                items[place.index] = items[place.index].settled(as: Settlement.Disposition(outcome.withoutOutput))
            }
        }
        return items
    }

    /// How long jobs are put off whose workflow cannot be told how they ended.
    private static let refusalPause = Duration.seconds(30)

    /// Tells workflows of jobs that the broker has ended by itself.
    ///
    /// - Returns: Those that need not be told again.
    func tellWorkflows(_ endings: [Ending]) async throws(BrokerError) -> [Ending] {
        let jobs = jobs
        return try await uncancelled { (_) throws(BrokerError) in try await jobs.tellWorkflows(endings) }
    }

    /// How many workflows are told at once.
    private static let tellingLimit = 32

    /// Tells several workflows at once, so that they share what a call costs.
    ///
    /// - Returns: For each, the outcomes that count; `nil` when it cannot be told.
    private func tell(
        _ ended: [(id: JobID, ends: [WorkflowNodeEnd])]
    ) async throws(BrokerError) -> [(JobID, [Outcome]?)] {
        if ended.count <= 1 {
            guard let only = ended.first else { return [] }
            return [(only.id, try await tell(only.ends, of: only.id))]
        }
        let told = await withTaskGroup(of: (JobID, Result<[Outcome]?, BrokerError>).self) { group in
            var told: [(JobID, Result<[Outcome]?, BrokerError>)] = []
            for (index, entry) in ended.enumerated() {
                if index >= Self.tellingLimit, let next = await group.next() { told.append(next) }
                group.addTask {
                    do throws(BrokerError) {
                        return (entry.id, .success(try await self.tell(entry.ends, of: entry.id)))
                    } catch {
                        return (entry.id, .failure(error))
                    }
                }
            }
            for await next in group { told.append(next) }
            return told
        }
        var outcomes: [(JobID, [Outcome]?)] = []
        for (id, result) in told { outcomes.append((id, try result.get())) }
        return outcomes
    }

    /// - Returns: The outcomes that count; `nil` when the workflow cannot be told.
    private func tell(_ ends: [WorkflowNodeEnd], of id: JobID) async throws(BrokerError) -> [Outcome]? {
        let jobs = jobs
        do {
            return try await uncancelled { (_) throws(BrokerError) in try await jobs.end(ends, of: id) }
        } catch {
            if error.isPassing { throw error }
            // Trying again at once would keep this worker from everything else.
            logger.error(
                "A workflow could not be told how its jobs ended; they are put off, and it is told later",
                metadata: ["workflow": "\(id)", "jobs": "\(ends.count)", "error": "\(error)"]
            )
            return nil
        }
    }
}

extension JobSystem {
    /// Tells workflows of jobs that the broker has ended by itself, and does what follows.
    ///
    /// - Parameter endings: What the broker gave; endings of other jobs are left alone.
    /// - Returns: Those that need not be told again: the broker keeps the others.
    /// - Throws: ``BrokerError`` when an unknown part was done.
    func tellWorkflows(_ endings: [Ending]) async throws(BrokerError) -> [Ending] {
        var told: [Ending] = []
        for ending in endings {
            guard let reference = ending.workflow else {
                told.append(ending)
                continue
            }
            do {
                let outcome = ending.record.outcome.withoutOutput
                _ = try await end([WorkflowNodeEnd(reference: reference, outcome: outcome)], of: reference.id)
                told.append(ending)
            } catch  where !error.isPassing {
                configuration.logger.error(
                    "A workflow could not be told that a job of it has ended; it is told later",
                    metadata: ["workflow": "\(reference.id)", "job": "\(reference.job)", "error": "\(error)"]
                )
            }
        }
        return told
    }
}

extension BrokerError {
    /// Whether the same call may succeed later, here or elsewhere.
    var isPassing: Bool { code == .unavailable || code == .closed || code == .cancelled }
}

extension Outcome {
    /// The outcome without what the handler returned: a workflow keeps the outputs of its jobs itself.
    fileprivate var withoutOutput: Outcome { isSuccess ? .succeeded([]) : self }
}
