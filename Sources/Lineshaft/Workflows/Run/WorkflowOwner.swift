//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// A job, as its workflows know it: the same in every life that a restarted workflow gives it.
package enum WorkflowOwner: Sendable, Hashable {
    /// A job that is no part of a workflow.
    case job(JobID)
    /// A node of a workflow, and which of the workflows under that identity.
    case member(WorkflowReference, Int)

    /// The identity of a workflow that the job has started, by the order in which it did.
    package func child(_ index: Int) -> JobID {
        switch self {
        case .job(let id): JobID(derivedFrom: "\(id)/child/\(index)")
        case .member(let reference, let incarnation):
            JobID(derivedFrom: "\(reference.id)/\(incarnation)/\(reference.node)/child/\(index)")
        }
    }
}

/// Which workflows a run has started.
package final class StartedChildren: Sendable {
    private struct State {
        var count = 0
        var started: [JobID] = []
        /// Those of whose ends the handler does not know.
        var unknown: [JobID] = []
    }

    private let state = Mutex(State())

    /// All of them, in order.
    package var started: [JobID] { state.withLock { $0.started } }

    /// Those of whose ends the handler does not know.
    package var unknown: [JobID] { state.withLock { $0.unknown } }

    /// The number of the next one.
    func next() -> Int {
        state.withLock { state in
            defer { state.count += 1 }
            return state.count
        }
    }

    func note(started id: JobID) {
        state.withLock { state in
            state.started.append(id)
            state.unknown.append(id)
        }
    }

    /// The handler knows how one has ended.
    func note(known id: JobID) { state.withLock { $0.unknown.removeAll { $0 == id } } }
}

extension JobSystem {
    /// What a job's workflows know it by; `nil` when the workflow that it is a part of is not kept any more.
    package func owner(of envelope: Envelope) async throws(BrokerError) -> WorkflowOwner? {
        guard envelope.isPartOfWorkflow, let reference = envelope.details.workflow else { return .job(envelope.id) }
        return try await workflowStore.summary(of: reference.id).map { .member(reference, $0.incarnation) }
    }

    /// Cancels the workflows that a job has started.
    ///
    /// - Parameter owner: The job.
    /// - Throws: ``BrokerError`` when an unknown part was cancelled. Repeating the call is safe.
    package func cancelChildren(of owner: WorkflowOwner) async throws(BrokerError) {
        guard let store = broker.workflows else { return }
        var index = 0
        while true {
            let own = owner.child(index)
            let asked = clock.now
            guard let step = try await store.cancel(own) else { return }
            try await perform(step, of: own, since: asked)
            index += 1
        }
    }

    /// Restarts those of the workflows that a job has started which have failed.
    ///
    /// That includes those that somebody has restarted who may have died before all that goes on was enqueued.
    func restartChildren(of owner: WorkflowOwner) async throws {
        guard let store = broker.workflows else { return }
        var index = 0
        while let summary = try await store.summary(of: owner.child(index)) {
            let isToRestart = summary.end.map { $0 != .succeeded } ?? (summary.restarts > 0)
            if isToRestart { try await restartWorkflow(owner.child(index)) }
            index += 1
        }
    }
}
