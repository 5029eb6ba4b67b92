//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// One thing that a client, worker or broker did or saw, for a ``HistoryChecker`` to judge.
///
/// Calls are recorded twice, before and after, because their effect lies somewhere between; a call that has no end was
/// never answered, and may or may not have taken effect.
public struct HistoryEvent: Sendable, Hashable, Codable {
    /// What happened.
    public enum Kind: Sendable, Hashable, Codable {
        /// A job is about to be handed to the broker.
        case submitting(call: Int, SubmittedJob)
        /// The broker answered that it keeps the job.
        case accepted(call: Int, job: JobID)
        /// The broker answered that it does not keep the job: it counts as the same as another, or the queue is full.
        case declined(call: Int, job: JobID, original: JobID?)
        /// A worker is about to claim.
        case claiming(call: Int)
        /// A claim brought a job.
        case delivered(call: Int, DeliveredJob)
        /// A handler was started.
        case started(job: JobID, token: UInt64)
        /// A handler returned or threw.
        case ended(job: JobID, token: UInt64, how: String)
        /// A settlement is about to be handed to the broker.
        case settling(call: Int, job: JobID, token: UInt64, HistoryDisposition)
        /// The broker answered whether it applied the settlement.
        case settled(call: Int, job: JobID, token: UInt64, applied: Bool)
        /// A worker is about to extend leases by so many nanoseconds.
        case extending(call: Int, nanoseconds: Int64)
        /// The broker answered whether the lease is still held, and runs on for that long.
        case extended(call: Int, job: JobID, token: UInt64, held: Bool)
        /// A job is about to be cancelled.
        case cancelling(call: Int, job: JobID)
        /// The broker answered that the job was waiting and has ended as cancelled (`true`), or anything else.
        case cancelled(call: Int, job: JobID, atOnce: Bool)
        /// Somebody saw the job's outcome.
        case outcome(job: JobID, HistoryOutcome)
        /// An outcome is about to be handed to a store that is not the broker's.
        case storing(job: JobID, HistoryOutcome)
        /// A job is about to be deleted, which ends one that waits as cancelled.
        case deleting(job: JobID)
        /// A dead letter is about to be made ready again.
        case reviving(job: JobID)
        /// A dead letter was made ready again: its life begins anew.
        case revived(job: JobID)
        /// A process was started.
        case processStarted
        /// A process died, and took with it whatever it had not told the broker.
        case processDied
        /// A remark for whoever reads the history.
        case note(String)
    }

    /// When, in nanoseconds on a clock that never jumps and that all recorders share.
    public let steady: Int64
    /// When, by the wall clock of the process.
    public let time: Timestamp
    /// The process that did or saw it.
    public let process: String
    /// What happened.
    public let kind: Kind

    /// Creates an event.
    public init(steady: Int64, time: Timestamp, process: String, kind: Kind) {
        self.steady = steady
        self.time = time
        self.process = process
        self.kind = kind
    }
}

/// What a history keeps of a submitted job.
public struct SubmittedJob: Sendable, Hashable, Codable {
    /// The job.
    public var job: JobID
    /// Where it waits.
    public var queue: QueueName
    /// When it may run first.
    public var start: Timestamp?
    /// When it ends as expired if it was not started.
    public var expires: Timestamp?
    /// When it ends as failed.
    public var deadline: Timestamp?
    /// The most attempts; `nil` when the submission does not say.
    public var maximumAttempts: Int?
    /// The key that no other unfinished job of the queue may have.
    public var uniqueKey: String?
    /// Whose it is; `nil` when it is nobody's.
    public var tenant: TenantName?
    /// Its type; `nil` when the record does not say.
    public var name: JobName?

    /// Creates a record of a job with nothing set.
    public init(job: JobID, queue: QueueName = .default) {
        self.job = job
        self.queue = queue
    }

    /// Creates a record of an envelope.
    public init(_ envelope: Envelope) {
        self.init(job: envelope.id, queue: envelope.queue)
        let details = envelope.details
        start = details.start
        expires = details.expires
        deadline = details.deadline
        tenant = details.tenant
        name = envelope.name
        maximumAttempts = details.retry?.maximumAttempts
        if let unique = details.unique, unique.window == nil { uniqueKey = unique.key }
    }
}

/// What a history keeps of a delivery.
public struct DeliveredJob: Sendable, Hashable, Codable {
    /// The job.
    public var job: JobID
    /// The lease's fencing token.
    public var token: UInt64
    /// The number of the attempt, from 1.
    public var attempt: Int
    /// The number of the delivery, from 1.
    public var delivery: Int
    /// How long the lease runs, in nanoseconds.
    public var lease: Int64

    /// Creates a record of a delivery.
    public init(job: JobID, token: UInt64, attempt: Int, delivery: Int, lease: Int64) {
        self.job = job
        self.token = token
        self.attempt = attempt
        self.delivery = delivery
        self.lease = lease
    }
}

/// What a history keeps of a settlement's disposition.
public enum HistoryDisposition: Sendable, Hashable, Codable {
    /// The job is over.
    case final(HistoryOutcome)
    /// The job runs again; whether the run was an attempt.
    case retried(countsAttempt: Bool)
    /// The job goes back without an attempt: released, snoozed or parked.
    case returned

    /// Creates a record of a disposition.
    public init(_ disposition: Settlement.Disposition) {
        switch disposition {
        case .succeeded(let output): self = .final(HistoryOutcome(.succeeded(output)))
        case .failed(let failure): self = .final(HistoryOutcome(.failed(failure)))
        case .cancelled: self = .final(HistoryOutcome(.cancelled))
        case .expired: self = .final(HistoryOutcome(.expired))
        case .retry(_, _, let countsAttempt): self = .retried(countsAttempt: countsAttempt)
        case .snoozed, .released, .unstarted, .parked: self = .returned
        }
    }
}

/// What a history keeps of an outcome: enough to tell two of them apart.
public struct HistoryOutcome: Sendable, Hashable, Codable {
    /// How a job can end.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// Its handler returned.
        case succeeded
        /// It is among the dead letters.
        case failed
        /// Somebody cancelled it.
        case cancelled
        /// It was not started in time.
        case expired
    }

    /// How the job ended.
    public var kind: Kind
    /// What tells this outcome from others of its kind: the output's digest, or the failure's words.
    public var detail: String

    /// Creates a record from its parts.
    public init(kind: Kind, detail: String = "") {
        self.kind = kind
        self.detail = detail
    }

    /// Creates a record of an outcome.
    public init(_ outcome: Outcome) {
        switch outcome {
        case .succeeded(let output):
            self.init(kind: .succeeded, detail: Self.digest(output))
        case .failed(let failure):
            self.init(kind: .failed, detail: "\(failure.code), attempt \(failure.attempt): \(failure.message)")
        case .cancelled: self.init(kind: .cancelled)
        case .expired: self.init(kind: .expired)
        }
    }

    private static func digest(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return "\(bytes.count) bytes, \(String(hash, radix: 16))"
    }
}
