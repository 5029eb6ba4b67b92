//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Looks into queues, and changes them by hand: what tools, pages and ``JobSystem/explain(_:)`` stand on.
///
/// Nothing here is needed to run jobs, and none of it may slow them down: a large queue is read in pages.
public protocol QueueInspector: Sendable {
    /// The queues that hold or have held jobs, or are paused or limited, by name.
    ///
    /// - Returns: Their names.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func queues() async throws(BrokerError) -> [QueueName]

    /// How many jobs a queue holds in each state. A queue that nobody has used is empty.
    ///
    /// - Parameter queue: The queue.
    /// - Returns: The counts.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func counts(of queue: QueueName) async throws(BrokerError) -> QueueCounts

    /// The jobs of a queue in one state, a page at a time, in the order in which they would be taken.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - state: The state.
    ///   - cursor: Where the last page ended; `nil` for the first.
    ///   - limit: The most jobs of a page.
    /// - Returns: The page, with a cursor if there is more. Jobs that move between two calls may be seen twice or missed.
    /// - Throws: ``BrokerError`` when the broker cannot be reached, or the cursor is not one of its own.
    func jobs(
        in queue: QueueName,
        state: JobState,
        after cursor: String?,
        limit: Int
    ) async throws(BrokerError) -> JobPage

    /// One job, as long as it has not ended or is among the dead letters.
    ///
    /// - Parameter id: The job.
    /// - Returns: What the broker knows of it, or `nil`.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func find(_ id: JobID) async throws(BrokerError) -> JobSnapshot?

    /// One job whose queue is known.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - queue: Its queue.
    /// - Returns: What the broker knows of it, or `nil`.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func find(_ id: JobID, in queue: QueueName) async throws(BrokerError) -> JobSnapshot?

    /// Makes dead letters ready again, as if just submitted: attempts start at 1, and their outcome is withdrawn.
    ///
    /// Expiry and deadline move along with the time of submission, or a job whose deadline has passed could never be
    /// retried. A unique key is taken again if nobody else holds it.
    ///
    /// Use ``JobSystem/retry(_:)``, which also withdraws outcomes from a store that is not the broker's.
    ///
    /// - Parameter ids: Dead letters; others are left alone, and so is one whose ending somebody is storing just now.
    /// - Returns: How many were made ready.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func retry(_ ids: [JobID]) async throws(BrokerError) -> Int

    /// Deletes jobs that are not running. A waiting one ends as cancelled; a dead letter's outcome stays.
    ///
    /// - Parameter ids: The jobs; running and unknown ones are left alone.
    /// - Returns: How many were deleted.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func delete(_ ids: [JobID]) async throws(BrokerError) -> Int

    /// Stops or resumes giving out a queue's jobs, for all workers. Submitting goes on, and running jobs are not touched.
    ///
    /// - Parameters:
    ///   - paused: Whether to stop.
    ///   - queue: The queue.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func setPaused(_ paused: Bool, queue: QueueName) async throws(BrokerError)

    /// Limits how much of a queue is given out, over all workers together and from the next claim on.
    ///
    /// The limits hold until others are set, also where the broker outlives the process. Setting the same again changes
    /// nothing. Running jobs are not touched: of more than the new limit, those that run now finish first.
    ///
    /// - Parameters:
    ///   - limits: The limits; ``QueueLimits/none`` takes them away.
    ///   - queue: The queue.
    /// - Throws: ``BrokerError``, with the code `rejected` when a number is out of its range, and `unsupported` where
    ///   ``BrokerCapabilities/limits`` is not declared.
    func setLimits(_ limits: QueueLimits, queue: QueueName) async throws(BrokerError)

    /// The tenants of a queue that have jobs ready, a page at a time, in the order in which they would be served; those
    /// at a limit of their own come last.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - cursor: Where the last page ended; `nil` for the first.
    ///   - limit: The most tenants of a page.
    /// - Returns: The page, with a cursor if there is more. Tenants that are served between two calls may be seen twice.
    /// - Throws: ``BrokerError``, with the code `rejected` when the cursor is not one of its own, and `unsupported` where
    ///   ``BrokerCapabilities/limits`` is not declared.
    func tenants(in queue: QueueName, after cursor: String?, limit: Int) async throws(BrokerError) -> TenantPage

    /// The workers that have reported and not gone, by name.
    ///
    /// - Returns: Their last reports.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func workers() async throws(BrokerError) -> [WorkerReport]
}

extension QueueInspector {
    /// Looks for it in all queues.
    public func find(_ id: JobID, in queue: QueueName) async throws(BrokerError) -> JobSnapshot? { try await find(id) }

    /// Refuses: this broker has no limits.
    public func setLimits(_ limits: QueueLimits, queue: QueueName) async throws(BrokerError) {
        throw BrokerError(
            code: .unsupported,
            message: "This broker cannot limit the queue “\(queue)” over all workers. Limit each worker's concurrency "
                + "with `WorkerQueues`, or use a broker that declares `limits`."
        )
    }

    /// Refuses: this broker knows no tenants.
    public func tenants(in queue: QueueName, after cursor: String?, limit: Int) async throws(BrokerError) -> TenantPage
    {
        throw BrokerError(
            code: .unsupported,
            message: "This broker does not tell the tenants of the queue “\(queue)” apart. Use a broker that declares "
                + "`limits`."
        )
    }
}

/// Where a job is that has not ended, or has ended among the dead letters.
///
/// States may be added, so a switch outside this package keeps an `@unknown default`.
@nonexhaustive
public enum JobState: String, Sendable, Hashable, CaseIterable, Codable {
    /// It waits for its time: delayed, snoozed, between two attempts, or parked.
    case scheduled
    /// It waits for a worker.
    case ready
    /// A worker holds a lease on it.
    case running
    /// It failed for good.
    case dead
    /// It has ended, and its outcome is on its way to a result store that is not the broker's.
    ///
    /// Such jobs are found, but neither listed nor counted.
    case ended
}

/// How many jobs a queue holds.
public struct QueueCounts: Sendable, Hashable {
    /// Jobs that wait for their time.
    public var scheduled: Int
    /// Jobs that wait for a worker.
    public var ready: Int
    /// Jobs that are leased.
    public var running: Int
    /// Dead letters.
    public var dead: Int
    /// Whether the queue gives out nothing for now.
    public var isPaused: Bool
    /// What the queue is limited to, over all workers.
    public var limits: QueueLimits
    /// How long until the queue's rate lets the next ready job begin; `nil` when the rate is not what it waits for.
    public var rateDelay: Duration?

    /// Creates counts.
    public init(
        scheduled: Int = 0,
        ready: Int = 0,
        running: Int = 0,
        dead: Int = 0,
        isPaused: Bool = false,
        limits: QueueLimits = .none,
        rateDelay: Duration? = nil
    ) {
        self.scheduled = scheduled
        self.ready = ready
        self.running = running
        self.dead = dead
        self.isPaused = isPaused
        self.limits = limits
        self.rateDelay = rateDelay
    }

    /// The number of jobs in `state`.
    public func count(of state: JobState) -> Int {
        switch state {
        case .scheduled: scheduled
        case .ready: ready
        case .running: running
        case .dead: dead
        case .ended: 0
        }
    }
}

/// Some jobs of a queue.
public struct JobPage: Sendable {
    /// The jobs.
    public let jobs: [JobSnapshot]
    /// Where the next page begins; `nil` when this was the last.
    public let cursor: String?

    /// Creates a page.
    public init(jobs: [JobSnapshot], cursor: String?) {
        self.jobs = jobs
        self.cursor = cursor
    }
}
