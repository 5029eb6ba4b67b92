//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The right to run one delivery of a job until a deadline.
///
/// The token fences: it grows with each delivery of a job, and a broker refuses whatever comes with an older one.
public struct Lease: Sendable, Hashable {
    /// The job.
    public let id: JobID
    /// The job's queue.
    public let queue: QueueName
    /// The fencing token, larger for each later delivery of the same job.
    public let token: UInt64

    /// Creates a lease.
    public init(id: JobID, queue: QueueName, token: UInt64) {
        self.id = id
        self.queue = queue
        self.token = token
    }
}

/// How a lease stands, as told to a worker that extends it.
public enum LeaseStatus: Sendable, Hashable {
    /// It runs on for the time asked for.
    case held
    /// It runs on, and somebody has cancelled the job: stop it.
    case cancelRequested
    /// It is gone: the job has ended, or is somebody else's. Stop it, and store nothing.
    case lost
}
