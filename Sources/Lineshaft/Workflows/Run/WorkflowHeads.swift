//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// Heads of workflows that this process works for.
///
/// They do not change while the incarnation is the same, apart from the parent, so each is read once.
package final class WorkflowHeads: Sendable {
    private struct State {
        var heads: [JobID: WorkflowHead] = [:]
        /// In the order in which they came.
        var ids: [JobID] = []
    }

    /// The most that are kept.
    private static let limit = 64

    private let state = Mutex(State())

    package init() {}

    /// The head of a workflow, if it was kept.
    package subscript(id: JobID, incarnation: Int) -> WorkflowHead? {
        state.withLock { state in
            guard let head = state.heads[id], head.incarnation == incarnation else { return nil }
            return head
        }
    }

    /// Keeps a head.
    package func keep(_ head: WorkflowHead) {
        state.withLock { state in
            guard state.heads.updateValue(head, forKey: head.id) == nil else { return }
            state.ids.append(head.id)
            guard state.ids.count > Self.limit else { return }
            state.heads[state.ids.removeFirst()] = nil
        }
    }
}

extension JobSystem {
    /// The head of a workflow for those who do not ask for its parent; `nil` when it is not kept any more.
    package func workflowHead(of id: JobID, incarnation: Int) async throws(BrokerError) -> WorkflowHead? {
        if let head = workflowHeads[id, incarnation] { return head }
        guard let head = try await workflowStore.head(of: id) else { return nil }
        workflowHeads.keep(head)
        return head
    }
}
