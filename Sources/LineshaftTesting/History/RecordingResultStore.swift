//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// A result store that writes down which outcomes are seen through it, see ``RecordingBroker``.
public final class RecordingResultStore: ResultStore {
    private let store: any ResultStore
    private let recorder: HistoryRecorder
    private let process: String

    /// Wraps a store.
    ///
    /// - Parameters:
    ///   - store: The store that does the work.
    ///   - recorder: Where to record.
    ///   - process: Who looks.
    public init(_ store: any ResultStore, recorder: HistoryRecorder, process: String) {
        self.store = store
        self.recorder = recorder
        self.process = process
    }

    /// Connects an inbox, and records the outcomes that are delivered to it.
    ///
    /// - Parameter inbox: Where to deliver.
    /// - Throws: What the wrapped store throws.
    public func attach(_ inbox: Inbox) async throws(BrokerError) {
        let (recorder, process) = (recorder, process)
        let recorded = Inbox(relayingTo: inbox) { events in
            for case .finished(let record) in events {
                recorder.record(.outcome(job: record.id, HistoryOutcome(record.outcome)), by: process)
            }
            inbox.deliver(events)
        }
        try await store.attach(recorded)
    }

    /// Forgets an inbox, which is not recorded.
    ///
    /// - Parameter client: The inbox's client.
    public func detach(_ client: ClientID) async {
        await store.detach(client)
    }

    /// Stores outcomes and records those that are now there.
    ///
    /// - Parameter records: The outcomes.
    /// - Returns: What the wrapped store returns.
    /// - Throws: What the wrapped store throws.
    public func record(_ records: [OutcomeRecord]) async throws(BrokerError) -> [OutcomeRecord] {
        for record in records {
            recorder.record(.storing(job: record.id, HistoryOutcome(record.outcome)), by: process)
        }
        let stored = try await store.record(records)
        note(stored)
        return stored
    }

    /// Reads outcomes and records them.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: What the wrapped store returns.
    /// - Throws: What the wrapped store throws.
    public func outcomes(of ids: [JobID]) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        let outcomes = try await store.outcomes(of: ids)
        note(ids.compactMap { outcomes[$0] })
        return outcomes
    }

    /// Reads outcomes, subscribes, and records the outcomes that are there.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - client: An attached inbox's client.
    /// - Returns: What the wrapped store returns.
    /// - Throws: What the wrapped store throws.
    public func watch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        let outcomes = try await store.watch(ids, for: client)
        note(ids.compactMap { outcomes[$0] })
        return outcomes
    }

    /// Reads the outcome of a workflow, which is not recorded.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: What the wrapped store returns.
    /// - Throws: What the wrapped store throws.
    public func outcome(ofWorkflow id: JobID) async throws(BrokerError) -> OutcomeRecord? {
        try await store.outcome(ofWorkflow: id)
    }

    /// Watches a workflow, which is not recorded.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - client: An attached inbox's client.
    /// - Returns: What the wrapped store returns.
    /// - Throws: What the wrapped store throws.
    public func watch(workflow id: JobID, for client: ClientID) async throws(BrokerError) -> OutcomeRecord? {
        try await store.watch(workflow: id, for: client)
    }

    /// Stores the progress of a workflow, which is not recorded.
    ///
    /// - Parameters:
    ///   - progress: How far the workflow has come.
    ///   - id: The workflow.
    /// - Throws: What the wrapped store throws.
    public func report(_ progress: JobProgress, ofWorkflow id: JobID) async throws(BrokerError) {
        try await store.report(progress, ofWorkflow: id)
    }

    /// Ends subscriptions, which is not recorded.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - client: An attached inbox's client.
    /// - Throws: What the wrapped store throws.
    public func unwatch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) {
        try await store.unwatch(ids, for: client)
    }

    /// Takes outcomes back, which is not recorded: the job's new life is, when it begins.
    ///
    /// - Parameter ids: The jobs.
    /// - Throws: What the wrapped store throws.
    public func withdraw(_ ids: [JobID]) async throws(BrokerError) {
        try await store.withdraw(ids)
    }

    /// Stores progress, which is not recorded.
    ///
    /// - Parameters:
    ///   - progress: How far the job has come.
    ///   - id: The job.
    /// - Throws: What the wrapped store throws.
    public func report(_ progress: JobProgress, of id: JobID) async throws(BrokerError) {
        try await store.report(progress, of: id)
    }

    /// Reads progress, which is not recorded.
    ///
    /// - Parameter id: The job.
    /// - Returns: What the wrapped store returns.
    /// - Throws: What the wrapped store throws.
    public func progress(of id: JobID) async throws(BrokerError) -> JobProgress? {
        try await store.progress(of: id)
    }

    /// Shuts the wrapped store down.
    public func shutdown() async {
        await store.shutdown()
    }

    private func note(_ records: [OutcomeRecord]) {
        for record in records {
            recorder.record(.outcome(job: record.id, HistoryOutcome(record.outcome)), by: process)
        }
    }
}
