//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

/// One submitted job, from the submitter's side.
///
/// Copies are the same job; letting go of a handle changes nothing for it.
public struct JobHandle<Output: Codable & Sendable>: Sendable, Identifiable {
    /// The job's identity.
    ///
    /// Another process gets a handle from it with ``JobSystem/handle(for:returning:)``.
    public let id: JobID
    /// Whether the submission was a duplicate, so that this is the job that was there before.
    public let isDuplicate: Bool

    package let system: JobSystem
    private let claim: TicketClaim
    /// Whether the broker pushes the outcome here without being asked.
    private let isPushed: Bool
    /// When, and in which queue, the job may end without a worker.
    private let lapses: SubmissionPlan.Lapse?

    package init(
        system: JobSystem,
        claim: TicketClaim,
        isDuplicate: Bool,
        isPushed: Bool,
        lapses: SubmissionPlan.Lapse? = nil
    ) {
        self.id = claim.id
        self.system = system
        self.claim = claim
        self.isDuplicate = isDuplicate
        self.isPushed = isPushed
        self.lapses = lapses
    }

    /// What the job's handler returned.
    ///
    /// Suspends until the job has ended; the outcome is pushed, not polled. Any number of tasks may wait, and once it is there
    /// the value is at hand as long as the handle lives.
    ///
    /// Cancelling the waiting task ends the wait, not the job.
    ///
    /// - Throws: ``JobError`` whose code says how the job ended, if it did not succeed, or that the output is not an `Output`;
    ///   and what ``outcome`` throws.
    public var value: Output {
        get async throws {
            try decode(try await outcome)
        }
    }

    /// How the job ended, as it is stored.
    ///
    /// Suspends until it has.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled; ``JobError`` with the code `notFound` when there is no
    ///   such job or its outcome is no longer kept; ``BrokerError`` when the system is shut down or unreachable.
    public var outcome: OutcomeRecord {
        get async throws {
            if !isPushed && !claim.ticket.isFinished { try await system.watch(id) }
            guard let lapses, !claim.ticket.isFinished else { return try await claim.ticket.outcome() }
            return try await outcome(lapsing: lapses)
        }
    }

    /// Where the job is now.
    ///
    /// - Throws: ``JobError`` with the code `notFound` when there is no such job or its outcome is no longer kept;
    ///   ``BrokerError`` when the broker cannot be reached.
    public var status: JobStatus {
        get async throws {
            try await system.status(of: id)
        }
    }

    /// How far the job says it has come: the latest report, then each new one, until the job has ended.
    ///
    /// A slow reader gets the newest report and misses the ones between.
    public var progress: JobProgressSequence {
        JobProgressSequence(claim: claim, system: system)
    }

    /// Cancels the job.
    ///
    /// A waiting job ends at once; a running one gets Swift's own task cancellation, on whatever host it runs, and ends
    /// when its handler has stopped.
    ///
    /// - Returns: What happened.
    /// - Throws: ``BrokerError`` when the broker cannot be reached or cannot cancel.
    @discardableResult
    public func cancel() async throws -> CancellationResult {
        try await system.cancel(id)
    }

    /// The output of an outcome, or the error that it stands for.
    private func decode(_ record: OutcomeRecord) throws -> Output {
        switch record.outcome {
        case .succeeded(let output):
            if let nothing = NoValue() as? Output { return nothing }
            do {
                return try system.configuration.codec.decode(Output.self, from: output)
            } catch {
                throw JobError(
                    code: .undecodableOutput,
                    message: "The output of job \(id) (\(output.count) bytes) is not a \(Output.self): \(error). "
                        + "Handle and handler must agree on the job's `Output`.",
                    id: id,
                    cause: error
                )
            }
        case .failed(let failure):
            throw JobError(
                code: failure.code,
                message: "Job \(id) failed after \(record.attempts) attempt(s): \(failure.message)",
                id: id,
                failure: failure
            )
        case .cancelled:
            throw JobError(code: .cancelled, message: "Job \(id) was cancelled.", id: id)
        case .expired:
            throw JobError(
                code: .expired,
                message: "Job \(id) was not started before its expiry. Give it a later one, or its queue more workers.",
                id: id
            )
        }
    }

    /// Waits, and at the time when the job may end without a worker, makes the broker look.
    private func outcome(lapsing lapse: SubmissionPlan.Lapse) async throws -> OutcomeRecord {
        try await withThrowingTaskGroup(of: OutcomeRecord?.self) { group in
            group.addTask { try await claim.ticket.outcome() }
            group.addTask {
                try await system.clock.sleep(for: system.clock.now.duration(to: lapse.time))
                // The broker's clock may be behind, so look again while it still keeps the job waiting.
                while let job = try await system.broker.inspector?.find(id),
                    job.state == .ready || job.state == .scheduled
                {
                    try await system.clock.sleep(for: .seconds(1))
                }
                if system.storesResultsApart { try await system.storeEndings(of: [lapse.queue]) }
                return nil
            }
            while let result = try await group.next() {
                guard let record = result else { continue }
                group.cancelAll()
                return record
            }
            throw CancellationError()
        }
    }
}

extension JobSystem {
    /// Asks for a job's outcome to be delivered to the inbox.
    ///
    /// - Parameter id: The job.
    /// - Returns: Whether it was there already and has been delivered.
    /// - Throws: ``JobError`` with the code `notFound` when there is nothing to wait for; ``BrokerError``.
    @discardableResult
    func watch(_ id: JobID) async throws -> Bool {
        try await unwatchAbandoned()
        let job = try await broker.inspector?.find(id)
        if let record = job?.outcome {
            // The store may know another one by now, which then is the one.
            let stored = try await results.outcomes(of: [id])[id]
            inbox.deliver([.finished(stored ?? record)])
            return true
        }
        // A job that nobody knows is not watched, for nothing would ever end that.
        if broker.inspector == nil || job.map({ $0.state != .dead }) ?? false {
            inbox.noteWatched(id)
            guard let record = try await results.watch([id], for: inbox.client)[id] else { return false }
            inbox.deliver([.finished(record)])
            return true
        }
        // It may have ended between the two questions; and a dead letter may outlive its outcome.
        guard let record = try await results.outcomes(of: [id])[id] ?? job.map(OutcomeRecord.init(deadLetter:)) else {
            throw notFound(id)
        }
        inbox.deliver([.finished(record)])
        return true
    }

    /// Tells the store which jobs nobody here asks for any more.
    ///
    /// A handle goes away where nothing can be awaited, so this is done before the next job is watched.
    private func unwatchAbandoned() async throws(BrokerError) {
        let ids = inbox.takeAbandoned()
        if ids.isEmpty { return }
        do {
            try await results.unwatch(ids, for: inbox.client)
        } catch {
            configuration.logger.debug("Jobs are still watched that nobody asks for", metadata: ["error": "\(error)"])
        }
        // Somebody may have begun to watch one of them again meanwhile, which this may have undone.
        let again = inbox.watched(among: ids)
        if again.isEmpty { return }
        let records = try await results.watch(again, for: inbox.client)
        inbox.deliver(again.compactMap { id in records[id].map(ResultEvent.finished) })
    }

    /// A handle to a job that was submitted elsewhere, or earlier.
    ///
    /// Nothing is asked yet: that there is no such job shows when the handle is used.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - output: What its handler returns.
    /// - Returns: A handle.
    public func handle<Output: Codable & Sendable>(
        for id: JobID,
        returning output: Output.Type = NoValue.self
    ) -> JobHandle<Output> {
        JobHandle(system: self, claim: inbox.claim(id), isDuplicate: false, isPushed: false)
    }

    /// A handle to a job of a known type that was submitted elsewhere, or earlier.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - id: The job.
    /// - Returns: A handle.
    public func handle<J: Job>(for type: J.Type, id: JobID) -> JobHandle<J.Output> {
        handle(for: id, returning: J.Output.self)
    }
}
