//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a broker knows of one job at one moment.
public struct JobSnapshot: Sendable, Hashable, Identifiable {
    /// Why a job waits for its time.
    ///
    /// More may come, so a switch outside this package keeps an `@unknown default`.
    @nonexhaustive
    public enum Wait: Sendable, Hashable {
        /// It was submitted for later.
        case delayed
        /// Its last attempt failed.
        case retrying
        /// Its handler put it off.
        case snoozed
        /// A worker that does not know its name gave it back.
        case parked
        /// Several workers have died on it, or on another job beside it.
        case suspected
    }

    /// The job as it was submitted.
    public let envelope: Envelope
    /// Where it is.
    public let state: JobState
    /// How many attempts have failed.
    public let failedAttempts: Int
    /// How many times it was given to a worker.
    public let deliveries: Int
    /// How many times its lease ran out.
    public let lostLeases: Int
    /// When it falls due and why it waits, for a scheduled job.
    public let due: Timestamp?
    /// Why it waits, for a scheduled job.
    public let wait: Wait?
    /// How many jobs go before it, for a ready job; `nil` where counting them would be too slow.
    public let ahead: Int?
    /// Which of its queue's parts keeps it back, for a ready job; `nil` when none does.
    public let hold: LimitHold?
    /// Who runs it, for a running job.
    public let worker: WorkerID?
    /// Since when it has been running, for a running job.
    public let runningSince: Timestamp?
    /// Whether somebody has cancelled it while it was running.
    public let isCancelRequested: Bool
    /// How it ended, for a job that has ended and whose outcome has not reached a store yet.
    public let outcome: OutcomeRecord?
    /// Its last failures, oldest first, at most ten.
    public let failures: [JobFailure]

    /// The job.
    public var id: JobID { envelope.id }

    /// Creates a snapshot.
    public init(
        envelope: Envelope,
        state: JobState,
        failedAttempts: Int = 0,
        deliveries: Int = 0,
        lostLeases: Int = 0,
        due: Timestamp? = nil,
        wait: Wait? = nil,
        ahead: Int? = nil,
        hold: LimitHold? = nil,
        worker: WorkerID? = nil,
        runningSince: Timestamp? = nil,
        isCancelRequested: Bool = false,
        outcome: OutcomeRecord? = nil,
        failures: [JobFailure] = []
    ) {
        self.envelope = envelope
        self.state = state
        self.failedAttempts = failedAttempts
        self.deliveries = deliveries
        self.lostLeases = lostLeases
        self.due = due
        self.wait = wait
        self.ahead = ahead
        self.hold = hold
        self.worker = worker
        self.runningSince = runningSince
        self.isCancelRequested = isCancelRequested
        self.outcome = outcome
        self.failures = failures
    }
}
