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
        for id in ids {
            let ended = places[id] ?? []
            guard let outcomes = try await tell(ended.map(\.end), of: id) else { continue }
            for (place, outcome) in zip(ended, outcomes) {
                items[place.index] = items[place.index].settled(as: Settlement.Disposition(outcome.withoutOutput))
            }
        }
        return items
    }

    /// Tells workflows of jobs that the broker has ended by itself.
    func tellWorkflows(_ endings: [Ending]) async throws(BrokerError) {
        let jobs = jobs
        try await uncancelled { (_) throws(BrokerError) in try await jobs.tellWorkflows(endings) }
    }

    /// - Returns: The outcomes that count; `nil` when the workflow cannot be told.
    private func tell(_ ends: [WorkflowNodeEnd], of id: JobID) async throws(BrokerError) -> [Outcome]? {
        let jobs = jobs
        do {
            return try await uncancelled { (_) throws(BrokerError) in try await jobs.end(ends, of: id) }
        } catch {
            if error.isPassing { throw error }
            // Trying again would keep this worker from everything else.
            logger.error(
                "A workflow could not be told how its jobs ended; it will not go on by itself",
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
    /// - Throws: ``BrokerError`` when an unknown part was done.
    func tellWorkflows(_ endings: [Ending]) async throws(BrokerError) {
        for ending in endings {
            guard let reference = ending.workflow else { continue }
            do {
                _ = try await end(
                    [WorkflowNodeEnd(reference: reference, outcome: ending.record.outcome.withoutOutput)],
                    of: reference.id
                )
            } catch  where !error.isPassing {
                configuration.logger.error(
                    "A workflow could not be told that a job of it has ended; it will not go on by itself",
                    metadata: ["workflow": "\(reference.id)", "job": "\(reference.job)", "error": "\(error)"]
                )
            }
        }
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
