//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Where a job is.
///
/// More may come, so a switch outside this package keeps an `@unknown default`.
@nonexhaustive
public enum JobStatus: Sendable, Hashable {
    /// It waits for its time.
    case scheduled(until: Timestamp)
    /// It waits for a worker.
    case ready
    /// A worker runs it.
    case running(since: Timestamp?, worker: WorkerID?)
    /// It is done.
    case succeeded
    /// It failed for good; the failure is its last.
    case failed(JobFailure)
    /// Somebody cancelled it.
    case cancelled
    /// It was not started before its expiry.
    case expired

    /// Whether this is an end.
    public var isFinished: Bool {
        switch self {
        case .scheduled, .ready, .running: false
        case .succeeded, .failed, .cancelled, .expired: true
        }
    }
}

extension JobStatus {
    /// The status of a job that ended so.
    init(_ outcome: Outcome) {
        switch outcome {
        case .succeeded: self = .succeeded
        case .failed(let failure): self = .failed(failure)
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        }
    }
}

extension JobSystem {
    /// Where a job is now.
    ///
    /// - Parameter id: The job.
    /// - Returns: Its status.
    /// - Throws: ``JobError`` with the code `notFound` when there is no such job or its outcome is no longer kept;
    ///   ``BrokerError`` when the broker cannot be reached.
    public func status(of id: JobID) async throws -> JobStatus {
        switch try await locate(id) {
        case .ended(let record): JobStatus(record.outcome)
        case .open(let job):
            switch job.state {
            case .scheduled: .scheduled(until: job.due ?? job.envelope.submitted)
            case .ready: .ready
            case .running: .running(since: job.runningSince, worker: job.worker)
            case .dead: .failed(job.lastFailure)
            case .ended: throw notFound(id)
            }
        }
    }

    /// Cancels a job wherever it is.
    ///
    /// - Parameter id: The job.
    /// - Returns: What happened.
    /// - Throws: ``BrokerError`` when the broker cannot be reached or cannot cancel.
    @discardableResult
    public func cancel(_ id: JobID) async throws -> CancellationResult {
        try require(.cancellation, to: "cancel the job \(id)", "cancellation")
        let job = isFollowedUp ? try await broker.inspector?.find(id) : nil
        let result = try await broker.cancel([id]).first ?? .notFound
        try await followUp(result, of: id, job, in: job?.envelope.queue)
        return result
    }

    /// Cancels a job that is in a queue.
    func cancel(_ id: JobID, in queue: QueueName) async throws {
        try require(.cancellation, to: "cancel the job \(id)", "cancellation")
        let job = isFollowedUp ? try await broker.inspector?.find(id, in: queue) : nil
        let result = try await broker.cancel([id], in: queue).first ?? .notFound
        try await followUp(result, of: id, job, in: queue)
    }

    /// Whether a cancellation has consequences that depend on what the job was.
    ///
    /// What it has started is known by what it is a part of, which nobody may know afterwards.
    private var isFollowedUp: Bool { storesResultsApart || broker.workflows != nil }

    /// Cancels what a cancelled job has started, and stores its outcome where that is a step of its own.
    private func followUp(
        _ result: CancellationResult,
        of id: JobID,
        _ job: JobSnapshot?,
        in queue: QueueName?
    ) async throws {
        if broker.workflows != nil, try await isCancelled(result, id) {
            let owner = if let job { try await owner(of: job.envelope) } else { WorkflowOwner.job(id) }
            if let owner { try await cancelChildren(of: owner) }
        }
        if let queue, storesResultsApart, result == .cancelled { await storeEndingsNow(of: [queue]) }
    }

    /// Whether a job has been or is being cancelled, now or by a call before that may have been broken off.
    private func isCancelled(_ result: CancellationResult, _ id: JobID) async throws(BrokerError) -> Bool {
        switch result {
        case .cancelled, .requested: return true
        case .notFound: return false
        case .alreadyFinished: return try await results.outcomes(of: [id])[id]?.outcome == .cancelled
        }
    }

    package enum Location: Sendable {
        case open(JobSnapshot)
        case ended(OutcomeRecord)
    }

    /// Finds a job, before or after its end.
    package func locate(_ id: JobID) async throws -> Location {
        if let record = try await results.outcomes(of: [id])[id] { return .ended(record) }
        if let job = try await broker.inspector?.find(id) { return job.outcome.map(Location.ended) ?? .open(job) }
        // It may have ended between the two questions.
        if let record = try await results.outcomes(of: [id])[id] { return .ended(record) }
        // Whoever cannot look for jobs cannot say that there is none.
        _ = try inspector
        throw notFound(id)
    }

    package func notFound(_ id: JobID) -> JobError {
        let age = id.submissionTime.map { " It would have been submitted at \($0)." } ?? ""
        return JobError(
            code: .notFound,
            message: "There is no job \(id), or its outcome is no longer kept.\(age) Outcomes are kept for "
                + "\(configuration.resultRetention) after the end unless the job says otherwise; "
                + "submit it with a longer `retention`, or await it earlier.",
            id: id
        )
    }
}

extension JobSnapshot {
    /// The failure that made this job a dead letter.
    package var lastFailure: JobFailure {
        failures.last
            ?? JobFailure(
                code: .failed,
                message: "The job is among the dead letters of “\(envelope.queue)”; its failure was not recorded.",
                type: "",
                attempt: failedAttempts,
                time: envelope.submitted
            )
    }
}

extension OutcomeRecord {
    /// The outcome of a dead letter, from what the broker keeps of it.
    package init(deadLetter job: JobSnapshot) {
        self.init(
            id: job.id,
            outcome: .failed(job.lastFailure),
            attempts: job.failedAttempts,
            finished: job.lastFailure.time,
            retention: .zero
        )
    }
}
