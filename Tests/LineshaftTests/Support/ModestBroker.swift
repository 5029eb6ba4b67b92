//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A broker in memory that declares only what it is told to, and has neither steps, schedules nor workflows.
struct ModestBroker: Broker {
    private let broker: MemoryBroker
    let capabilities: BrokerCapabilities

    init(_ broker: MemoryBroker = MemoryBroker(), capabilities: BrokerCapabilities? = nil) {
        self.broker = broker
        self.capabilities = capabilities ?? broker.capabilities
    }

    var inspector: (any QueueInspector)? { broker.inspector }
    var results: (any ResultStore)? { broker.results }

    func enqueue(_ submissions: [Submission]) async throws(BrokerError) -> [Receipt] {
        try await broker.enqueue(submissions)
    }

    func waitForRoom(in queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        try await broker.waitForRoom(in: queue, maximumLength: maximumLength)
    }

    func attach(_ port: WorkerPort) async throws(BrokerError) { try await broker.attach(port) }
    func detach(_ worker: WorkerID) async { await broker.detach(worker) }
    func announce(_ report: WorkerReport) async throws(BrokerError) { try await broker.announce(report) }
    func claim(_ request: ClaimRequest) async throws(BrokerError) -> Claim { try await broker.claim(request) }

    func settle(_ settlements: [Settlement]) async throws(BrokerError) -> [SettlementResult] {
        try await broker.settle(settlements)
    }

    func extend(_ leases: [Lease], by duration: Duration) async throws(BrokerError) -> [LeaseStatus] {
        try await broker.extend(leases, by: duration)
    }

    func cancel(_ ids: [JobID]) async throws(BrokerError) -> [CancellationResult] { try await broker.cancel(ids) }
    func shutdown() async { await broker.shutdown() }
}
