//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A queue inspector that writes down what it changes, see ``RecordingBroker``.
struct RecordingInspector: QueueInspector {
    private let inspector: any QueueInspector
    private let recorder: HistoryRecorder
    private let process: String

    init(_ inspector: any QueueInspector, recorder: HistoryRecorder, process: String) {
        self.inspector = inspector
        self.recorder = recorder
        self.process = process
    }

    func queues() async throws(BrokerError) -> [QueueName] { try await inspector.queues() }

    func counts(of queue: QueueName) async throws(BrokerError) -> QueueCounts {
        try await inspector.counts(of: queue)
    }

    func jobs(
        in queue: QueueName,
        state: JobState,
        after cursor: String?,
        limit: Int
    ) async throws(BrokerError) -> JobPage {
        try await inspector.jobs(in: queue, state: state, after: cursor, limit: limit)
    }

    func find(_ id: JobID) async throws(BrokerError) -> JobSnapshot? { try await inspector.find(id) }

    /// One by one, for the answer is but a number.
    func retry(_ ids: [JobID]) async throws(BrokerError) -> Int {
        var count = 0
        for id in ids {
            recorder.record(.reviving(job: id), by: process)
            guard try await inspector.retry([id]) == 1 else { continue }
            recorder.record(.revived(job: id), by: process)
            count += 1
        }
        return count
    }

    func delete(_ ids: [JobID]) async throws(BrokerError) -> Int {
        for id in ids { recorder.record(.deleting(job: id), by: process) }
        return try await inspector.delete(ids)
    }

    func setPaused(_ paused: Bool, queue: QueueName) async throws(BrokerError) {
        recorder.record(.note("\(paused ? "pausing" : "resuming") \(queue)"), by: process)
        try await inspector.setPaused(paused, queue: queue)
    }

    func setLimits(_ limits: QueueLimits, queue: QueueName) async throws(BrokerError) {
        recorder.record(.note("limiting \(queue)"), by: process)
        try await inspector.setLimits(limits, queue: queue)
    }

    func tenants(in queue: QueueName, after cursor: String?, limit: Int) async throws(BrokerError) -> TenantPage {
        try await inspector.tenants(in: queue, after: cursor, limit: limit)
    }

    func workers() async throws(BrokerError) -> [WorkerReport] { try await inspector.workers() }
}
