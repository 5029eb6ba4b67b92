//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// One of the promises that a ``HistoryChecker`` holds a history to.
public enum HistoryRule: String, Sendable, Hashable, CaseIterable {
    /// Every job that was accepted has an outcome by the end.
    case acceptedIsKept
    /// All who saw a job's outcome saw the same, and it is the one that was settled.
    case oneOutcome
    /// An outcome is one that was settled, asked for (cancelled), or due (expired).
    case outcomeHasCause
    /// No settlement is applied once a newer lease has been given.
    case noStaleSettlement
    /// A job's fencing tokens and delivery numbers grow with each delivery.
    case tokensGrow
    /// Attempts are counted rightly, and are not more than the job's policy allows.
    case attemptsBounded
    /// A job is delivered again only after a retry, a return or a lost lease, and leases are not lost too often.
    case deliveriesBounded
    /// A job is not delivered while an earlier lease on it is held.
    case leaseExcludes
    /// A handler is started only for a delivery.
    case startHasLease
    /// No handler is started once the outcome can be seen, except under a lease that had not run out.
    case noRunAfterOutcome
    /// A job that was cancelled before it was delivered never runs.
    case cancelledNeverRuns
    /// A job is not started for the first time after its expiry.
    case expiredNeverStarts
    /// A job is not delivered before its time.
    case notBeforeStart
    /// Of two jobs with one unique key, the second is not accepted while the first goes on.
    case uniqueExcludes
    /// No more jobs of a limited queue are leased at once, or begun in a time, than its limits allow.
    case limitsHold
}

/// A breach of a promise.
public struct HistoryViolation: Sendable, Hashable, CustomStringConvertible {
    /// The promise.
    public let rule: HistoryRule
    /// The job.
    public let job: JobID
    /// What happened that must not.
    public let message: String
    /// The events that show it, as positions in the history.
    public let events: [Int]

    /// Creates a violation.
    public init(rule: HistoryRule, job: JobID, message: String, events: [Int]) {
        self.rule = rule
        self.job = job
        self.message = message
        self.events = events
    }

    /// The violation as a sentence, with rule, job and events.
    public var description: String {
        "[\(rule.rawValue)] job \(job): \(message) (events \(events.map(String.init).joined(separator: ", ")))"
    }
}
