//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// An envelope handed to a broker, with the conditions under which it is to be accepted.
public struct Submission: Sendable {
    /// What to enqueue.
    public let envelope: Envelope
    /// The most jobs, waiting or delayed, that the queue may hold for this one to be accepted; `nil` for no limit.
    public let maximumLength: Int?

    /// Creates a submission.
    public init(_ envelope: Envelope, maximumLength: Int? = nil) {
        self.envelope = envelope
        self.maximumLength = maximumLength
    }
}

/// What became of one ``Submission``.
public enum Receipt: Sendable, Hashable {
    /// The broker keeps the job. Also the answer when a job with this identifier is there already: enqueuing is
    /// idempotent, so that an attempt whose answer was lost can be repeated.
    case accepted
    /// A job that counts as the same is there; this one was not kept.
    case duplicate(of: JobID)
    /// The queue holds as many jobs as it may; this one was not kept.
    case full
}
