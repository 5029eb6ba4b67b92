//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A host's way to the outcomes of the shared broker.
struct HostResultStore: ResultStore {
    private let store: any ResultStore
    private let way: HostBroker

    init(_ store: any ResultStore, way: HostBroker) {
        self.store = store
        self.way = way
    }

    func attach(_ inbox: Inbox) async throws(BrokerError) { try await store.attach(inbox) }

    func detach(_ client: ClientID) async { await store.detach(client) }

    func record(_ records: [OutcomeRecord]) async throws(BrokerError) -> [OutcomeRecord] {
        try await way.perform(.record) { () async throws(BrokerError) in try await store.record(records) }
    }

    func outcomes(of ids: [JobID]) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        try await store.outcomes(of: ids)
    }

    func watch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        try await store.watch(ids, for: client)
    }

    func outcome(ofWorkflow id: JobID) async throws(BrokerError) -> OutcomeRecord? {
        try await store.outcome(ofWorkflow: id)
    }

    func watch(workflow id: JobID, for client: ClientID) async throws(BrokerError) -> OutcomeRecord? {
        try await store.watch(workflow: id, for: client)
    }

    func report(_ progress: JobProgress, ofWorkflow id: JobID) async throws(BrokerError) {
        try way.checkConnection()
        try await store.report(progress, ofWorkflow: id)
    }

    func unwatch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) {
        try await store.unwatch(ids, for: client)
    }

    func withdraw(_ ids: [JobID]) async throws(BrokerError) { try await store.withdraw(ids) }

    func report(_ progress: JobProgress, of id: JobID) async throws(BrokerError) {
        try way.checkConnection()
        try await store.report(progress, of: id)
    }

    func progress(of id: JobID) async throws(BrokerError) -> JobProgress? { try await store.progress(of: id) }

    /// Does nothing: the broker is shared.
    func shutdown() async {}
}
