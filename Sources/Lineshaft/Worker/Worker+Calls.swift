//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// Something that the worker's own loop has the broker do.
    ///
    /// Each is a task of its own beside the loop, one of a kind at a time, so that a broker that does not answer delays
    /// neither timeouts nor cancellations nor the deadlines of shutdown.
    enum Call: Sendable {
        case attach
        case exchange(DeliveryLanes.OpenClaim?)
        case settle
        case extend([Lease])
        case measure
        case announce
        case detach

        /// Of each kind one call is under way at most.
        enum Kind: Sendable {
            case attach, exchange, settle, extend, measure, announce, detach
        }

        var kind: Kind {
            switch self {
            case .attach: .attach
            case .exchange: .exchange
            case .settle: .settle
            case .extend: .extend
            case .measure: .measure
            case .announce: .announce
            case .detach: .detach
            }
        }
    }

    /// Starts what is due and not under way.
    func startCalls(_ group: inout DiscardingTaskGroup) {
        while let call = nextCall() {
            underWay.insert(call.kind)
            group.addTask { await self.perform(call) }
        }
    }

    /// What is to be done next.
    ///
    /// What calls for it is taken down here, before the call begins, so that it is not due twice.
    private func nextCall() -> Call? {
        if case .leaving = phase { return underWay.contains(.detach) ? nil : .detach }
        guard isAttached else { return underWay.contains(.attach) ? nil : .attach }
        guard schedule.pause == nil else { return nil }
        if isDue(schedule.heartbeat), !underWay.contains(.extend) {
            let leases = leasesToExtend()
            if !leases.isEmpty { return .extend(leases) }
        }
        if isDue(schedule.measurement), !underWay.contains(.measure) {
            schedule.measurement = nil
            return .measure
        }
        if mayExchange, !underWay.contains(.exchange) {
            let request = claimRequest() ?? emptyRequest()
            if !outbox.isEmpty || request != nil {
                // From here on no slot begins an exchange.
                schedule.exchanges += 1
                return .exchange(request)
            }
        }
        if settlesBeside, !underWay.contains(.settle) { return .settle }
        if isDue(schedule.announcement), !underWay.contains(.announce) {
            schedule.announcement = nil
            return .announce
        }
        return nil
    }

    private func isDue(_ time: Duration?) -> Bool {
        guard let time else { return false }
        return time <= jobs.clock.uptime
    }

    private func perform(_ call: Call) async {
        let wasCancelled = Task.isCancelled
        do throws(BrokerError) {
            switch call {
            case .attach: try await attach()
            case .exchange(let request):
                try await settleAndClaim(request)
                schedule.failures = 0
            case .settle:
                try await settleBeside()
                schedule.failures = 0
            case .extend(let leases):
                try await extend(leases)
                schedule.failures = 0
            case .measure: await measureQueues()
            case .announce: await announce()
            case .detach: await leave()
            }
        } catch {
            // Cancelled together with the worker's task, it is made again in a task that is not.
            if error.code != .cancelled || wasCancelled || !Task.isCancelled { note(error, of: call) }
        }
        underWay.remove(call.kind)
        // The worker's task may have been cancelled before its own loop has been told.
        if Task.isCancelled { noteCancellation() }
        control.wake.raise()
    }

    private func note(_ error: BrokerError, of call: Call) {
        // A worker that never came to serve says so at once.
        if error.code == .closed || call.kind == .attach {
            guard phase != .stopped else { return }
            failure = error
            abandon(error)
        } else {
            noteBrokerFailure(error, "\(call.kind)")
        }
    }

    private func attach() async throws(BrokerError) {
        let port = WorkerPort(
            worker: id,
            onWake: { [control] in control.announceWork() },
            onExpect: { [control, clock = jobs.clock] duration in
                let time = clock.uptime + duration
                control.post { $0.expected = $0.expected.map { min($0, time) } ?? time }
            },
            onCancel: { [control] ids in control.post { $0.cancelled += ids } }
        )
        try await jobs.broker.attach(port)
        isAttached = true
        schedule.announcement = .zero
        if metrics != nil { schedule.measurement = .zero }
        logger.info(
            "The worker serves",
            metadata: [
                "queues": "\(lanes.report.map { "\($0.name)=\($0.concurrency)" }.joined(separator: " "))",
                "jobs": "\(knownJobs.keys.map(\.rawValue).sorted().joined(separator: " "))",
            ]
        )
    }

    /// Announces the worker, and what it runs; a broker that refuses to listen keeps no job from being run.
    private func announce() async {
        let interval = jobs.broker.announcementInterval
        let report = report
        schedule.announcedRuns = report.runs.count
        do {
            try await uncancelled { (broker) throws(BrokerError) in try await broker.announce(report) }
            schedule.announcement = interval.map { jobs.clock.uptime + $0 }
        } catch {
            schedule.announcement = jobs.clock.uptime + (interval ?? .seconds(5))
            logger.debug("The worker could not announce itself", metadata: ["error": "\(error)"])
        }
    }

    private func measureQueues() async {
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
        schedule.measurement = jobs.clock.uptime + configuration.metricsInterval
    }

    /// Takes leave of the broker, which ends the worker.
    private func leave() async {
        let broker = jobs.broker
        await calls.run { [id] in await broker.detach(id) }
        phase = .stopped
    }

    /// Calls the broker to the end, also while this worker's task is cancelled, until the worker has stopped.
    func uncancelled<Success: Sendable>(
        _ call: @escaping @Sendable (any Broker) async throws(BrokerError) -> Success
    ) async throws(BrokerError) -> Success {
        let broker = jobs.broker
        return try await calls.run { () -> Result<Success, BrokerError> in
            do throws(BrokerError) {
                return .success(try await call(broker))
            } catch {
                return .failure(error)
            }
        }.get()
    }
}
