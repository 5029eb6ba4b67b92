//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A host's way to the workflows of the shared broker.
struct HostWorkflowStore: WorkflowStore {
    private let store: any WorkflowStore
    private let way: HostBroker

    init(_ store: any WorkflowStore, way: HostBroker) {
        self.store = store
        self.way = way
    }

    var batchLimit: Int { store.batchLimit }

    func create(_ head: WorkflowHead) async throws(BrokerError) -> Bool {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.create(head) }
    }

    func create(
        _ head: WorkflowHead,
        nodes: [WorkflowNode],
        beginning roots: [Int]
    ) async throws(BrokerError) -> WorkflowStep? {
        try await way.perform(.workflow) { () async throws(BrokerError) in
            try await store.create(head, nodes: nodes, beginning: roots)
        }
    }

    func append(_ nodes: ArraySlice<WorkflowNode>, at index: Int, to id: JobID) async throws(BrokerError) {
        try await way.perform(.workflow) { () async throws(BrokerError) in
            try await store.append(nodes, at: index, to: id)
        }
    }

    func begin(_ nodes: [Int], of id: JobID) async throws(BrokerError) -> WorkflowStep {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.begin(nodes, of: id) }
    }

    func launch(_ id: JobID) async throws(BrokerError) -> WorkflowStep {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.launch(id) }
    }

    func end(_ ends: [WorkflowNodeEnd], of id: JobID) async throws(BrokerError) -> [WorkflowAnswer]? {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.end(ends, of: id) }
    }

    func advance(_ rest: WorkflowStep.Rest, of id: JobID) async throws(BrokerError) -> WorkflowStep? {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.advance(rest, of: id) }
    }

    func release(_ id: JobID, retention: Duration, generation: Int) async throws(BrokerError) -> WorkflowRelease? {
        try await way.perform(.workflow) { () async throws(BrokerError) in
            try await store.release(id, retention: retention, generation: generation)
        }
    }

    func adopt(_ id: JobID, by parent: WorkflowParent) async throws(BrokerError) {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.adopt(id, by: parent) }
    }

    func noteExpansion(in id: JobID) async throws(BrokerError) {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.noteExpansion(in: id) }
    }

    func head(of id: JobID) async throws(BrokerError) -> WorkflowHead? {
        try way.checkConnection()
        return try await store.head(of: id)
    }

    func nodes(_ nodes: [Int], of id: JobID) async throws(BrokerError) -> [WorkflowNode] {
        try way.checkConnection()
        return try await store.nodes(nodes, of: id)
    }

    func outcomes(of nodes: [Int], of id: JobID) async throws(BrokerError) -> [Outcome?] {
        try way.checkConnection()
        return try await store.outcomes(of: nodes, of: id)
    }

    func outcome(of reference: WorkflowReference) async throws(BrokerError) -> Outcome? {
        try way.checkConnection()
        return try await store.outcome(of: reference)
    }

    func stops(of regions: [Int], of id: JobID) async throws(BrokerError) -> [WorkflowStop?] {
        try way.checkConnection()
        return try await store.stops(of: regions, of: id)
    }

    func openNodes(in range: Range<Int>, of id: JobID) async throws(BrokerError) -> WorkflowOpenNodes {
        try way.checkConnection()
        return try await store.openNodes(in: range, of: id)
    }

    func cancel(_ id: JobID) async throws(BrokerError) -> WorkflowStep? {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.cancel(id) }
    }

    func restart(_ id: JobID) async throws(BrokerError) -> WorkflowStep? {
        try await way.perform(.workflow) { () async throws(BrokerError) in try await store.restart(id) }
    }

    func summary(of id: JobID) async throws(BrokerError) -> WorkflowSummary? {
        try way.checkConnection()
        return try await store.summary(of: id)
    }
}
