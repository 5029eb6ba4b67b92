//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// A result store with which things go wrong, see ``FaultInjectingBroker``.
public final class FaultInjectingResultStore: ResultStore {
    /// Decides what goes wrong.
    public let faults: FaultInjector
    private let store: any ResultStore

    /// Wraps a store.
    ///
    /// - Parameters:
    ///   - store: The store that does the work.
    ///   - faults: Decides what goes wrong.
    public init(_ store: any ResultStore, faults: FaultInjector) {
        self.store = store
        self.faults = faults
    }

    /// Connects an inbox, whose deliveries go wrong as calls do.
    ///
    /// Deliveries that were dropped are made up for when the connection counts as restored: then the awaited outcomes are
    /// read again, as a store does that was cut off.
    ///
    /// - Parameter inbox: Where to deliver.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func attach(_ inbox: Inbox) async throws(BrokerError) {
        let (faults, store) = (faults, store)
        let readAgain = { @Sendable () async throws(BrokerError) in
            let awaited = inbox.awaited.sorted()
            if awaited.isEmpty { return }
            let outcomes = try await store.watch(awaited, for: inbox.client)
            inbox.deliver(awaited.compactMap { id in outcomes[id].map(ResultEvent.finished) })
        }
        let faulty = Inbox(relayingTo: inbox) { events in
            faults.push(.deliver, recovery: readAgain) { inbox.deliver(events) }
        }
        try await faults.call(.attachInbox) { () async throws(BrokerError) in try await store.attach(faulty) }
    }

    /// Forgets an inbox, unless something goes wrong.
    ///
    /// - Parameter client: The inbox's client.
    public func detach(_ client: ClientID) async {
        await faults.callSilently(.detachInbox) { await store.detach(client) }
    }

    /// Stores outcomes, unless something goes wrong.
    ///
    /// - Parameter records: The outcomes.
    /// - Returns: What the wrapped store returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func record(_ records: [OutcomeRecord]) async throws(BrokerError) -> [OutcomeRecord] {
        try await faults.call(.record) { () async throws(BrokerError) in try await store.record(records) }
    }

    /// Reads outcomes, unless something goes wrong.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: What the wrapped store returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func outcomes(of ids: [JobID]) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        try await faults.call(.readOutcomes) { () async throws(BrokerError) in try await store.outcomes(of: ids) }
    }

    /// Reads and subscribes, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - client: An attached inbox's client.
    /// - Returns: What the wrapped store returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func watch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        try await faults.call(.watch) { () async throws(BrokerError) in try await store.watch(ids, for: client) }
    }

    /// Reads the outcome of a workflow, unless something goes wrong.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: What the wrapped store returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func outcome(ofWorkflow id: JobID) async throws(BrokerError) -> OutcomeRecord? {
        try await faults.call(.readOutcomes) { () async throws(BrokerError) in try await store.outcome(ofWorkflow: id) }
    }

    /// Watches a workflow, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - client: An attached inbox's client.
    /// - Returns: What the wrapped store returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func watch(workflow id: JobID, for client: ClientID) async throws(BrokerError) -> OutcomeRecord? {
        try await faults.call(.watch) { () async throws(BrokerError) in
            try await store.watch(workflow: id, for: client)
        }
    }

    /// Stores the progress of a workflow, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - progress: How far the workflow has come.
    ///   - id: The workflow.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func report(_ progress: JobProgress, ofWorkflow id: JobID) async throws(BrokerError) {
        try await faults.call(.reportProgress) { () async throws(BrokerError) in
            try await store.report(progress, ofWorkflow: id)
        }
    }

    /// Stores progress, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - progress: How far the job has come.
    ///   - id: The job.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func report(_ progress: JobProgress, of id: JobID) async throws(BrokerError) {
        try await faults.call(.reportProgress) { () async throws(BrokerError) in
            try await store.report(progress, of: id)
        }
    }

    /// Reads progress, unless something goes wrong.
    ///
    /// - Parameter id: The job.
    /// - Returns: What the wrapped store returns.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func progress(of id: JobID) async throws(BrokerError) -> JobProgress? {
        try await faults.call(.readProgress) { () async throws(BrokerError) in try await store.progress(of: id) }
    }

    /// Ends subscriptions, unless something goes wrong.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - client: An attached inbox's client.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func unwatch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) {
        try await faults.call(.unwatch) { () async throws(BrokerError) in try await store.unwatch(ids, for: client) }
    }

    /// Takes outcomes back, unless something goes wrong.
    ///
    /// - Parameter ids: The jobs.
    /// - Throws: ``/Lineshaft/BrokerError``, the wrapped store's or an injected one.
    public func withdraw(_ ids: [JobID]) async throws(BrokerError) {
        try await faults.call(.withdraw) { () async throws(BrokerError) in try await store.withdraw(ids) }
    }

    /// Does nothing: the wrapped store is shared, and whoever made it shuts it down.
    public func shutdown() async {}
}
