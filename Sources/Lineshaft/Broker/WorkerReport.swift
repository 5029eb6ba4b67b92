//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A worker's description of itself, for people and for explanations.
public struct WorkerReport: Sendable, Hashable, Identifiable {
    /// One queue that the worker serves.
    public struct Queue: Sendable, Hashable {
        /// The queue.
        public let name: QueueName
        /// How many of its jobs the worker runs at once.
        public let concurrency: Int
        /// How the queue is weighted against the others.
        public let weight: Int

        /// Creates a description of a queue.
        public init(name: QueueName, concurrency: Int, weight: Int) {
            self.name = name
            self.concurrency = concurrency
            self.weight = weight
        }
    }

    /// One job that the worker runs.
    public struct Run: Sendable, Hashable, Identifiable {
        /// The job.
        public let id: JobID
        /// Its wire name.
        public let name: JobName
        /// The queue it came from.
        public let queue: QueueName
        /// The number of the attempt, from 1.
        public let attempt: Int
        /// Since when it runs, by the worker's clock.
        public let since: Timestamp

        /// Creates a description of a run.
        public init(id: JobID, name: JobName, queue: QueueName, attempt: Int, since: Timestamp) {
            self.id = id
            self.name = name
            self.queue = queue
            self.attempt = attempt
            self.since = since
        }
    }

    /// The most runs that a worker lists.
    public static let maximumRuns = 100

    /// The worker.
    public let id: WorkerID
    /// The machine it runs on.
    public let host: String
    /// Its process.
    public let processID: Int32
    /// When it was started.
    public let started: Timestamp
    /// The program's version, if it says.
    public let version: String?
    /// The queues it serves.
    public let queues: [Queue]
    /// How many jobs it runs at once in all.
    public let concurrency: Int
    /// The job names it knows, with the newest version of each.
    public let knownJobs: [JobName: Int]
    /// How many jobs it is running.
    public let running: Int
    /// What it is running: those that have run for longest, ``maximumRuns`` at most.
    public let runs: [Run]
    /// How many handlers ignore their cancellation and hold a slot.
    public let stuck: Int
    /// How long the report holds; a worker that has not reported again by then counts as gone.
    ///
    /// `nil` holds until the worker is detached.
    public let validity: Duration?

    /// Creates a report.
    public init(
        id: WorkerID,
        host: String,
        processID: Int32,
        started: Timestamp,
        version: String?,
        queues: [Queue],
        concurrency: Int,
        knownJobs: [JobName: Int],
        running: Int,
        runs: [Run] = [],
        stuck: Int,
        validity: Duration?
    ) {
        self.id = id
        self.host = host
        self.processID = processID
        self.started = started
        self.version = version
        self.queues = queues
        self.concurrency = concurrency
        self.knownJobs = knownJobs
        self.running = running
        self.runs = runs
        self.stuck = stuck
        self.validity = validity
    }
}
