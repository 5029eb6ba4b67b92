//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Keeps workflows on Redis, each in a slot of its own.
struct RedisWorkflowStore: WorkflowStore {
    let broker: RedisBroker

    var batchLimit: Int { StorageLimits.jobs }

    private func keys(_ id: JobID) -> WorkflowKeys { WorkflowKeys(id, prefix: broker.settings.prefix) }

    func create(_ head: WorkflowHead) async throws(BrokerError) -> Bool {
        let keys = keys(head.id)
        guard let isNew = try await broker.call(WorkflowCreateCall(head, keys: keys)) else {
            throw WorkflowMissing.otherShape(head.id)
        }
        if isNew { try await appendParts(of: head) }
        return isNew
    }

    /// Adds the parts to a workflow that has been begun to be stored.
    func appendParts(of head: WorkflowHead) async throws(BrokerError) {
        for start in stride(from: 0, to: head.regions.count, by: batchLimit) {
            let page = head.regions[start..<min(start + batchLimit, head.regions.count)]
            try await broker.call(WorkflowAppendCall(page, keys: keys(head.id)))
        }
    }

    func create(
        _ head: WorkflowHead,
        nodes: [WorkflowNode],
        beginning roots: [Int]
    ) async throws(BrokerError) -> WorkflowStep? {
        let call = WorkflowWholeCall(head, nodes, beginning: roots, keys: keys(head.id))
        switch try await broker.call(call) {
        case .otherShape: throw WorkflowMissing.otherShape(head.id)
        case .known: return nil
        case .begun(let step): return step
        }
    }

    func append(_ nodes: ArraySlice<WorkflowNode>, at index: Int, to id: JobID) async throws(BrokerError) {
        try await broker.call(WorkflowAppendCall(nodes, at: index, keys: keys(id)))
    }

    func begin(_ nodes: [Int], of id: JobID) async throws(BrokerError) -> WorkflowStep {
        guard let step = try await step(WorkflowStepCall(.begin, nodes, of: id, keys: keys(id))) else {
            throw WorkflowMissing.error(id)
        }
        return step
    }

    func launch(_ id: JobID) async throws(BrokerError) -> WorkflowStep {
        guard let step = try await step(WorkflowStepCall(.launch, of: id, keys: keys(id))) else {
            throw WorkflowMissing.error(id)
        }
        return step
    }

    func end(_ ends: [WorkflowNodeEnd], of id: JobID) async throws(BrokerError) -> [WorkflowAnswer]? {
        guard let answers = try await broker.call(WorkflowStepCall(ends, of: id, keys: keys(id))) else { return nil }
        // What the server says of an end that came too late is that very end.
        return answers
    }

    func advance(_ rest: WorkflowStep.Rest, of id: JobID) async throws(BrokerError) -> WorkflowStep? {
        try await step(WorkflowStepCall(rest, of: id, keys: keys(id)))
    }

    func release(_ id: JobID, retention: Duration, generation: Int) async throws(BrokerError) -> WorkflowRelease? {
        try await broker.call(WorkflowReleaseCall(id, retention: retention, generation: generation, keys: keys(id)))
    }

    func adopt(_ id: JobID, by parent: WorkflowParent) async throws(BrokerError) {
        _ = try await broker.call(WorkflowStepCall(adoptedBy: parent, of: id, keys: keys(id)))
    }

    func noteExpansion(in id: JobID) async throws(BrokerError) {
        _ = try await broker.call(WorkflowStepCall(.expand, of: id, keys: keys(id)))
    }

    func head(of id: JobID) async throws(BrokerError) -> WorkflowHead? {
        try await broker.call(WorkflowReadCall.head(of: id, keys: keys(id)))
    }

    func nodes(_ nodes: [Int], of id: JobID) async throws(BrokerError) -> [WorkflowNode] {
        try await broker.call(WorkflowReadCall.nodes(nodes, of: id, keys: keys(id))) ?? []
    }

    func outcomes(of nodes: [Int], of id: JobID) async throws(BrokerError) -> [Outcome?] {
        try await broker.call(WorkflowReadCall.outcomes(of: nodes, of: id, keys: keys(id))) ?? []
    }

    func outcome(of reference: WorkflowReference) async throws(BrokerError) -> Outcome? {
        try await broker.call(WorkflowReadCall.outcome(of: reference, keys: keys(reference.id))) ?? .cancelled
    }

    func stops(of regions: [Int], of id: JobID) async throws(BrokerError) -> [WorkflowStop?] {
        try await broker.call(WorkflowReadCall.stops(of: regions, of: id, keys: keys(id))) ?? []
    }

    func openNodes(in range: Range<Int>, of id: JobID) async throws(BrokerError) -> WorkflowOpenNodes {
        try await broker.call(WorkflowReadCall.open(in: range, limit: batchLimit, of: id, keys: keys(id)))
            ?? WorkflowOpenNodes()
    }

    func cancel(_ id: JobID) async throws(BrokerError) -> WorkflowStep? {
        try await step(WorkflowStepCall(.cancel, of: id, keys: keys(id)))
    }

    func restart(_ id: JobID) async throws(BrokerError) -> WorkflowStep? {
        try await step(WorkflowStepCall(.restart, of: id, keys: keys(id)))
    }

    func summary(of id: JobID) async throws(BrokerError) -> WorkflowSummary? {
        try await broker.call(WorkflowReadCall.summary(of: id, keys: keys(id)))
    }

    private func step(_ call: WorkflowStepCall) async throws(BrokerError) -> WorkflowStep? {
        try await broker.call(call)?.first?.step
    }
}
