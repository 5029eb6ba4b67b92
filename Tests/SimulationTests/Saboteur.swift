//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Synchronization

/// A broker that breaks one promise on purpose, to see whether the simulation finds it.
final class Saboteur: Broker {
    enum Crime: String, Sendable, CaseIterable {
        /// Applies any settlement, whatever its token.
        case settlesWithoutToken
        /// Never gives out again what was released.
        case losesReleased
        /// Gives one delivery to two workers.
        case deliversTwice
        /// Says that a job is cancelled, and leaves it where it is.
        case ignoresCancel
        /// Says that a lease is extended, and lets it run out.
        case ignoresExtend
        /// Says that a job is accepted, and forgets one in five.
        case forgetsAccepted
        /// Counts a lost lease as a failed attempt.
        case countsCrashes
        /// Gives tokens that shrink.
        case shrinkingTokens
        /// Says that a settlement is refused, and applies it.
        case liesAboutRefusal
        /// Lets go of every limit.
        case ignoresLimits
        /// Never says what it has ended by itself.
        case keepsEndings
        /// Says that a step is recorded, and forgets it.
        case forgetsSteps
    }

    private struct State {
        var newest: [JobID: UInt64] = [:]
        var last: Delivery?
        var count = 0
    }

    private let broker: any Broker
    private let crime: Crime
    private let state = Mutex(State())

    init(_ broker: any Broker, _ crime: Crime) {
        self.broker = broker
        self.crime = crime
    }

    var capabilities: BrokerCapabilities { broker.capabilities }
    var inspector: (any QueueInspector)? { broker.inspector }
    var results: (any ResultStore)? { broker.results }
    var steps: (any StepStore)? {
        guard let steps = broker.steps else { return nil }
        return crime == .forgetsSteps ? ForgetfulStepStore(store: steps) : steps
    }

    func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt] {
        if crime == .forgetsAccepted {
            let number = state.withLock { state in
                state.count += 1
                return state.count
            }
            if number.isMultiple(of: 5) { return submissions.map { _ in .accepted } }
        }
        return try await broker.enqueue(submissions)
    }

    func claim(_ request: ClaimRequest) async throws(BrokerError) -> Claim {
        if crime == .ignoresLimits {
            for queue: QueueName in ["a", "b"] { try await broker.inspector?.setLimits(.none, queue: queue) }
        }
        var claim = try await broker.claim(request)
        if crime == .keepsEndings { claim.ended = [] }
        state.withLock { state in
            if crime == .deliversTwice, let last = state.last, claim.deliveries.count < request.limit {
                claim.deliveries.append(last)
                state.last = nil
            } else if let last = claim.deliveries.last {
                state.last = last
            }
            for delivery in claim.deliveries { state.newest[delivery.lease.id] = delivery.lease.token }
        }
        if crime == .countsCrashes || crime == .shrinkingTokens { claim.deliveries = claim.deliveries.map(falsified) }
        return claim
    }

    func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult] {
        let newest = state.withLock { $0.newest }
        let results = try await broker.settle(
            settlements.map { settlement in
                var (lease, disposition) = (settlement.lease, settlement.disposition)
                if crime == .settlesWithoutToken {
                    lease = Lease(id: lease.id, queue: lease.queue, token: newest[lease.id] ?? lease.token)
                }
                if crime == .shrinkingTokens { lease = shrunk(lease) }
                if crime == .losesReleased && [.released, .unstarted].contains(disposition) {
                    disposition = .snoozed(for: .seconds(1_000_000))
                }
                return Settlement(lease: lease, disposition: disposition)
            }
        )
        return crime == .liesAboutRefusal ? results.map { _ in .refused } : results
    }

    func extend(_ leases: [Lease], by duration: Duration) async throws(BrokerError) -> [LeaseStatus] {
        if crime == .ignoresExtend { return leases.map { _ in .held } }
        return try await broker.extend(crime == .shrinkingTokens ? leases.map(shrunk) : leases, by: duration)
    }

    func cancel(_ ids: [JobID]) async throws(BrokerError) -> [CancellationResult] {
        if crime == .ignoresCancel { return ids.map { _ in .cancelled } }
        return try await broker.cancel(ids)
    }

    func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        try await broker.waitForRoom(in: queue, maximumLength: maximumLength)
    }

    func attach(_ port: WorkerPort) async throws(BrokerError) { try await broker.attach(port) }
    func detach(_ worker: WorkerID) async { await broker.detach(worker) }
    func announce(_ report: WorkerReport) async throws(BrokerError) { try await broker.announce(report) }
    func shutdown() async { await broker.shutdown() }

    private func falsified(_ delivery: Delivery) -> Delivery {
        Delivery(
            envelope: delivery.envelope,
            lease: crime == .shrinkingTokens ? shrunk(delivery.lease) : delivery.lease,
            attempt: crime == .countsCrashes ? delivery.delivery : delivery.attempt,
            delivery: delivery.delivery
        )
    }

    /// Turns the order of tokens round; twice gives the same again.
    private func shrunk(_ lease: Lease) -> Lease {
        Lease(id: lease.id, queue: lease.queue, token: 1_000_000_000 - lease.token)
    }
}

/// A store that keeps no step.
private struct ForgetfulStepStore: StepStore {
    let store: any StepStore

    func steps(of lease: Lease) async throws(BrokerError) -> [StepRecord]? { try await store.steps(of: lease) }
    func record(_ step: StepRecord, under lease: Lease) async throws(BrokerError) -> SettlementResult { .applied }
}
