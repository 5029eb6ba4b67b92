//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// The most settlements of one call.
    private static let batchLimit = 512

    /// Settles and claims on behalf of a slot that has nothing else to do.
    ///
    /// - Returns: Whether anything was done; `false` also when somebody else is at it, who will see to the rest.
    func exchange() async -> Bool {
        guard schedule.pause == nil, !schedule.isBusy || mayOverlap else { return false }
        let request = claimRequest()
        guard !outbox.isEmpty || request != nil else { return false }
        schedule.exchanges += 1
        do {
            try await settleAndClaim(request)
            schedule.failures = 0
            return true
        } catch {
            // Cancelled together with the worker's task, it is made again by the worker's own loop.
            let isOwn = error.code == .cancelled && Task.isCancelled
            if error.code != .closed && !isOwn { noteBrokerFailure(error, "settling and claiming") }
            // The worker's own loop tries again after a while, or gives up.
            control.wake.raise()
            return false
        }
    }

    /// Whether slots speak to the broker although there are jobs to run.
    ///
    /// There are many of them, so that others run the jobs, and calls take time, in which the broker is busy and this worker
    /// should not wait.
    var overlapsExchanges: Bool {
        phase == .serving && lanes.concurrency >= Self.overlapConcurrency && !pace.isExchangeCheap
    }

    /// Whether another exchange is worth while beside those that are under way.
    ///
    /// Near the broker it is a second one that claims, so that the broker has it when it is done with the first. Where the way
    /// is long, there are as many as the way holds, each with a crowd of settlements, so that something is always on it.
    private var mayOverlap: Bool {
        guard overlapsExchanges else { return false }
        if pace.isExchangeLong { return schedule.exchanges < Self.farExchanges && outbox.count >= Self.crowd }
        return schedule.exchanges == 1
            && lanes.wantsMore(prefetch: pace.prefetch(concurrency: lanes.concurrency), atLeast: Self.overlapLimit)
    }

    /// Whether the worker's own loop may begin an exchange.
    ///
    /// Where the way is long, what has waited long enough for company does not wait for the end of another exchange as well.
    var mayExchange: Bool {
        if !schedule.isBusy { return !mayGather }
        return overlapsExchanges && pace.isExchangeLong && schedule.exchanges < Self.farExchanges
            && schedule.flush == nil && !outbox.isEmpty
    }

    /// How many slots there must be for one of them to be spared.
    private static let overlapConcurrency = 16
    /// How many exchanges are under way at once where the way is long.
    private static let farExchanges = 4
    /// How much room a second claim must find.
    private static let overlapLimit = 64

    func claimRequest() -> DeliveryLanes.OpenClaim? {
        guard phase == .serving else { return nil }
        let prefetch = pace.prefetch(concurrency: lanes.concurrency)
        // Where the way is long, what is told takes a claim along, for by the time it arrives there may be jobs: to be woken
        // for them, and to claim then, is one way more.
        guard pace.isExchangeLong && !outbox.isEmpty || lanes.wantsMore(prefetch: prefetch),
            let want = lanes.want(prefetch: prefetch)
        else { return nil }
        return makeRequest(want.shares, limit: want.limit)
    }

    /// A request for no job: so that the broker wakes others in place of a worker that has paused a queue, or to get and
    /// to confirm endings while there is no room.
    func emptyRequest() -> DeliveryLanes.OpenClaim? {
        guard phase == .serving, schedule.hasLessRoom || schedule.asksForEndings || !recordedEndings.isEmpty else {
            return nil
        }
        let queues = jobs.storesResultsApart ? lanes.report.map(\.name) : []
        return makeRequest(queues.map { ClaimRequest.Share(queue: $0, fair: 0, maximum: 0) }, limit: 0)
    }

    private func makeRequest(_ shares: [ClaimRequest.Share], limit: Int) -> DeliveryLanes.OpenClaim {
        // Queues of which something is wanted say by that how much; what is claimed ahead is no room that others counted on.
        let leaves = schedule.hasLessRoom ? lanes.withoutRoom : []
        schedule.hasLessRoom = false
        defer { if !recordedEndings.isEmpty { schedule.isConfirming = true } }
        let request = ClaimRequest(
            worker: id,
            shares: shares,
            limit: limit,
            lease: configuration.lease,
            poisonLimit: configuration.poisonLimit,
            // One that is under way confirms them already.
            recorded: schedule.isConfirming ? [] : recordedEndings,
            leaves: leaves
        )
        return lanes.begin(request)
    }

    /// Tells the broker what is to be told, and takes what it gives.
    ///
    /// The caller has marked the worker as busy before.
    ///
    /// - Throws: What the broker throws; nothing is lost then, and what was to be told is told later.
    func settleAndClaim(_ open: DeliveryLanes.OpenClaim?) async throws(BrokerError) {
        let request = open?.request
        let items = outbox.take(Self.batchLimit)
        schedule.flush = nil
        // From here on it says what the broker pushes while the claim is under way, which its answer does not know.
        if request != nil { schedule.claim = nil }
        lastExchange += 1
        let number = lastExchange
        onTheWay.insert(number)
        let start = jobs.clock.uptime
        let isAlone = schedule.exchanges == 1
        defer {
            schedule.exchanges -= 1
            onTheWay.remove(number)
            let oldest = onTheWay.min() ?? .max
            if !cancelledOnTheWay.isEmpty { cancelledOnTheWay = cancelledOnTheWay.filter { $0.value >= oldest } }
            if request.map({ !$0.recorded.isEmpty }) ?? false { schedule.isConfirming = false }
            if isAlone { pace.recordExchange(jobs.clock.uptime - start) }
            // In shutdown, the worker's own loop waits for this to end.
            if phase != .serving { control.wake.raise() }
        }
        do {
            guard let open, let request else { return try await deliverUncancelled(items) }
            let items = try await recordOutcomes(items)
            let settlements = items.map(\.settlement)
            let (results, claim): ([SettlementResult], Claim)
            if items.isEmpty {
                (results, claim) = ([], try await jobs.broker.claim(request))
            } else {
                (results, claim) = try await jobs.broker.settle(settlements, claiming: request)
            }
            note(results, of: items)
            schedule.asksForEndings = false
            recordedEndings.removeFirst(request.recorded.count)
            take(claim, for: open, since: start)
            if !claim.ended.isEmpty {
                dispatchParked(keeping: pace.share)
                await store(claim.ended)
            }
        } catch {
            if let open {
                lanes.abandon(open)
                let request = open.request
                if request.shares.isEmpty || !request.leaves.isEmpty { schedule.hasLessRoom = true }
            }
            outbox.putBack(items)
            throw error
        }
    }

    /// Stores what the broker has ended by itself, where the store is not the broker's own.
    ///
    /// The broker gives it again, here or elsewhere, until it is told.
    private func store(_ endings: [Ending]) async {
        let store = jobs.results
        let told: [Ending]
        do {
            if jobs.storesResultsApart {
                _ = try await uncancelled { (_) throws(BrokerError) in try await store.record(endings.map(\.record)) }
            }
            told = try await tellWorkflows(endings)
        } catch {
            logger.debug(
                "Outcomes could not be stored; the broker gives them again",
                metadata: ["jobs": "\(endings.count)", "error": "\(error)"]
            )
            return
        }
        recordedEndings += told
        // The next request tells the broker.
        lanes.expectMore()
        control.wake.raise()
    }

    /// How many settlements make a call of their own worth while while a claim is under way.
    static let crowd = 48

    /// Whether a call can wait for more to tell, because there are jobs to run meanwhile.
    ///
    /// What a call costs the broker depends little on how many jobs it is about.
    var mayGather: Bool {
        gathers && outbox.count < Self.crowd && schedule.flush.map { $0 > jobs.clock.uptime } ?? false
    }

    /// Whether there is reason to gather settlements: calls take long, and there are jobs to run meanwhile.
    var gathers: Bool { phase == .serving && pace.isExchangeLong && lanes.canStart }

    /// Whether so much is to be told that it should not wait for the claim that is under way.
    ///
    /// Then the broker works on one call while the worker makes the other, and neither waits for the other's end.
    var settlesBeside: Bool {
        schedule.isBusy && outbox.count >= Self.crowd && phase == .serving && schedule.pause == nil
    }

    /// Tells the broker what is to be told beside a claim that is under way.
    ///
    /// - Throws: What the broker throws; nothing is lost then, and what was to be told is told later.
    func settleBeside() async throws(BrokerError) {
        let items = outbox.take(Self.batchLimit)
        guard !items.isEmpty else { return }
        // In shutdown, the worker's own loop waits for this.
        schedule.settlingAtOnce += 1
        defer { schedule.settlingAtOnce -= 1 }
        do {
            try await deliverUncancelled(items)
        } catch {
            outbox.putBack(items)
            throw error
        }
    }

    /// Stores outcomes where that is a step of its own, then settles, also while the worker's task is cancelled.
    private func deliverUncancelled(_ items: [SettlementBox.Item]) async throws(BrokerError) {
        let items = try await recordOutcomes(items)
        let settlements = items.map(\.settlement)
        let results = try await uncancelled { (broker) throws(BrokerError) in try await broker.settle(settlements) }
        note(results, of: items)
    }

    private func take(_ claim: Claim, for open: DeliveryLanes.OpenClaim, since began: Duration) {
        let uptime = jobs.clock.uptime
        lanes.add(claim, for: open, at: began)
        let waits = [claim.nextDue, jobs.broker.idleInterval].map { $0.map { uptime + $0 } }
        schedule.claim = ([schedule.claim] + waits).compactMap { $0 }.min()
        if let time = schedule.claim { alarm.set(notLaterThan: time) }
        if !claim.deliveries.isEmpty { planHeartbeat(at: uptime) }
        // While the claim was under way, shutdown may have begun, a queue been paused, or a job cancelled.
        if phase != .serving { returnUnstarted() }
        putBack(lanes.drainPaused())
        if !cancelledOnTheWay.isEmpty { cancelUnstarted(Set(cancelledOnTheWay.keys)) }
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

    /// The broker did not answer: leave it alone for a moment, longer each time.
    func noteBrokerFailure(_ error: BrokerError, _ doing: String) {
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
}
