//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What the in-memory broker keeps of one job that has not ended or is a dead letter.
///
/// One of these is held for every queued job, so what only some jobs have is kept apart: ``Run`` and ``JobHistory``.
package struct JobRecord: Sendable {
    /// Yes-or-no facts of a job.
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        /// Somebody has cancelled the running job.
        static let cancelRequested = Flags(rawValue: 1)
        /// There is a ``JobHistory``.
        static let history = Flags(rawValue: 2)
        /// The envelope has an expiry or a deadline.
        static let ends = Flags(rawValue: 4)
        /// The job may hold a unique key.
        static let unique = Flags(rawValue: 8)
        /// A handler may have been started.
        static let started = Flags(rawValue: 16)
        /// What the running job waits for has happened.
        static let hastened = Flags(rawValue: 64)
        /// Steps are recorded.
        static let steps = Flags(rawValue: 32)
    }

    static let placeholder = JobRecord(
        envelope: Envelope(id: JobID(high: 0, low: 0), name: "", payload: [], submitted: .distantPast),
        queue: 0
    )

    var envelope: Envelope
    /// Which placing of which job this is.
    ///
    /// It is new whenever the job moves, and is the token of a running job.
    var order: Int64 = 0
    /// When a scheduled job falls due, in nanoseconds since the epoch; the number of the ``Run`` of a running one.
    var time: Int64 = 0
    /// The last token under which a settlement was applied; 0 when there was none.
    var applied: UInt64 = 0
    var queue: UInt32
    var deliveries: UInt32 = 0
    var failedAttempts: UInt32 = 0
    var state: JobState = .ready
    var wait: JobSnapshot.Wait = .delayed
    var flags: Flags = []

    init(envelope: Envelope, queue: UInt32) {
        self.envelope = envelope
        self.queue = queue
    }

    /// When the waiting job ends by itself, and whether as expired; otherwise its deadline has passed.
    func end() -> (time: Int64, isExpiry: Bool)? {
        guard flags.contains(.ends) else { return nil }
        let details = envelope.details
        let expires = !flags.contains(.started) ? details.expires?.nanosecondsSinceEpoch : nil
        let deadline = details.deadline?.nanosecondsSinceEpoch
        if let expires, expires <= deadline ?? .max { return (expires, true) }
        return deadline.map { ($0, false) }
    }
}

/// What is kept of one delivery while its lease runs.
package struct Run: Sendable {
    static let placeholder = Run(worker: WorkerID(""), poisonLimit: 0, since: .distantPast, deadline: 0, alarm: 0)

    let worker: WorkerID
    let poisonLimit: Int
    let since: Timestamp
    /// The uptime at which the lease runs out.
    var deadline: Int64
    /// The time of the lease's entry among the queue's alarms, which may be earlier than `deadline`.
    var alarm: Int64
}

/// What is kept of jobs that went wrong.
package struct JobHistory: Sendable {
    static let longest = 10

    var failures: [JobFailure] = []
    var lostLeases = 0

    mutating func append(_ failure: JobFailure) {
        if failures.count >= Self.longest { failures.removeFirst(failures.count - Self.longest + 1) }
        failures.append(failure)
    }
}

/// The end of a job, on its way from the table to the ledger of outcomes.
package struct JobEnd: Sendable {
    package let id: JobID
    package let outcome: Outcome
    package let attempts: Int
    package let finished: Timestamp
    /// How long to keep the outcome, if the submitter chose.
    package let retention: Duration?
    package let replyTo: ClientID?
    /// The token under which it was settled; 0 when the broker ended the job by itself.
    package let token: UInt64
    /// The job, if no worker has said that it ended so, and so none has stored its outcome.
    package let unreported: Envelope?
}
