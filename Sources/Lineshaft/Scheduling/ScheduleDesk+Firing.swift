//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension ScheduleDesk {
    /// How submitting firings ended.
    struct Firings {
        /// The record without them.
        let record: ScheduleRecord
        /// The last job or workflow that was submitted.
        var last: JobID?
        /// Why the last one that was refused was.
        var refusal: (any Error)?
    }

    /// Whether what a tick submitted waits or runs.
    func isAlive(_ last: ScheduleRecord.Last) async throws -> Bool {
        guard let queue = last.queue else {
            guard let summary = try await jobs.workflowStore.summary(of: last.job) else { return false }
            return summary.end == nil
        }
        if try await jobs.results.outcomes(of: [last.job])[last.job] != nil { return false }
        switch try await jobs.inspector.find(last.job, in: queue)?.state {
        case .scheduled, .ready, .running: return true
        case .dead, .ended, nil: return false
        }
    }

    /// Submits firings in order.
    ///
    /// - Parameters:
    ///   - firings: What is pending.
    ///   - sheet: The record that they are in.
    /// - Returns: The record without them, and what became of them.
    /// - Throws: ``BrokerError`` when it is worth trying again; they are then still pending.
    func submit(_ firings: [ScheduleRecord.Firing], of sheet: Sheet) async throws -> Firings {
        var last: ScheduleRecord.Last?
        var problem: String?
        var job: JobID?
        var refusal: (any Error)?
        for firing in firings {
            do {
                if let replaced = firing.replaced { try await cancel(replaced) }
                let id = try await submit(firing, of: sheet)
                job = id
                // What somebody asks for by hand stands beside the ticks, and is nothing that they wait for.
                guard !firing.isManual else { continue }
                let work = sheet.record.definition.work
                last = ScheduleRecord.Last(tick: firing.tick, job: id, queue: work.isWorkflow ? nil : work.queue)
            } catch let error as BrokerError where Self.isPassing(error) {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch {
                // It would be refused again and again, and keep all later ticks from firing.
                refusal = error
                problem = "The firing of \(firing.tick) was refused: \(error)"
                jobs.configuration.logger.error(
                    "What a schedule submits was refused, and the tick is left out",
                    metadata: ["schedule": "\(sheet.record.id)", "tick": "\(firing.tick)", "error": "\(error)"]
                )
            }
        }
        var record = sheet.record
        record.complete(last: last, problem: problem)
        return Firings(record: record, last: job, refusal: refusal)
    }

    private func cancel(_ last: ScheduleRecord.Last) async throws {
        guard let queue = last.queue else {
            // One that is not kept any more needs no cancelling.
            let asked = jobs.clock.now
            if let step = try await jobs.workflowStore.cancel(last.job) {
                try await jobs.perform(step, of: last.job, since: asked)
            }
            return
        }
        try await jobs.cancel(last.job, in: queue)
    }

    private func submit(_ firing: ScheduleRecord.Firing, of sheet: Sheet) async throws -> JobID {
        let record = sheet.record
        let id = record.jobID(of: firing)
        let tick = ScheduleTick(schedule: record.id, time: firing.tick)
        switch record.definition.work.kind {
        case .job(let template):
            let fence = record.fence(of: firing)
            let draft = template.draft(id: id, at: sheet.time, headers: tick.headers)
            let receipts = try await jobs.enqueue([draft]) { [jobs, store] drafts in
                var receipts: [Receipt] = []
                for draft in drafts {
                    receipts.append(
                        try await jobs.send(draft) { (submission) async throws(BrokerError) in
                            try await store.submit(submission, under: fence)
                        }
                    )
                }
                return receipts
            }
            guard case .duplicate(let original) = receipts.first else { return id }
            return original
        case .workflow(let workflow):
            let retention = jobs.configuration.resultRetention
            guard let plan = workflow.plan(id: id, headers: tick.headers, retention: retention) else {
                throw BrokerError(
                    code: .corrupt,
                    message: "The workflow of the schedule “\(record.id)” cannot be read. Add the schedule again."
                )
            }
            try await submit(plan, of: sheet)
            return id
        }
    }

    /// Begins a workflow, once.
    ///
    /// When the record was read, or written by this process after that, the firing was still pending. So if somebody has begun the workflow,
    /// the store remembers it at least until an hour after the record says that it was submitted; and this process does not
    /// begin it when that much time may have passed.
    private func submit(_ plan: WorkflowPlan, of sheet: Sheet) async throws {
        let deadline = sheet.time + ScheduleMachine.haste
        let isBegun = try await jobs.submit(plan) { [store] (head) async throws(BrokerError) in
            try await store.create(head, before: deadline)
        }
        if isBegun { return }
        throw BrokerError(
            code: .unavailable,
            message: "A workflow of the schedule “\(sheet.record.id)” was to be begun, and it took more than "
                + "\(ScheduleMachine.haste) to get there. It is tried again."
        )
    }

    /// Lets the store forget in time that workflows were begun, now that the record says so.
    func confirm(_ firings: [ScheduleRecord.Firing], of sheet: Sheet) async {
        guard sheet.record.definition.work.isWorkflow else { return }
        for firing in firings {
            do throws(BrokerError) {
                try await store.confirm(sheet.record.jobID(of: firing))
            } catch {
                jobs.configuration.logger.debug(
                    "A schedule's workflow is remembered for longer than needed",
                    metadata: ["schedule": "\(sheet.record.id)", "error": "\(error)"]
                )
            }
        }
    }

    /// Whether a failure may go away by itself.
    private static func isPassing(_ error: BrokerError) -> Bool {
        [.unavailable, .queueFull, .cancelled, .closed].contains(error.code)
    }
}
