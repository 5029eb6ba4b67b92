//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How a job ended.
///
/// There is one per job, and it never changes.
///
/// More may come, so a switch outside this package keeps an `@unknown default`.
@nonexhaustive
public enum Outcome: Sendable, Hashable {
    /// The handler returned; this is its encoded output.
    case succeeded([UInt8])
    /// The job failed for good and is among the dead letters.
    indirect case failed(JobFailure)
    /// Somebody cancelled the job.
    case cancelled
    /// The job was not started before its expiry.
    case expired
}

/// An outcome as it is stored.
public struct OutcomeRecord: Sendable, Hashable, Identifiable {
    /// The job.
    public let id: JobID
    /// How it ended.
    public let outcome: Outcome
    /// How many attempts were made.
    public let attempts: Int
    /// When it ended, by the clock of the broker, or of the worker whose broker keeps no outcomes.
    public let finished: Timestamp
    /// How long the record is kept after it was stored.
    public let retention: Duration
    /// The process to push it to.
    public let replyTo: ClientID?

    /// Creates a record.
    public init(
        id: JobID,
        outcome: Outcome,
        attempts: Int,
        finished: Timestamp,
        retention: Duration,
        replyTo: ClientID? = nil
    ) {
        self.id = id
        self.outcome = outcome
        self.attempts = attempts
        self.finished = finished
        self.retention = retention
        self.replyTo = replyTo
    }
}

/// How far a running job says it has come.
public struct JobProgress: Sendable, Hashable, Codable {
    /// The longest ``message`` that is kept, in bytes of UTF-8.
    package static let longestMessage = 1_000

    /// The part that is done, in the same unit as ``total``.
    public let completed: Double
    /// The whole; 1 unless the handler says otherwise.
    public let total: Double
    /// What the job is doing, for a person; at most 1,000 bytes are kept.
    public let message: String?

    /// Creates a report of progress.
    ///
    /// - Parameters:
    ///   - completed: The part that is done.
    ///   - total: The whole.
    ///   - message: What the job is doing.
    public init(completed: Double, total: Double = 1, message: String? = nil) {
        self.completed = completed
        self.total = total
        self.message = message
    }

    /// The part that is done, from 0 to 1.
    public var fraction: Double {
        guard total > 0, completed.isFinite else { return 0 }
        return min(max(completed / total, 0), 1)
    }
}
