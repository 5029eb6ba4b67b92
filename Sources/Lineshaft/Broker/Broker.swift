//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Moves envelopes: enqueue, claim, settle, extend.
///
/// It keeps what it has accepted until it is settled for good.
///
/// The contract, which the conformance suites of `LineshaftTesting` state case by case:
///
/// - What ``enqueue(_:)`` accepts is kept until one final ``Settlement``, cancellation or expiry ends it.
/// - ``claim(_:)`` gives each job to one worker at a time, under a lease with a token that grows per job. When the lease
///   runs out, the job can be claimed again.
/// - ``settle(_:)`` applies a settlement only under the newest token; the check and the change are one step.
/// - Calls may be repeated when their answer was lost: enqueuing is idempotent by identifier, settling by token.
/// - Time is the broker's own. Due jobs and lapsed leases are seen to inside ``claim(_:)``.
///
/// A broker never blocks a thread of Swift's pool, and its methods may be called from any task, at the same time. When
/// the calling task is cancelled, a method either completes or throws ``BrokerError`` with the code `cancelled`; a claim
/// never drops deliveries because its caller was cancelled.
public protocol Broker: Sendable {
    /// What this broker can do beside the contract. Asked once, when a ``JobSystem`` is made.
    var capabilities: BrokerCapabilities { get }

    /// How often a worker must announce itself at least to stay listed, although there is nothing new to tell; `nil` when it
    /// stays listed until it is detached.
    var announcementInterval: Duration? { get }

    /// How long a worker may wait without claiming, because what should wake it may be lost on the way; `nil` when
    /// nothing can be, as inside one process.
    var idleInterval: Duration? { get }

    /// Looks into queues and changes them by hand; `nil` when the broker cannot.
    var inspector: (any QueueInspector)? { get }

    /// The store that ``settle(_:)`` writes outcomes to in the same step; `nil` when the broker keeps none, and gives what
    /// it ends by itself to those who claim (``Claim/ended``).
    var results: (any ResultStore)? { get }

    /// Keeps workflows; `nil` when the broker cannot.
    var workflows: (any WorkflowStore)? { get }

    /// Keeps the finished steps of jobs that have not ended; `nil` when the broker cannot.
    var steps: (any StepStore)? { get }

    /// Keeps schedules, and lets each of their firings in once; `nil` when the broker cannot.
    var schedules: (any ScheduleStore)? { get }

    /// Accepts jobs, in order.
    ///
    /// - Parameter submissions: The jobs and the conditions for accepting them.
    /// - Returns: One receipt for each, in the same order.
    /// - Throws: ``BrokerError`` when none, or an unknown part, was accepted. Repeating the call is safe.
    func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt]

    /// Suspends until the queue may have room for another job. Called after ``Receipt/full``.
    ///
    /// It returns when there is room or may be; the caller tries again and may have to wait again.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - maximumLength: The length that counted as full.
    /// - Throws: ``BrokerError`` when the broker is gone, or with the code `cancelled`.
    func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError)

    /// Connects a worker's port, through which the broker wakes it and passes on cancellations. Called once by each
    /// worker before its first claim; calling it again replaces the port.
    ///
    /// - Parameter port: What to call.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func attach(_ port: WorkerPort) async throws(BrokerError)

    /// Forgets a worker's port and its entry among the workers. Its leases stay until settled or run out.
    ///
    /// - Parameter worker: The worker that has stopped.
    func detach(_ worker: WorkerID) async

    /// Publishes what a worker serves, knows and runs, for ``QueueInspector/workers()``. The last report stands.
    ///
    /// Called at start, when its settings change, with each heartbeat while it runs jobs and once after, and otherwise as
    /// often as ``announcementInterval`` says: an idle worker of a broker without one announces nothing.
    ///
    /// - Parameter report: The worker's description of itself.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func announce(_ report: WorkerReport) async throws(BrokerError)

    /// Gives out jobs that are ready, without waiting.
    ///
    /// Before that it makes due jobs ready, ends expired ones, and takes back lapsed leases. When fewer jobs than asked
    /// for are there, the broker remembers that the worker waits, wakes its port once something arrives, and tells it when
    /// something falls due, or a lease runs out, sooner than this claim could say.
    ///
    /// - Parameter request: What the worker can take.
    /// - Returns: The jobs, and how long until the next thing falls due.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func claim(_ request: ClaimRequest) async throws(BrokerError) -> Claim

    /// Applies settlements, each under its lease's token.
    ///
    /// - Parameter settlements: How deliveries ended.
    /// - Returns: One result for each, in the same order.
    /// - Throws: ``BrokerError`` when an unknown part was applied. Repeating the call is safe.
    func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult]

    /// Applies settlements and claims, in one step where the broker can.
    ///
    /// - Parameters:
    ///   - settlements: How deliveries ended.
    ///   - request: What the worker can take.
    /// - Returns: One result for each settlement, and the claim.
    /// - Throws: ``BrokerError`` when an unknown part was applied.
    func settle(
        _ settlements: [Settlement],
        claiming request: ClaimRequest
    ) async throws(BrokerError) -> ([SettlementResult], Claim)

    /// Extends leases that are still held, counted from now.
    ///
    /// - Parameters:
    ///   - leases: The leases.
    ///   - duration: How long they run from now on.
    /// - Returns: How each stands, in the same order. This is also how a worker that was away learns of cancellations.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func extend(_ leases: [Lease], by duration: Duration) async throws(BrokerError) -> [LeaseStatus]

    /// Cancels jobs: a waiting one ends at once, a running one is marked and its worker told.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: What happened to each, in the same order.
    /// - Throws: ``BrokerError``, with the code `unsupported` where the broker cannot find a job.
    func cancel(_ ids: [JobID]) async throws(BrokerError) -> [CancellationResult]

    /// Cancels jobs whose queue is known.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - queue: The queue of all of them.
    /// - Returns: What happened to each, in the same order.
    /// - Throws: As ``cancel(_:)``.
    func cancel(_ ids: [JobID], in queue: QueueName) async throws(BrokerError) -> [CancellationResult]

    /// Makes a job ready that waits for its time. One that is running is made ready as soon as it is put off.
    ///
    /// Called when what a job waits for has happened. It saves time and is no promise: the job runs anyway when its time
    /// comes.
    ///
    /// - Parameters:
    ///   - id: The job; one that does not wait for its time, or is not known, is left alone.
    ///   - queue: Its queue.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    func hasten(_ id: JobID, in queue: QueueName) async throws(BrokerError)

    /// Closes connections and fails whoever waits. Called once, when the ``JobSystem`` shuts down.
    func shutdown() async
}

extension Broker {
    /// Until it is detached.
    public var announcementInterval: Duration? { nil }

    /// Nothing is lost on the way.
    public var idleInterval: Duration? { nil }

    /// Looks for them in all queues.
    public func cancel(_ ids: [JobID], in queue: QueueName) async throws(BrokerError) -> [CancellationResult] {
        try await cancel(ids)
    }

    /// None.
    public var workflows: (any WorkflowStore)? { nil }

    /// Does nothing: the job runs when its time comes.
    public func hasten(_ id: JobID, in queue: QueueName) async throws(BrokerError) {}

    /// None: ``JobContext/checkpoint(_:as:_:)`` fails.
    public var steps: (any StepStore)? { nil }

    /// None.
    public var schedules: (any ScheduleStore)? { nil }

    /// Settles, then claims.
    public func settle(
        _ settlements: [Settlement],
        claiming request: ClaimRequest
    ) async throws(BrokerError) -> ([SettlementResult], Claim) {
        let results = try await settle(settlements)
        return (results, try await claim(request))
    }
}

/// What a broker can do beside the contract every broker keeps.
public struct BrokerCapabilities: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: Int

    /// Creates a set from its bits.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Jobs can be delayed.
    public static let delays = BrokerCapabilities(rawValue: 1 << 0)
    /// Jobs of one queue are ordered by priority.
    public static let priorities = BrokerCapabilities(rawValue: 1 << 1)
    /// Jobs can be found, and cancelled wherever they are.
    public static let cancellation = BrokerCapabilities(rawValue: 1 << 2)
    /// Duplicates are recognised.
    public static let unique = BrokerCapabilities(rawValue: 1 << 3)
    /// Queues can be limited in length.
    public static let backpressure = BrokerCapabilities(rawValue: 1 << 4)
    /// Queues can be paused.
    public static let pause = BrokerCapabilities(rawValue: 1 << 5)
    /// What was accepted outlives this process.
    public static let durable = BrokerCapabilities(rawValue: 1 << 6)
    /// Queues can be limited in concurrency and rate, over all workers.
    public static let limits = BrokerCapabilities(rawValue: 1 << 7)
}

/// What cancelling a job did.
public enum CancellationResult: Sendable, Hashable {
    /// The job was waiting and has ended as cancelled.
    case cancelled
    /// The job is running; its worker has been told, and will be told again until it stops.
    case requested
    /// The job had ended before.
    case alreadyFinished
    /// There is no such job.
    case notFound
}
