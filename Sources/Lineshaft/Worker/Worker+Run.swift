//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import CoreMetrics
internal import Logging
internal import ServiceLifecycle

extension Worker {
    /// Runs jobs until graceful shutdown, or until the calling task is cancelled.
    ///
    /// Graceful shutdown goes step by step, each with a deadline (``Worker/Shutdown``): stop claiming and give back what
    /// was not started; let running jobs finish; cancel the rest; settle and release. Cancelling the task leaves out
    /// the second step. Either way an interrupted job goes back at once and it costs no attempt.
    ///
    /// This returns when all handlers have. One that ignores its cancellation is reported as stuck, its job is given back,
    /// and the call waits for it: end the process then.
    ///
    /// - Throws: ``ConfigurationError`` when a value is out of range, two handlers share a name, or the worker was run
    ///   before; ``BrokerError`` when the broker is closed for good.
    public func run() async throws {
        try checkNotRun()
        try configuration.validate()
        try queues.validate()
        let registry = Registry()
        for handler in handlers { try await registry.register(handler) }
        let table = await registry.table
        // Somebody else may have run it meanwhile.
        try checkNotRun()
        knownJobs = table.mapValues(\.version)
        let tracing: [any RunMiddleware] = jobs.configuration.isTracingEnabled ? [TracingMiddleware()] : []
        runner = JobRunner(
            system: jobs,
            handlers: table,
            middleware: tracing + configuration.middleware,
            logger: logger,
            steps: StepSettings(policy: configuration.steps, calls: calls)
        )
        metrics = WorkerMetrics(worker: id, factory: configuration.metricsFactory ?? MetricsSystem.factory)
        started = jobs.clock.now
        phase = .serving
        try await withTaskCancellationOrGracefulShutdown(control) {
            try await self.serve()
        }
    }

    private func checkNotRun() throws(ConfigurationError) {
        guard phase != .created else { return }
        throw ConfigurationError(
            code: .invalidState,
            message: "The worker “\(id)” was run before. Make a new one to run again."
        )
    }

    private func withTaskCancellationOrGracefulShutdown(
        _ control: WorkerControl,
        _ body: () async throws -> Void
    ) async throws {
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await body()
            } onGracefulShutdown: {
                control.post { $0.isShutdownRequested = true }
            }
        } onCancel: {
            control.post { $0.isCancelled = true }
        }
    }

    /// Serves until the worker stops, and ends when all its slots and calls have.
    private func serve() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.alarm.run() }
            await pump(&group)
            alarm.stop()
        }
        logger.info("The worker has stopped")
        if let failure { throw failure }
    }

    /// The worker's own loop: everything that is decided is decided here or at the end of a run.
    ///
    /// It is the body of the group that owns the slots and the calls to the broker, so nothing but the end of all of them
    /// ends the group.
    private func pump(_ group: inout DiscardingTaskGroup) async {
        while phase != .stopped {
            readMessages()
            strikeDueAlarms()
            advanceShutdown()
            dispatch(&group)
            startCalls(&group)
            if phase == .stopped { break }
            setAlarm()
            noteQuiet()
            await control.wake.waitUncancelled()
        }
        while let parked = slots.unpark() ?? control.takeLeader() { parked.continuation.resume(returning: .stop) }
        // Whatever the broker has not answered by now is not waited for.
        calls.abandon()
        group.cancelAll()
    }

    private func readMessages() {
        let messages = control.takeMessages()
        if messages.isWorkExpected { lanes.expectMore() }
        if let time = messages.expected { schedule.claim = schedule.claim.map { min($0, time) } ?? time }
        if messages.isCancelled {
            noteCancellation()
        } else if messages.isShutdownRequested {
            beginShutdown()
        }
        if !messages.cancelled.isEmpty { cancel(Set(messages.cancelled)) }
    }

    /// Starts claimed jobs in parked slots, and opens slots while there are fewer than may run.
    private func dispatch(_ group: inout DiscardingTaskGroup) {
        guard phase == .serving else { return }
        dispatchParked()
        // A new slot fetches its job by itself, so open no more than there are jobs.
        while lanes.canStart && openSlots < lanes.buffered && slots.count < lanes.concurrency {
            let slot = slots.open()
            openSlots += 1
            group.addTask { await self.serve(slot: slot) }
        }
    }

    /// Does what has fallen due in the worker's own time.
    private func strikeDueAlarms() {
        let uptime = jobs.clock.uptime
        if let claim = schedule.claim, claim <= uptime {
            schedule.claim = nil
            lanes.expectMore()
        }
        if let limit = unstartedLimit, limit <= uptime { returnStalled() }
        // The call that follows sends what waits; if somebody else is at it, they see to the rest.
        if let flush = schedule.flush, flush <= uptime { schedule.flush = nil }
        if let pause = schedule.pause, pause <= uptime { schedule.pause = nil }
        for (slot, alarm) in runs.due(at: uptime) {
            switch alarm {
            case .timeout(let limit): cancelRun(slot: slot, .timeout(limit))
            case .deadline: cancelRun(slot: slot, .deadline)
            case .stuck: giveUp(slot: slot)
            }
        }
    }

    /// Sets the alarm to the next moment at which something must be done.
    func setAlarm() {
        alarm.set(nextMoment)
    }

    /// The next moment at which something must be done, by uptime.
    package var nextMoment: Duration? {
        var moments = [schedule.claim, schedule.flush, unstartedLimit]
        // What is under way is not begun again before it has ended.
        if !underWay.contains(.extend) { moments.append(schedule.heartbeat) }
        if !underWay.contains(.announce) { moments.append(schedule.announcement) }
        if !underWay.contains(.measure) { moments.append(schedule.measurement) }
        // While the broker is left alone, what needs it waits for the end of the pause.
        if let pause = schedule.pause { moments = moments.map { $0.map { max($0, pause) } } + [pause] }
        moments.append(runs.nextMoment)
        switch phase {
        case .draining(let time), .cancelling(let time), .closing(let time): moments.append(time)
        case .leaving(let time): moments = [time]
        case .created, .serving, .stopped: break
        }
        return moments.compactMap { $0 }.min()
    }

    /// Somebody has cancelled these jobs.
    private func cancel(_ ids: Set<JobID>) {
        for (slot, run) in runs.all where ids.contains(run.delivery.envelope.id) { cancelRun(slot: slot, .requested) }
        cancelUnstarted(ids)
        if schedule.isBusy { for id in ids { cancelledOnTheWay[id] = lastExchange } }
    }

    /// Settles those of the jobs that were claimed and not started.
    func cancelUnstarted(_ ids: Set<JobID>) {
        for held in lanes.removeBuffered(where: { ids.contains($0.envelope.id) }) {
            putBack(held.delivery, as: .cancelled)
        }
    }

    /// Gives back jobs that were claimed and never started, in the order in which they were given out.
    ///
    /// Each goes to the front of its queue, so the last one goes first.
    func putBack(_ held: [DeliveryLanes.Held]) {
        for held in held.reversed() { putBack(held.delivery) }
    }

    /// Settles a job that was claimed and never started.
    func putBack(_ delivery: Delivery, as disposition: Settlement.Disposition = .unstarted) {
        outbox.put(.init(settlement: Settlement(lease: delivery.lease, disposition: disposition), delivery: delivery))
    }
}
