//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// The life of one slot: a task that runs jobs, renewed whenever it was cancelled together with the job it ran.
    ///
    /// A job is cancelled as Swift tasks are, and a task's cancellation cannot be taken back. So each slot is two tasks:
    /// this one waits for the signal to cancel, the other runs one job after another until that comes. Jobs that nobody
    /// cancels, which is nearly all of them, cost no task.
    nonisolated func serve(slot: Int) async {
        var goesOn = true
        var isNew = true
        while goesOn {
            let opensSlot = isNew
            isNew = false
            goesOn = await withTaskGroup(of: Bool.self) { group in
                let signal = Signal()
                group.addTask {
                    defer { signal.raise() }
                    return await self.runJobs(slot: slot, signal: signal, isNew: opensSlot)
                }
                await signal.wait()
                group.cancelAll()
                return await group.next() ?? false
            }
        }
    }

    /// Runs jobs until told otherwise.
    ///
    /// - Returns: Whether the slot goes on in a new task.
    private nonisolated func runJobs(slot: Int, signal: Signal, isNew: Bool) async -> Bool {
        guard let runner = await enter(slot: slot, signal: signal) else { return false }
        let clock = jobs.clock
        let task = RunScope.currentTask
        var order = await firstOrder(slot: slot, isNew: isNew)
        while case .run(let assignment) = order {
            // Measured here, because a slot that was just woken has waited for its turn on a core.
            let start = clock.uptime
            let end = await runner.run(assignment, task: task)
            order = await finish(slot: slot, end, duration: clock.uptime - start)
        }
        if case .renew = order { return true }
        return false
    }

    private func enter(slot: Int, signal: Signal) -> JobRunner? {
        slots.renew(slot, signal)
        return runner
    }

    private func firstOrder(slot: Int, isNew: Bool) async -> SlotTable.Order {
        if isNew { openSlots -= 1 }
        return await nextOrder(slot: slot)
    }

    /// Suspends until the slot has something to do.
    ///
    /// A slot without a job first looks after the worker's business with the broker itself: it tells what is to be told
    /// and claims for all. So a job that ends, and the one that follows it, need no other task.
    private func nextOrder(slot: Int, looks: Int = 0) async -> SlotTable.Order {
        var looks = looks
        while true {
            if phase == .stopped { return .stop }
            // Nobody has cancelled a run of this slot, so it is the whole worker that was cancelled.
            if Task.isCancelled { noteCancellation() }
            if control.takeWorkExpected() { lanes.expectMore() }
            if outbox.count >= exchangeCount, !Task.isCancelled, await exchange() {
                dispatchParked(keeping: pace.share)
            }
            if let assignment = startJob(slot: slot) {
                flushSoon()
                return .run(assignment)
            }
            if !Task.isCancelled, await exchange() {
                await claimAhead()
                dispatchParked(keeping: pace.share)
                openMoreSlots()
                continue
            }
            // The worker may have stopped during the exchange, and then nobody wakes a slot that parks now.
            if phase == .stopped { return .stop }
            if looks > 0, control.beginLooking() {
                looks -= 1
                await Task.yield()
                control.endLooking()
                continue
            }
            noteQuiet()
            let order = await withUnsafeContinuation { continuation in
                let parked = SlotTable.Parked(slot: slot, continuation: continuation)
                switch control.lead(parked) {
                case .leads: break
                case .follows: slots.park(parked)
                case .looks: continuation.resume(returning: .look)
                }
            }
            if case .look = order { continue }
            return order
        }
    }

    /// How many settlements are a reason for a slot to speak to the broker although it may have a job to run.
    private var exchangeCount: Int {
        if pace.isExchangeCheap { return Self.flushCount }
        return overlapsExchanges ? Self.overlapCount : Int.max
    }

    /// Goes on claiming as long as there is more to be had, while other slots run what has come.
    ///
    /// So the broker works on the next claim while this worker runs the jobs of the last one.
    private func claimAhead() async {
        while overlapsExchanges, !Task.isCancelled,
            lanes.wantsMore(prefetch: pace.prefetch(concurrency: lanes.concurrency))
        {
            dispatchParked(keeping: pace.share, awake: 0)
            openMoreSlots()
            // Nobody else runs anything, so this slot is needed for that.
            guard runs.count > 0, await exchange() else { return }
        }
    }

    /// More slots are opened by the worker's own loop, which owns them.
    private func openMoreSlots() {
        if lanes.buffered > openSlots + 1 + pace.share && slots.count < lanes.concurrency {
            control.wake.raise()
        }
    }

    /// Takes in the end of a run and gives the slot its next job.
    private func finish(slot: Int, _ end: RunEnd, duration: Duration) async -> SlotTable.Order {
        guard var run = runs.end(slot: slot) else { return .stop }
        // A run may notice that the worker's task was cancelled before the worker's own loop does.
        if run.cancellation == nil && Task.isCancelled { run.cancellation = .shutdown }
        lanes.end(run.delivery.envelope.queue)
        pace.recordRun(duration)
        if run.isStuck {
            logger.info("A stuck handler has ended", metadata: metadata(of: run.delivery))
        } else {
            await settle(run, end, duration: duration)
        }
        // In shutdown, the worker's own loop waits for the last run to end.
        if phase != .serving { control.wake.raise() }
        if run.cancellation != nil {
            // The signal is raised, so this task is cancelled or about to be: leave it, and the settling to the loop.
            control.wake.raise()
            return .renew
        }
        return await nextOrder(slot: slot, looks: pace.looks)
    }

    /// Gives claimed jobs to parked slots.
    ///
    /// - Parameters:
    ///   - share: How many jobs each slot that is awake may keep for itself.
    ///   - awake: How many slots are awake and have no job yet.
    func dispatchParked(keeping share: Int = 0, awake: Int = 1) {
        var awake = awake
        while lanes.canStart, lanes.buffered > share * awake, let parked = slots.unpark() ?? control.takeLeader() {
            guard let assignment = startJob(slot: parked.slot) else {
                slots.park(parked)
                return
            }
            parked.continuation.resume(returning: .run(assignment))
            awake += 1
        }
    }

    /// Sees to it that neither settlements nor claimed jobs, nor those that the broker may have, wait long while this slot
    /// runs its next job.
    private func flushSoon() {
        // What was announced during a claim is news that nobody has acted on: this slot would have, and runs a job now.
        if outbox.isEmpty, lanes.buffered == 0, schedule.isBusy || !lanes.wantsMore(prefetch: 0) { return }
        // Slots that speak to the broker themselves do so before the worker's own loop has to.
        let limit = gathers ? Self.largeCrowd : overlapsExchanges ? Self.crowd : Self.flushCount
        if outbox.count >= limit {
            if !schedule.isBusy || settlesBeside { control.wake.raise() }
        } else if schedule.flush == nil {
            let time = jobs.clock.uptime + Self.flushDelay
            schedule.flush = time
            alarm.set(notLaterThan: time)
        }
    }

    /// How many settlements wait for company before they are sent.
    private static let flushCount = 16
    /// The same where a slot has jobs to run, which others run meanwhile.
    private static let overlapCount = 32
    /// How long settlements wait for company, and claimed jobs for the slot that keeps them.
    private static let flushDelay = Duration.milliseconds(2)

    /// Begins a job in a slot, if one may begin.
    func startJob(slot: Int) -> JobRunner.Assignment? {
        guard phase == .serving else { return nil }
        let uptime = jobs.clock.uptime
        while let held = lanes.start() {
            let delivery = held.delivery
            guard mayStart(held, at: uptime) else {
                lanes.end(delivery.envelope.queue)
                continue
            }
            let entry = runner?.entry(for: delivery.envelope)
            runs.begin(
                slot: slot,
                delivery: delivery,
                entry: entry,
                claimed: held.claimed,
                heldUntil: held.heldUntil,
                at: uptime
            )
            let deadline = limitRun(slot: slot, delivery.envelope, entry, from: uptime)
            metrics?.began(delivery, now: { self.jobs.clock.now })
            return JobRunner.Assignment(delivery: delivery, entry: entry, deadline: deadline)
        }
        return nil
    }

    /// Whether a job that was claimed a while ago may still be started: its lease must not have run out, and nor must its
    /// time if this would be its first run.
    private func mayStart(_ held: DeliveryLanes.Held, at uptime: Duration) -> Bool {
        let envelope = held.delivery.envelope
        if held.heldUntil <= uptime {
            logger.info("A lease ran out before its job was started", metadata: metadata(of: held.delivery))
            lanes.expectMore()
            control.wake.raise()
            return false
        }
        guard held.delivery.delivery == 1, envelope.hasDetails, let expires = envelope.details.expires,
            expires <= jobs.clock.now
        else { return true }
        putBack(held.delivery, as: .expired)
        control.wake.raise()
        return false
    }

    /// Schedules what ends a run early: the attempt's timeout and the job's deadline.
    private func limitRun(
        slot: Int,
        _ envelope: Envelope,
        _ entry: JobRunner.Entry?,
        from uptime: Duration
    ) -> Timestamp? {
        let details = envelope.hasDetails ? envelope.details : nil
        let timeout = details?.timeout ?? entry?.handler.options.timeout
        guard timeout != nil || details?.deadline != nil else { return nil }
        let now = jobs.clock.now
        var ends: [Timestamp] = []
        if let timeout {
            runs.schedule(.timeout(timeout), slot: slot, at: uptime + timeout)
            ends.append(now + timeout)
        }
        if let deadline = details?.deadline {
            runs.schedule(.deadline, slot: slot, at: uptime + now.duration(to: deadline))
            ends.append(deadline)
        }
        setAlarm()
        return ends.min()
    }

    /// Cancels a run; it counts as stuck if it goes on for too long.
    func cancelRun(slot: Int, _ reason: CancellationReason) {
        guard runs.cancel(slot: slot, reason) else { return }
        runs.schedule(.stuck, slot: slot, at: jobs.clock.uptime + configuration.stuckGrace)
        slots.cancel(slot)
    }

    /// Gives up the lease of a run whose handler ignores its cancellation.
    ///
    /// The slot stays taken until it returns.
    func giveUp(slot: Int) {
        guard let run = runs.markStuck(slot: slot) else { return }
        metrics?.stuck(runs.stuckCount)
        logger.warning(
            "A handler ignores its cancellation; its lease is given up and its slot stays taken until it returns",
            metadata: metadata(of: run.delivery)
        )
        if let disposition = disposition(of: run, .threw(CancellationError())) {
            putBack(run.delivery, as: disposition)
        }
    }

    func metadata(of delivery: Delivery) -> Logger.Metadata {
        [
            "job.id": "\(delivery.envelope.id)",
            "job.name": "\(delivery.envelope.name)",
            "job.queue": "\(delivery.envelope.queue)",
            "job.attempt": "\(delivery.attempt)",
        ]
    }
}
