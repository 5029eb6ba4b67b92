//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A broker and result store inside one process, for tests, tools and small services.
///
/// It keeps every promise of ``Broker`` for as long as the process lives, and is what other brokers are compared with.
/// It has no timers and starts no tasks: what time brings is seen to inside the calls.
public actor MemoryBroker: Broker {
    /// The limits of an in-memory broker.
    public struct Configuration: Sendable, Hashable {
        /// How long an outcome is kept when its job does not say; one hour by default.
        public var retention: Duration
        /// How many dead letters each queue keeps, of which the oldest are dropped; 10,000 by default.
        public var maximumDeadLetters: Int
        /// The largest payload, input included, in bytes; 512 MiB by default.
        public var maximumPayload: Int
        /// Whether the broker stores outcomes; if not, a system needs a result store beside it.
        public var keepsResults: Bool

        /// Creates a configuration.
        public init(
            retention: Duration = .seconds(3600),
            maximumDeadLetters: Int = 10_000,
            maximumPayload: Int = 512 << 20,
            keepsResults: Bool = true
        ) {
            self.retention = retention
            self.maximumDeadLetters = maximumDeadLetters
            self.maximumPayload = maximumPayload
            self.keepsResults = keepsResults
        }
    }

    /// Everything but durability.
    public nonisolated let capabilities: BrokerCapabilities = [
        .delays, .priorities, .cancellation, .unique, .backpressure, .pause, .limits,
    ]

    let clock: any QueueClock
    nonisolated let configuration: Configuration
    var table: QueueTable
    /// The outcomes; of a broker that keeps none, only that there was one.
    var ledger: OutcomeLedger
    var unrecorded = UnrecordedEndings()
    var idle = IdleWorkers()
    var ports: [WorkerID: WorkerPort] = [:]
    var reports: [WorkerID: (report: WorkerReport, expiry: Int64)] = [:]
    var inboxes: [ClientID: Inbox] = [:]
    var shelf = ScheduleShelf()
    nonisolated let workflowStore: MemoryWorkflowStore
    private let room = RoomWaiters()
    /// Whether anybody has waited for room since ``room`` was last found empty.
    private var isRoomAwaited = false
    private var isClosed = false
    private nonisolated let intake = Intake()
    /// Empty but while what has arrived is taken in.
    private var arrivals: [Submission] = []

    /// Creates an empty broker.
    ///
    /// - Parameters:
    ///   - clock: What it takes the time from.
    ///   - configuration: Its limits.
    public init(clock: any QueueClock = SystemClock(), configuration: Configuration = Configuration()) {
        self.clock = clock
        self.configuration = configuration
        table = QueueTable(maximumDeadLetters: max(configuration.maximumDeadLetters, 0))
        ledger = OutcomeLedger(defaultRetention: configuration.retention)
        workflowStore = MemoryWorkflowStore(clock: clock)
    }

    /// This broker itself.
    public nonisolated var inspector: (any QueueInspector)? { self }

    /// This broker itself, unless it was made to keep no results.
    public nonisolated var results: (any ResultStore)? { configuration.keepsResults ? self : nil }

    /// The schedules that this broker keeps beside its jobs.
    public nonisolated var schedules: (any ScheduleStore)? { MemorySchedules(broker: self) }

    /// A store of this broker's own.
    public nonisolated var workflows: (any WorkflowStore)? { workflowStore }

    // MARK: Around every call

    /// The time, if the broker is open; what has arrived is taken in first.
    func begin() throws(BrokerError) -> Moment {
        if isClosed { throw Self.closed }
        let moment = Moment(clock)
        takeIn(moment)
        return moment
    }

    private func takeIn(_ moment: Moment) {
        intake.take(&arrivals)
        if arrivals.isEmpty { return }
        for submission in arrivals where !ledger.contains(submission.envelope.id, at: moment) {
            _ = table.enqueue(submission, at: moment)
        }
        arrivals.removeAll(keepingCapacity: arrivals.count < 4_096)
    }

    /// Does outside what the table and the ledger have decided: outcomes are recorded and delivered, workers are woken,
    /// and submitters that wait for room go on.
    func finish(_ moment: Moment) {
        takeMail(moment).send()
    }

    /// Records outcomes, and collects what is to be told to workers and clients.
    func takeMail(_ moment: Moment) -> Mail {
        var mail = Mail()
        collect(&mail, moment)
        // Workers wait from here on, unless something has arrived meanwhile.
        while idle.count > 0, !intake.await() {
            takeIn(moment)
            collect(&mail, moment)
        }
        return mail
    }

    private func collect(_ mail: inout Mail, _ moment: Moment) {
        if !table.endings.isEmpty { fileEndings(moment, &mail) }
        if ledger.subscriptions.hasMail {
            for (client, events) in ledger.subscriptions.takeOutbox() {
                if let inbox = inboxes[client] { mail.letters.append((inbox, events)) }
            }
        }
        if table.hasArrivals {
            table.takeArrivals(at: moment) { queue, count in
                guard idle.count > 0 else { return }
                for worker in idle.wake(queue, count: count) {
                    if let port = ports[worker] { mail.ports.append(port) }
                }
            }
        }
        if table.hasSooner {
            table.takeSooner(at: moment) { queue, delay in
                guard idle.count > 0 else { return }
                let time = moment.uptime(after: .nanoseconds(delay))
                for worker in idle.expect(queue, at: time) {
                    if let port = ports[worker] { mail.appointments.append((port, .nanoseconds(delay))) }
                }
            }
        }
        if isRoomAwaited { offerRoom() }
    }

    /// Stores the outcomes of jobs that have ended, or keeps for others to store what nobody else knows.
    ///
    /// - Parameters:
    ///   - moment: When this is.
    ///   - mail: Gets the workers to wake.
    ///   - request: Who claims just now, and so need not be told.
    func fileEndings(_ moment: Moment, _ mail: inout Mail, for request: ClaimRequest? = nil) {
        for end in table.endings {
            if configuration.keepsResults { ledger.record(end, at: moment) } else { ledger.note(end, at: moment) }
            guard let envelope = end.unreported, !configuration.keepsResults || envelope.isPartOfWorkflow else {
                continue
            }
            unrecorded.add(ledger.outcomeRecord(of: end), of: envelope)
            if request?.shares.contains(where: { $0.queue == envelope.queue }) ?? false { continue }
            for worker in idle.wake(envelope.queue, count: 1) {
                if let port = ports[worker] { mail.ports.append(port) }
            }
        }
        table.endings.removeAll(keepingCapacity: true)
    }

    /// What workers and clients are to be told.
    struct Mail: Sendable {
        var letters: [(inbox: Inbox, events: [ResultEvent])] = []
        var ports: [WorkerPort] = []
        var appointments: [(port: WorkerPort, delay: Duration)] = []

        func send() {
            for letter in letters { letter.inbox.deliver(letter.events) }
            for port in ports { port.wake() }
            for appointment in appointments { appointment.port.expect(after: appointment.delay) }
        }
    }

    private func offerRoom() {
        let queues = room.queues
        isRoomAwaited = !queues.isEmpty
        for queue in queues { room.wake(queue, length: table.length(of: queue)) }
    }

    static let closed = BrokerError(
        code: .closed,
        message: "The in-memory broker has been shut down; make a new one to go on."
    )

    // MARK: Submitting

    /// Accepts jobs, in order.
    ///
    /// - Parameter submissions: The jobs and the conditions for accepting them.
    /// - Returns: One receipt for each, in the same order.
    /// - Throws: ``BrokerError`` with the code `closed`, or `rejected` when a payload is too large; none was accepted.
    public nonisolated func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt] {
        var isOpen = true
        for submission in submissions {
            try check(submission.envelope)
            isOpen = isOpen && Intake.isOpen(to: submission)
        }
        guard isOpen else { return try await add(submissions) }
        switch intake.put(submissions) {
        case .done: break
        case .tell: await takeIn()
        case .closed: throw Self.closed
        }
        return [Receipt](repeating: .accepted, count: submissions.count)
    }

    /// Takes in what has arrived and tells those who wait for it.
    private func takeIn() {
        if isClosed { return }
        let moment = Moment(clock)
        takeIn(moment)
        finish(moment)
    }

    func add(_ submissions: [Submission]) throws(BrokerError) -> [Receipt] {
        let moment = try begin()
        var receipts: [Receipt] = []
        receipts.reserveCapacity(submissions.count)
        for submission in submissions {
            if ledger.contains(submission.envelope.id, at: moment) {
                receipts.append(.accepted)
            } else {
                receipts.append(table.enqueue(submission, at: moment))
            }
        }
        finish(moment)
        return receipts
    }

    nonisolated func check(_ envelope: Envelope) throws(BrokerError) {
        var size = envelope.payload.count
        if envelope.hasDetails { size += envelope.details.input?.count ?? 0 }
        guard size > configuration.maximumPayload else { return }
        throw BrokerError(
            code: .rejected,
            message: "Job \(envelope.id), “\(envelope.name)”, carries \(size) bytes; the in-memory broker takes "
                + "\(configuration.maximumPayload). Pass large data by reference, or raise `maximumPayload`."
        )
    }

    /// Suspends until the queue has room for another job.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - maximumLength: The length that counted as full.
    /// - Throws: ``BrokerError`` with the code `closed` or `cancelled`.
    public func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        let moment = try begin()
        _ = table.counts(of: queue, at: moment)
        finish(moment)
        guard table.length(of: queue) >= maximumLength else { return }
        isRoomAwaited = true
        // Nothing suspends between looking and waiting: both happen on this actor.
        try await room.wait(for: queue, maximumLength: maximumLength)
        guard Task.isCancelled else { return }
        // The room this one was woken for is the next one's.
        room.wake(queue, length: table.length(of: queue))
        throw RoomWaiters.cancellation(queue)
    }

    /// Fails whoever waits, and every later call.
    ///
    /// Calling it again does nothing.
    public func shutdown() {
        isClosed = true
        intake.close()
        room.close(Self.closed)
        // Workers that wait find out when they look. By name, so that a simulation replays.
        for port in ports.values.sorted(by: { $0.worker.rawValue < $1.worker.rawValue }) { port.wake() }
        ports = [:]
        for inbox in inboxes.values.sorted(by: { $0.client.rawValue < $1.client.rawValue }) { inbox.close(Self.closed) }
        inboxes = [:]
    }
}
