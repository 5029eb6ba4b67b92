//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// Decides what the end of a run means, and has the broker told.
    func settle(_ run: RunTable.Run, _ end: RunEnd, duration: Duration) async {
        guard let disposition = disposition(of: run, end) else {
            metrics?.ended(run.delivery, "leaseLost", duration)
            logger.debug(
                "A run ended after its lease was lost; its end is dropped",
                metadata: metadata(of: run.delivery)
            )
            return
        }
        report(disposition, of: run.delivery, duration: duration)
        if let runner, runner.isHeard {
            // In shutdown, the worker's own loop waits for this.
            schedule.settlingAtOnce += 1
            await runner.ended(run.delivery, disposition)
            schedule.settlingAtOnce -= 1
        }
        let item = SettlementBox.Item(
            settlement: Settlement(lease: run.delivery.lease, disposition: disposition),
            delivery: run.delivery,
            heldUntil: run.heldUntil
        )
        if acknowledgement(of: run) == .immediate && !Task.isCancelled {
            await settleAtOnce(item)
        } else {
            outbox.put(item)
        }
    }

    /// Where the job of a run goes.
    func disposition(of run: RunTable.Run, _ end: RunEnd) -> Settlement.Disposition? {
        if case .returned(let output) = end, run.cancellation != .leaseLost { return .succeeded(output) }
        let envelope = run.delivery.envelope
        let handler = run.entry?.handler
        let facts = RunFacts(
            attempt: run.delivery.attempt,
            delivery: run.delivery.delivery,
            submitted: envelope.submitted,
            now: jobs.clock.now,
            strategy: strategy(of: envelope, handler),
            isRetryable: handler?.isRetryable,
            cancellation: run.cancellation,
            parkDelay: configuration.parkDelay
        )
        // User code runs in there, so not under the lock that every submission needs.
        var generator = Xoshiro256(seed: jobs.random.withGenerator { $0.next() })
        return end.disposition(facts, using: &generator)
    }

    /// What the job brought, else what the handler says, else the job type, else the system.
    private func strategy(of envelope: Envelope, _ handler: AnyHandler?) -> RetryStrategy {
        if envelope.hasDetails, let policy = envelope.details.retry { return .policy(policy) }
        return handler?.retry ?? .policy(handler?.options.retry ?? jobs.configuration.retry)
    }

    private func acknowledgement(of run: RunTable.Run) -> Acknowledgement {
        let envelope = run.delivery.envelope
        if envelope.hasDetails, envelope.details.acknowledgement == .immediate { return .immediate }
        return run.entry?.handler.options.acknowledgement ?? .batched
    }

    /// Settles one run before its slot goes on; hands it to the pump when the broker does not answer.
    private func settleAtOnce(_ item: SettlementBox.Item) async {
        schedule.settlingAtOnce += 1
        defer { schedule.settlingAtOnce -= 1 }
        do {
            try await deliver([item])
        } catch {
            // Cancelled together with the worker's task, it is made again by the worker's own loop.
            if error.code != .cancelled || !Task.isCancelled { noteBrokerFailure(error, "settling a job") }
            outbox.put(item)
            control.wake.raise()
        }
    }

    /// Stores outcomes where that is a step of its own, then settles.
    ///
    /// The order matters: a worker that dies in between leaves an outcome and an unsettled job, and the next worker finds
    /// the outcome. The other way round it would leave a settled job without an outcome.
    func deliver(_ items: [SettlementBox.Item]) async throws(BrokerError) {
        let items = try await recordOutcomes(items)
        let results = try await jobs.broker.settle(items.map(\.settlement))
        note(results, of: items)
    }

    /// Takes in what the broker made of settlements.
    func note(_ results: [SettlementResult], of items: [SettlementBox.Item]) {
        for (result, item) in zip(results, items) where result == .refused {
            metrics?.refused(item.delivery)
            logger.info(
                "The broker refused a settlement, because the lease was lost; the job's other run stands",
                metadata: metadata(of: item.delivery)
            )
        }
    }

    private func report(_ disposition: Settlement.Disposition, of delivery: Delivery, duration: Duration) {
        metrics?.ended(delivery, disposition.label, duration)
        switch disposition {
        case .failed(let failure):
            log(.info, "A job failed for good and is a dead letter now", failure, delivery)
        case .retry(let delay, let failure, _):
            log(.debug, "An attempt failed; the job is tried again", failure, delivery, ["retry.delay": "\(delay)"])
        case .parked(let delay):
            logger.info(
                "A job is parked: this worker has no handler for its name and version",
                metadata: metadata(of: delivery).merging(["park.delay": "\(delay)"]) { old, _ in old }
            )
        case .succeeded, .cancelled, .expired, .snoozed, .released, .unstarted:
            break
        }
    }

    private func log(
        _ level: Logger.Level,
        _ message: Logger.Message,
        _ failure: JobFailure,
        _ delivery: Delivery,
        _ more: Logger.Metadata = [:]
    ) {
        guard logger.logLevel <= level else { return }
        var metadata = metadata(of: delivery).merging(more) { old, _ in old }
        metadata["failure.code"] = "\(failure.code)"
        metadata["failure.type"] = "\(failure.type)"
        metadata["failure.message"] = "\(failure.message)"
        logger.log(level: level, message, metadata: metadata)
    }
}

extension Settlement.Disposition {
    /// A word for metrics and logs.
    package var label: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .expired: "expired"
        case .retry: "retried"
        case .snoozed: "snoozed"
        case .released: "released"
        case .unstarted: "unstarted"
        case .parked: "parked"
        }
    }
}
