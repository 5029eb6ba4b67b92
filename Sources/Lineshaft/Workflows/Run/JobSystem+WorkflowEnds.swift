//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobSystem {
    /// Lets everybody know that a workflow is over.
    ///
    /// - Parameters:
    ///   - end: How it has ended.
    ///   - id: The workflow.
    ///   - incarnation: Which of those under this identity.
    ///   - generation: In which generation.
    /// - Returns: What is known to everybody now; `nil` when the workflow is not kept any more, or goes on again.
    /// - Throws: ``BrokerError`` when an unknown part was done. Repeating the call is safe.
    package func record(
        _ end: WorkflowEnd,
        of id: JobID,
        incarnation: Int,
        generation: Int
    ) async throws(BrokerError) -> OutcomeRecord? {
        let store = try workflowStore
        guard let head = try await workflowHead(of: id, incarnation: incarnation) else { return nil }
        let outcome: Outcome
        switch end {
        case .succeeded: outcome = .succeeded([])
        case .cancelled:
            // As a failure, which is taken back when the workflow is restarted.
            let message = "The workflow was cancelled."
            outcome = .failed(JobFailure(code: .cancelled, message: message, type: "", attempt: 0, time: clock.now))
        case .failed: outcome = try await failedOutcome(of: id)
        }
        let record = OutcomeRecord(
            id: id,
            outcome: outcome,
            attempts: 1,
            finished: clock.now,
            retention: head.retention,
            replyTo: head.replyTo
        )
        let known = try await results.record([record]).first ?? record
        // A job that waits for the workflow reads it first; one that has ended otherwise meanwhile never does.
        let retention = head.parent == nil ? head.retention : max(head.retention, Self.unreadRetention)
        let release = try await store.release(id, retention: retention, generation: generation)
        if let release, !release.stands {
            // Somebody has restarted it meanwhile, for whose end this record is in the way.
            try await results.withdraw([id])
            guard let summary = try await store.summary(of: id), let end = summary.end,
                summary.generation != generation
            else { return nil }
            return try await self.record(
                end,
                of: id,
                incarnation: summary.incarnation,
                generation: summary.generation
            )
        }
        if let parent = release?.parent { try await broker.hasten(parent.id, in: parent.queue) }
        return known
    }

    /// How long a workflow is kept at least that a job waits for.
    private static let unreadRetention = Duration.seconds(7 * 24 * 3600)

    /// The outcome of a workflow that has failed.
    func failedOutcome(of id: JobID) async throws(BrokerError) -> Outcome {
        guard let failure = try await failure(of: id) else { throw WorkflowMissing.error(id) }
        return .failed(
            JobFailure(
                code: failure.failure.code,
                message: "The job “\(failure.name)” failed: \(failure.failure.message)",
                type: failure.failure.type,
                attempt: failure.failure.attempt,
                time: failure.failure.time
            )
        )
    }

    /// Asks for a workflow's outcome to be delivered to the inbox.
    func watchWorkflow(_ id: JobID) async throws {
        if try await deliverWorkflow(id, orFail: true) { return }
        inbox.noteWatched(id)
        if let record = try await results.watch(workflow: id, for: inbox.client) {
            return inbox.deliver([.finished(record)])
        }
        // It may have ended, and what was recorded of it been dropped again, between the two questions.
        _ = try await deliverWorkflow(id, orFail: false)
    }

    /// Delivers a workflow's outcome if it is over.
    ///
    /// Whoever ended it may have died before recording that, or the record may have been dropped before the workflow.
    private func deliverWorkflow(_ id: JobID, orFail fails: Bool) async throws -> Bool {
        let summary = try await workflowStore.summary(of: id)
        guard summary == nil || summary?.end != nil else { return false }
        if let record = try await results.outcome(ofWorkflow: id) {
            inbox.deliver([.finished(record)])
            return true
        }
        guard let summary, let end = summary.end else {
            if fails { throw workflowNotFound(id) }
            return false
        }
        let (incarnation, generation) = (summary.incarnation, summary.generation)
        guard let record = try await record(end, of: id, incarnation: incarnation, generation: generation) else {
            return false
        }
        inbox.deliver([.finished(record)])
        return true
    }

    // MARK: Restarting

    /// Begins again what failed or was cancelled in a workflow that is over.
    ///
    /// - Parameter id: The workflow.
    /// - Throws: What ``WorkflowHandle/restart()`` throws.
    func restartWorkflow(_ id: JobID) async throws {
        let store = try workflowStore
        guard try await store.summary(of: id) != nil else { throw workflowNotFound(id) }
        // In this order: were the outcome withdrawn after the jobs had begun, it could be the next one. Should the process
        // die in between, the store still knows how the workflow ended.
        try await results.withdraw([id])
        let asked = clock.now
        let step = try await store.restart(id)
        if step == nil {
            // Whoever restarted it before may have died before enqueueing what goes on.
            guard let summary = try await store.summary(of: id), summary.end == nil, summary.restarts > 0 else {
                throw ConfigurationError(
                    code: .invalidState,
                    message:
                        "Workflow \(id) has not failed, so there is nothing to begin again. Cancel it first if it is "
                        + "still running."
                )
            }
        }
        try await enqueueOpenNodes(of: id) { (starts, summary) throws(BrokerError) in
            let again = starts.filter { $0.generation > summary.incarnation }
            try await deleteDeadLetters(of: again, id, since: summary.incarnation)
        }
        if let step { try await perform(step, of: id, since: asked) }
    }

    /// Deletes the dead letters of jobs that are begun anew under another identity.
    private func deleteDeadLetters(
        of starts: [WorkflowStep.Start],
        _ id: JobID,
        since incarnation: Int
    ) async throws(BrokerError) {
        guard let inspector = broker.inspector else { return }
        let ids = starts.flatMap { start in
            (incarnation..<start.generation).suffix(4)
                .map { WorkflowReference(id: id, node: start.node, generation: $0).job }
        }
        for first in stride(from: 0, to: ids.count, by: 500) {
            _ = try await inspector.delete(Array(ids[first..<min(first + 500, ids.count)]))
        }
    }
}
