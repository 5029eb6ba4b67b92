//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// The most settlements of one call.
    private static let batchLimit = 256

    /// Tells the broker what is to be told, and takes what it gives.
    ///
    /// - Returns: Whether anything was done.
    /// - Throws: What the broker throws; nothing is lost then, and the turn is taken again later.
    func takeTurn() async throws(BrokerError) -> Bool {
        guard schedule.pause == nil else { return false }
        var acted = false
        if isDue(schedule.heartbeat) { acted = try await extendLeases() || acted }
        if isDue(schedule.measurement) { await measureQueues() }
        if !schedule.isBusy {
            let request = claimRequest() ?? withdrawal()
            if !outbox.isEmpty || request != nil {
                try await settleAndClaim(request)
                acted = true
            }
        }
        if acted { schedule.failures = 0 }
        if isDue(schedule.announcement) { await announce() }
        return acted
    }

    /// Settles and claims on behalf of a slot that has nothing else to do.
    ///
    /// - Returns: Whether anything was done; `false` also when somebody else is at it, who will see to the rest.
    func exchange() async -> Bool {
        guard schedule.pause == nil, !schedule.isBusy else { return false }
        let request = claimRequest()
        guard !outbox.isEmpty || request != nil else { return false }
        do {
            try await settleAndClaim(request)
            schedule.failures = 0
            return true
        } catch {
            if error.code != .closed { noteBrokerFailure(error, "settling and claiming") }
            // The worker's own loop tries again after a while, or gives up.
            control.wake.raise()
            return false
        }
    }

    private func isDue(_ time: Duration?) -> Bool {
        guard let time else { return false }
        return time <= jobs.clock.uptime
    }

    private func claimRequest() -> ClaimRequest? {
        guard phase == .serving else { return nil }
        let prefetch = pace.prefetch(concurrency: lanes.concurrency)
        guard lanes.wantsMore(prefetch: prefetch), let want = lanes.want(prefetch: prefetch) else { return nil }
        return makeRequest(want.shares, limit: want.limit)
    }

    /// A request for nothing, so that the broker wakes others in place of a worker that has paused a queue.
    private func withdrawal() -> ClaimRequest? {
        schedule.hasLessRoom && phase == .serving ? makeRequest([], limit: 0) : nil
    }

    private func makeRequest(_ shares: [ClaimRequest.Share], limit: Int) -> ClaimRequest {
        ClaimRequest(
            worker: id,
            shares: shares,
            limit: limit,
            lease: configuration.lease,
            poisonLimit: configuration.poisonLimit
        )
    }

    private func settleAndClaim(_ request: ClaimRequest?) async throws(BrokerError) {
        let items = outbox.take(Self.batchLimit)
        schedule.isBusy = true
        schedule.flush = nil
        // From here on it says what the broker pushes while the claim is under way, which its answer does not know.
        if request != nil { schedule.claim = nil }
        let start = jobs.clock.uptime
        defer {
            schedule.isBusy = false
            cancelledOnTheWay = []
            pace.recordExchange(jobs.clock.uptime - start)
            // In shutdown, the worker's own loop waits for this to end.
            if phase != .serving { control.wake.raise() }
        }
        do {
            let items = try await recordOutcomes(items)
            let settlements = items.map(\.settlement)
            guard let request else {
                let results = try await uncancelled { (broker) throws(BrokerError) in
                    try await broker.settle(settlements)
                }
                note(results, of: items)
                return
            }
            let (results, claim): ([SettlementResult], Claim)
            if items.isEmpty {
                (results, claim) = ([], try await jobs.broker.claim(request))
            } else {
                (results, claim) = try await jobs.broker.settle(settlements, claiming: request)
            }
            note(results, of: items)
            schedule.hasLessRoom = false
            take(claim, for: request, since: start)
        } catch {
            outbox.putBack(items)
            throw error
        }
    }

    private func take(_ claim: Claim, for request: ClaimRequest, since began: Duration) {
        let uptime = jobs.clock.uptime
        lanes.add(claim, for: request, at: began)
        let waits = [claim.nextDue, jobs.broker.idleInterval].map { $0.map { uptime + $0 } }
        schedule.claim = ([schedule.claim] + waits).compactMap { $0 }.min()
        if let time = schedule.claim { alarm.set(notLaterThan: time) }
        if schedule.heartbeat == nil && !claim.deliveries.isEmpty {
            schedule.heartbeat = uptime + configuration.lease / 3
            alarm.set(notLaterThan: uptime + configuration.lease / 3)
        }
        // While the claim was under way, shutdown may have begun, a queue been paused, or a job cancelled.
        if phase != .serving { returnUnstarted() }
        putBack(lanes.drainPaused())
        if !cancelledOnTheWay.isEmpty { cancelUnstarted(cancelledOnTheWay) }
    }

    /// Gives back what was claimed and not started.
    func returnUnstarted() {
        putBack(lanes.drainAll())
    }

    /// How long a job that was claimed ahead may wait for a slot that others could give it.
    private static let stallLimit = Duration.milliseconds(20)

    /// When jobs that were claimed ahead and cannot start have waited for too long.
    var unstartedLimit: Duration? {
        phase == .serving ? lanes.oldestBlockedClaim.map { $0 + Self.stallLimit } : nil
    }

    /// Gives back what waits here behind jobs that take longer than those before them, for other workers to run.
    func returnStalled() {
        putBack(lanes.drainBlocked())
        // The broker may count on room that is gone.
        schedule.hasLessRoom = true
        lanes.expectMore()
    }

    /// Extends the leases of everything that the worker holds, and learns what has been lost or cancelled meanwhile.
    private func extendLeases() async throws(BrokerError) -> Bool {
        let uptime = jobs.clock.uptime
        let interval = configuration.lease / 3
        // A lease that is younger than half an interval is extended the next time.
        let limit = uptime - interval / 2
        let running = runs.all.filter {
            !$0.run.isStuck && $0.run.cancellation != .leaseLost && $0.run.claimed <= limit
        }
        let waiting = lanes.allBuffered.filter { $0.claimed <= limit }
        let leases = running.map(\.run.delivery.lease) + waiting.map(\.delivery.lease)
        schedule.heartbeat = runs.count + lanes.buffered > 0 ? uptime + interval : nil
        if leases.isEmpty { return false }
        let statuses: [LeaseStatus]
        do {
            let duration = configuration.lease
            statuses = try await uncancelled { (broker) throws(BrokerError) in
                try await broker.extend(leases, by: duration)
            }
        } catch {
            // Due again as soon as the broker is spoken to again.
            schedule.heartbeat = uptime
            throw error
        }
        for (lease, status) in zip(leases, statuses) {
            switch status {
            case .held: lanes.extend(lease, until: uptime + configuration.lease)
            case .cancelRequested: loseOrCancel(lease, .requested)
            case .lost: loseOrCancel(lease, .leaseLost)
            }
        }
        return true
    }

    private func loseOrCancel(_ lease: Lease, _ reason: CancellationReason) {
        for (slot, run) in runs.all where run.delivery.lease == lease {
            if reason == .leaseLost {
                logger.info("A lease was lost; its run is cancelled", metadata: metadata(of: run.delivery))
            }
            cancelRun(slot: slot, reason)
        }
        for held in lanes.removeBuffered(where: { $0.lease == lease }) where reason == .requested {
            putBack(held.delivery, as: .cancelled)
        }
    }

    /// Announces the worker; a broker that refuses to listen keeps no job from being run.
    private func announce() async {
        let interval = jobs.broker.announcementInterval
        let report = report
        do {
            try await uncancelled { (broker) throws(BrokerError) in try await broker.announce(report) }
            schedule.announcement = interval.map { jobs.clock.uptime + $0 }
        } catch {
            schedule.announcement = jobs.clock.uptime + (interval ?? .seconds(5))
            logger.debug("The worker could not announce itself", metadata: ["error": "\(error)"])
        }
    }

    private func measureQueues() async {
        schedule.measurement = metrics == nil ? nil : jobs.clock.uptime + configuration.metricsInterval
        guard let metrics, let inspector = jobs.broker.inspector else { return }
        metrics.running(runs.count)
        for queue in lanes.report {
            do {
                metrics.depth(of: queue.name, try await inspector.counts(of: queue.name))
            } catch {
                logger.debug(
                    "A queue could not be measured",
                    metadata: ["queue": "\(queue.name)", "error": "\(error)"]
                )
            }
        }
    }

    /// The worker's description of itself.
    public var report: WorkerReport {
        WorkerReport(
            id: id,
            host: HostIdentity.hostName,
            processID: HostIdentity.processID,
            started: started,
            version: configuration.version,
            queues: lanes.report,
            concurrency: lanes.concurrency,
            knownJobs: knownJobs,
            running: runs.count,
            stuck: runs.stuckCount,
            validity: jobs.broker.announcementInterval.map { $0 * 3 }
        )
    }

    /// The broker did not answer: leave it alone for a moment, longer each time.
    func noteBrokerFailure(_ error: BrokerError, _ doing: String) {
        // The loop has been told why, and calls again in a task that is not cancelled.
        if error.code == .cancelled && Task.isCancelled { return }
        schedule.failures += 1
        let backoff = Backoff.exponential(base: .milliseconds(200), maximum: .seconds(5))
        let failures = schedule.failures
        let delay = jobs.random.withGenerator { backoff.delay(afterAttempt: failures, using: &$0) }
        schedule.pause = jobs.clock.uptime + max(delay, .milliseconds(20))
        lanes.expectMore()
        logger.log(
            level: schedule.failures == 1 ? .warning : .debug,
            "The broker failed; the worker keeps what it has and tries again",
            metadata: ["while": "\(doing)", "error": "\(error)", "failures": "\(schedule.failures)"]
        )
    }

    /// Calls the broker to the end, also while this worker's task is cancelled.
    func uncancelled<Success: Sendable>(
        _ call: @escaping @Sendable (any Broker) async throws(BrokerError) -> Success
    ) async throws(BrokerError) -> Success {
        let broker = jobs.broker
        return try await withUncancelledTask { () -> Result<Success, BrokerError> in
            do throws(BrokerError) {
                return .success(try await call(broker))
            } catch {
                return .failure(error)
            }
        }.get()
    }
}
