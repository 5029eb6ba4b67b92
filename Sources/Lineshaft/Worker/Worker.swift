//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging
public import ServiceLifecycle

/// Claims jobs, runs their handlers, and settles them.
///
/// A worker is a `Service`: give it to a `ServiceGroup`, or call ``run()`` in a task. It runs as many jobs at once as its
/// queues allow, keeps their leases alive, cancels what is cancelled or late, and on graceful shutdown lets running jobs
/// finish before it gives the rest back.
///
/// ```swift
/// let worker = Worker(jobs, queues: ["default": 10, "imports": 2]) {
///     Handler(for: SumIntegers.self) { job, context in job.integers.reduce(0, +) }
/// }
/// ```
public actor Worker: Service {
    /// The worker's name.
    public nonisolated let id: WorkerID
    /// The system whose jobs it runs.
    public nonisolated let jobs: JobSystem
    /// How it works.
    public nonisolated let configuration: Configuration

    nonisolated let queues: WorkerQueues
    nonisolated let handlers: [AnyHandler]
    nonisolated let logger: Logger
    nonisolated let control = WorkerControl()

    var lanes: DeliveryLanes
    var runs = RunTable()
    var pace: Pace
    var slots = SlotTable()
    var outbox = SettlementBox()
    var phase = Phase.created
    var schedule = Schedule()
    var runner: JobRunner?
    var metrics: WorkerMetrics?
    var started = Timestamp.distantPast
    var knownJobs: [JobName: Int] = [:]
    /// How many slots have been opened and have not asked for a job yet.
    var openSlots = 0
    /// The endings that this worker has stored and has not told the broker about.
    var recordedEndings: [Ending] = []
    /// The numbers of the exchanges that are under way.
    var onTheWay: Set<Int> = []
    var lastExchange = 0
    /// What was cancelled while claims were under way that may bring it, and the number of the last of them.
    var cancelledOnTheWay: [JobID: Int] = [:]
    nonisolated let alarm: Alarm
    /// What the worker's own loop has the broker do just now.
    var underWay: Set<Call.Kind> = []
    /// Whether the broker knows the worker.
    var isAttached = false
    /// The calls that go on although the worker's task is cancelled.
    nonisolated let calls = UncancelledTasks()
    /// Why the worker stopped, when it was not told to.
    var failure: BrokerError?
    /// Raised when the worker has nothing to do but to wait for its running jobs, if anybody asked.
    var quietSignal: Signal?

    /// Makes a worker.
    ///
    /// Nothing starts and nothing is checked before ``run()``.
    ///
    /// - Parameters:
    ///   - jobs: The system whose jobs to run.
    ///   - queues: The queues to serve, and how many of each one's jobs run at once.
    ///   - configuration: How to work.
    ///   - handlers: What runs the jobs.
    public init(
        _ jobs: JobSystem,
        queues: WorkerQueues = ["default": 10],
        configuration: Configuration = Configuration(),
        @HandlerBuilder handlers: () -> [AnyHandler]
    ) {
        self.jobs = jobs
        self.queues = queues
        self.configuration = configuration
        self.handlers = handlers()
        id = WorkerID(configuration.name ?? Self.makeName(jobs))
        var logger = jobs.configuration.logger
        logger[metadataKey: "worker"] = "\(id)"
        self.logger = logger
        lanes = DeliveryLanes(queues, concurrency: configuration.concurrency)
        pace = Pace(prefetchLimit: configuration.prefetch)
        alarm = Alarm(clock: jobs.clock) { [control] in control.wake.raise() }
    }

    /// Where a worker is in its life.
    ///
    /// It only ever moves downwards in this list.
    enum Phase: Sendable, Equatable {
        case created
        /// Claiming and running.
        case serving
        /// Claims nothing, and lets running jobs finish until the time.
        case draining(until: Duration)
        /// Has cancelled running jobs, and waits for them until the time.
        case cancelling(until: Duration)
        /// Tells the broker what is left to tell until the time.
        case closing(until: Duration)
        /// Takes leave of the broker until the time.
        case leaving(until: Duration)
        case stopped
    }

    /// The moments that are the worker's own, by uptime.
    struct Schedule {
        /// When to claim although nothing has woken the worker.
        var claim: Duration?
        /// When to extend leases.
        var heartbeat: Duration?
        /// When to announce the worker.
        var announcement: Duration?
        /// How many runs the last announcement told of.
        var announcedRuns = 0
        /// When to measure queue depths.
        var measurement: Duration?
        /// Until when to leave the broker alone after it failed, and how many times in a row it has.
        var pause: Duration?
        var failures = 0
        /// When settlements that wait for company are sent without it, and jobs that a slot keeps are given to others.
        var flush: Duration?
        /// How many exchanges with the broker are under way: claims, mostly with settlements.
        var exchanges = 0
        /// Whether one of them tells the broker which endings are stored.
        var isConfirming = false
        /// Whether settlements or a claim are on their way to the broker.
        var isBusy: Bool { exchanges > 0 }
        /// How many runs are being settled apart from that.
        var settlingAtOnce = 0
        /// Whether the broker may believe that the worker waits for jobs that it does not want any more.
        var hasLessRoom = false
        /// Whether to ask for endings although no job is wanted.
        var asksForEndings = false
    }

    private static func makeName(_ jobs: JobSystem) -> String {
        let suffix = jobs.random.withGenerator { UInt32(truncatingIfNeeded: $0.next()) }
        return "\(HostIdentity.hostName)-\(HostIdentity.processID)-\(String(suffix, radix: 36))"
    }
}
