//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// Stores outcomes where settling does not.
    ///
    /// - Returns: What is to be settled. A worker that had lost its lease may have stored another outcome, and the first
    ///   one stands.
    func recordOutcomes(_ items: [SettlementBox.Item]) async throws(BrokerError) -> [SettlementBox.Item] {
        let hasMembers = items.contains { $0.delivery.envelope.isPartOfWorkflow }
        guard jobs.storesResultsApart || hasMembers else { return items }
        var items = try await dropLost(items)
        if hasMembers { items = try await tellWorkflows(items) }
        guard jobs.storesResultsApart else { return items }
        let now = jobs.clock.now
        let records = items.compactMap { item -> OutcomeRecord? in
            guard let outcome = item.settlement.disposition.outcome else { return nil }
            let envelope = item.delivery.envelope
            return OutcomeRecord(
                id: envelope.id,
                outcome: outcome,
                attempts: item.delivery.attempt,
                finished: now,
                retention: envelope.details.retention ?? jobs.configuration.resultRetention,
                replyTo: envelope.replyTo
            )
        }
        if records.isEmpty { return items }
        let store = jobs.results
        let stored = try await uncancelled { (_) throws(BrokerError) in try await store.record(records) }
        let outcomes = Dictionary(stored.map { ($0.id, $0.outcome) }) { first, _ in first }
        return items.map { item in
            guard let ours = item.settlement.disposition.outcome,
                let first = outcomes[item.delivery.envelope.id], first != ours
            else { return item }
            return item.settled(as: Settlement.Disposition(first))
        }
    }

    /// Leaves out what is no longer this worker's to say, because its lease is lost.
    ///
    /// A store that is not the broker's cannot compare tokens, so this is done before. As long as the lease certainly runs
    /// on, which is nearly always, it takes no call; only a worker that stands still between here and the store's answer,
    /// for longer than is left of its lease, can still store an outcome that it has no right to.
    private func dropLost(_ items: [SettlementBox.Item]) async throws(BrokerError) -> [SettlementBox.Item] {
        let limit = jobs.clock.uptime + configuration.lease / 4
        let doubtful = items.indices.filter {
            items[$0].settlement.disposition.outcome != nil && items[$0].heldUntil < limit
        }
        if doubtful.isEmpty { return items }
        let leases = doubtful.map { items[$0].settlement.lease }
        let duration = configuration.lease
        let uptime = jobs.clock.uptime
        let statuses = try await uncancelled { (broker) throws(BrokerError) in
            try await broker.extend(leases, by: duration)
        }
        var items = items
        var lost: [Int] = []
        for (index, status) in zip(doubtful, statuses) {
            if status == .lost { lost.append(index) } else { items[index].heldUntil = uptime + duration }
        }
        note(lost.map { _ in .refused }, of: lost.map { items[$0] })
        for index in lost.reversed() { items.remove(at: index) }
        return items
    }
}

extension SettlementBox.Item {
    /// The same delivery with another end.
    func settled(as disposition: Settlement.Disposition) -> SettlementBox.Item {
        SettlementBox.Item(
            settlement: Settlement(lease: settlement.lease, disposition: disposition),
            delivery: delivery,
            heldUntil: heldUntil
        )
    }
}
