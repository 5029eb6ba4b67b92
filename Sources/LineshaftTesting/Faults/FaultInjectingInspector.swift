//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A queue inspector with which things go wrong, see ``FaultInjectingBroker``.
struct FaultInjectingInspector: QueueInspector {
    private let inspector: any QueueInspector
    private let faults: FaultInjector

    init(_ inspector: any QueueInspector, faults: FaultInjector) {
        self.inspector = inspector
        self.faults = faults
    }

    func queues() async throws(BrokerError) -> [QueueName] {
        try await faults.call(.inspect) { () async throws(BrokerError) in try await inspector.queues() }
    }

    func counts(of queue: QueueName) async throws(BrokerError) -> QueueCounts {
        try await faults.call(.inspect) { () async throws(BrokerError) in try await inspector.counts(of: queue) }
    }

    func jobs(
        in queue: QueueName,
        state: JobState,
        after cursor: String?,
        limit: Int
    ) async throws(BrokerError) -> JobPage {
        try await faults.call(.inspect) { () async throws(BrokerError) in
            try await inspector.jobs(in: queue, state: state, after: cursor, limit: limit)
        }
    }

    func find(_ id: JobID) async throws(BrokerError) -> JobSnapshot? {
        try await faults.call(.inspect) { () async throws(BrokerError) in try await inspector.find(id) }
    }

    func retry(_ ids: [JobID]) async throws(BrokerError) -> Int {
        try await faults.call(.inspect) { () async throws(BrokerError) in try await inspector.retry(ids) }
    }

    func delete(_ ids: [JobID]) async throws(BrokerError) -> Int {
        try await faults.call(.inspect) { () async throws(BrokerError) in try await inspector.delete(ids) }
    }

    func setPaused(_ paused: Bool, queue: QueueName) async throws(BrokerError) {
        try await faults.call(.inspect) { () async throws(BrokerError) in
            try await inspector.setPaused(paused, queue: queue)
        }
    }

    func setLimits(_ limits: QueueLimits, queue: QueueName) async throws(BrokerError) {
        try await faults.call(.inspect) { () async throws(BrokerError) in
            try await inspector.setLimits(limits, queue: queue)
        }
    }

    func tenants(in queue: QueueName, after cursor: String?, limit: Int) async throws(BrokerError) -> TenantPage {
        try await faults.call(.inspect) { () async throws(BrokerError) in
            try await inspector.tenants(in: queue, after: cursor, limit: limit)
        }
    }

    func workers() async throws(BrokerError) -> [WorkerReport] {
        try await faults.call(.inspect) { () async throws(BrokerError) in try await inspector.workers() }
    }
}
