//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension MemoryBroker {
    /// Connects a worker's port.
    ///
    /// - Parameter port: What to call.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func attach(_ port: WorkerPort) throws(BrokerError) {
        _ = try begin()
        ports[port.worker] = port
        idle.add(port.worker)
    }

    /// Forgets a worker's port and report.
    ///
    /// - Parameter worker: The worker that has stopped.
    public func detach(_ worker: WorkerID) {
        ports[worker] = nil
        reports[worker] = nil
        // It may have been woken for jobs that it will not take now.
        let moment = Moment(clock)
        for queue in idle.remove(worker) {
            for other in idle.wake(queue, count: table.claimable(in: queue, at: moment)) { ports[other]?.wake() }
        }
    }

    /// Keeps a worker's report for as long as it says.
    ///
    /// - Parameter report: The worker's description of itself.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func announce(_ report: WorkerReport) throws(BrokerError) {
        let moment = try begin()
        reports[report.id] = (report, report.validity.map { moment.uptime(after: $0) } ?? .max)
    }

    /// Gives out jobs that are ready, without waiting.
    ///
    /// - Parameter request: What the worker can take.
    /// - Returns: The jobs, and how long until the next thing falls due.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func claim(_ request: ClaimRequest) throws(BrokerError) -> Claim {
        let moment = try begin()
        defer { finish(moment) }
        return claim(request, at: moment)
    }

    /// Applies settlements, each under its lease's token.
    ///
    /// - Parameter settlements: How deliveries ended.
    /// - Returns: One result for each, in the same order.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public nonisolated func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult] {
        let (results, mail) = try await apply(settlements)
        mail.send()
        return results
    }

    /// Applies settlements and claims in one step.
    ///
    /// - Parameters:
    ///   - settlements: How deliveries ended.
    ///   - request: What the worker can take.
    /// - Returns: One result for each settlement, and the claim.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public nonisolated func settle(
        _ settlements: [Settlement],
        claiming request: ClaimRequest
    ) async throws(BrokerError) -> ([SettlementResult], Claim) {
        let (results, claim, mail) = try await apply(settlements, claiming: request)
        mail.send()
        return (results, claim)
    }

    // Submitters that go on are resumed after this actor has been left, so that they do not run into it at once.

    private func apply(_ settlements: [Settlement]) throws(BrokerError) -> ([SettlementResult], Mail) {
        let moment = try begin()
        let results = settle(settlements, at: moment)
        return (results, takeMail(moment))
    }

    private func apply(
        _ settlements: [Settlement],
        claiming request: ClaimRequest
    ) throws(BrokerError) -> ([SettlementResult], Claim, Mail) {
        let moment = try begin()
        let results = settle(settlements, at: moment)
        let claim = claim(request, at: moment)
        return (results, claim, takeMail(moment))
    }

    /// Extends leases that are still held, counted from now.
    ///
    /// - Parameters:
    ///   - leases: The leases.
    ///   - duration: How long they run from now on.
    /// - Returns: How each stands, in the same order.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func extend(_ leases: [Lease], by duration: Duration) throws(BrokerError) -> [LeaseStatus] {
        let moment = try begin()
        // A lease that is shortened may run out before what workers that wait know of.
        defer { finish(moment) }
        return leases.map { table.extend($0, by: duration, at: moment) }
    }

    /// Cancels jobs: a waiting one ends at once, a running one is marked and its worker told.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: What happened to each, in the same order.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func cancel(_ ids: [JobID]) throws(BrokerError) -> [CancellationResult] {
        let moment = try begin()
        var told: [WorkerID: [JobID]] = [:]
        let results = ids.map { id -> CancellationResult in
            switch table.cancel(id, at: moment) {
            case .ended: return .cancelled
            case .requested(let worker):
                told[worker, default: []].append(id)
                return .requested
            case .dead: return .alreadyFinished
            case .unknown:
                // It may have ended a moment ago: in the ledger, or by time on the way here.
                let hasEnded = ledger.contains(id, at: moment) || table.endings.contains { $0.id == id }
                return hasEnded ? .alreadyFinished : .notFound
            }
        }
        for (worker, ids) in told.sorted(by: { $0.key.rawValue < $1.key.rawValue }) { ports[worker]?.cancel(ids) }
        finish(moment)
        return results
    }

    /// Makes a job ready that waits for its time.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - queue: Its queue.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func hasten(_ id: JobID, in queue: QueueName) throws(BrokerError) {
        let moment = try begin()
        table.hasten(id, at: moment)
        finish(moment)
    }

    private func settle(_ settlements: [Settlement], at moment: Moment) -> [SettlementResult] {
        var results: [SettlementResult] = []
        results.reserveCapacity(settlements.count)
        for settlement in settlements {
            if let result = table.settle(settlement, at: moment) {
                results.append(result)
            } else {
                results.append(wasSettled(settlement.lease, at: moment) ? .applied : .refused)
            }
        }
        return results
    }

    private func wasSettled(_ lease: Lease, at moment: Moment) -> Bool {
        ledger.wasSettled(lease.id, token: lease.token, at: moment)
            || table.endings.contains { $0.id == lease.id && $0.token == lease.token && $0.token != 0 }
    }

    private func claim(_ request: ClaimRequest, at moment: Moment) -> Claim {
        var hungry: [QueueName] = []
        var claim = table.claim(request, at: moment, hungry: &hungry)
        if !configuration.keepsResults || !unrecorded.isEmpty || !request.recorded.isEmpty {
            addEndings(to: &claim, request, at: moment)
        }
        let looks = claim.nextDue.map { moment.uptime(after: $0) } ?? .max
        // A worker that was woken for a queue, and did not take all that is there, leaves the rest to others.
        for queue in idle.update(request.worker, hungry: hungry, looks: looks) {
            table.noteClaimable(in: queue, at: moment)
        }
        return claim
    }

    /// The most endings of one claim.
    private static let endingLimit = 100

    /// Adds to a claim what the broker has ended by itself and cannot store.
    private func addEndings(to claim: inout Claim, _ request: ClaimRequest, at moment: Moment) {
        for ending in request.recorded { unrecorded.confirm(ending) }
        // The claim itself may have brought some about.
        var mail = Mail()
        if !table.endings.isEmpty { fileEndings(moment, &mail, for: request) }
        defer { mail.send() }
        if unrecorded.isEmpty { return }
        let deadline = moment.uptime(after: request.lease)
        for share in request.shares {
            let room = Self.endingLimit - claim.ended.count
            claim.ended += unrecorded.take(from: share.queue, limit: room, until: deadline, at: moment.uptime)
            let wait = unrecorded.wait(for: share.queue, at: moment.uptime)
            if wait != .max { claim.nextDue = min(claim.nextDue ?? .nanoseconds(wait), .nanoseconds(wait)) }
        }
    }
}
