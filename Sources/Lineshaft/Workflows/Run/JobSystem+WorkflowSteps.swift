//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension JobSystem {
    /// The store for workflows.
    package var workflowStore: any WorkflowStore {
        get throws(BrokerError) {
            if let store = broker.workflows { return store }
            throw BrokerError(
                code: .unsupported,
                message:
                    "This broker keeps no workflows. Submit the jobs one by one, or use a broker that does, such as "
                    + "that of `memory:` or of a Redis URL."
            )
        }
    }

    /// Tells a workflow how jobs of it ended, and does what follows.
    ///
    /// - Parameters:
    ///   - ends: The ends.
    ///   - id: The workflow.
    /// - Returns: For each, the outcome that counts, which is the first that was told.
    /// - Throws: ``BrokerError`` when an unknown part was done. Repeating the call is safe, and necessary.
    package func end(_ ends: [WorkflowNodeEnd], of id: JobID) async throws(BrokerError) -> [Outcome] {
        let store = try workflowStore
        var outcomes: [Outcome] = []
        var merged = WorkflowStep()
        for start in stride(from: 0, to: ends.count, by: store.batchLimit) {
            let page = Array(ends[start..<min(start + store.batchLimit, ends.count)])
            guard let answers = try await store.end(page, of: id) else {
                configuration.logger.warning(
                    "Jobs of a workflow that is not kept any more have ended; nothing follows from it",
                    metadata: ["workflow": "\(id)", "jobs": "\(page.count)"]
                )
                outcomes += page.map(\.outcome)
                continue
            }
            outcomes += answers.map(\.outcome)
            for answer in answers { merged.merge(answer.step) }
        }
        try await perform(merged, of: id, after: ends.count)
        return outcomes
    }

    /// Does what is to be done about a workflow.
    ///
    /// - Parameters:
    ///   - step: What is to be done.
    ///   - id: The workflow.
    ///   - count: How many jobs have ended since the last step.
    /// - Throws: ``BrokerError`` when an unknown part was done.
    package func perform(_ step: WorkflowStep, of id: JobID, after count: Int = 0) async throws(BrokerError) {
        if !step.starts.isEmpty { try await enqueue(step.starts, of: id) }
        for range in step.cancels { try await cancelOpenNodes(in: range, of: id) }
        if let end = step.end {
            try await record(end, of: id)
        } else if count > 0, step.total > 0,
            step.completed * 100 / step.total != (step.completed - count) * 100 / step.total
        {
            await report(JobProgress(completed: Double(step.completed), total: Double(step.total)), of: id)
        }
    }

    /// Enqueues nodes, some thousand at a time.
    ///
    /// What is there already is not there twice.
    private func enqueue(_ starts: [WorkflowStep.Start], of id: JobID) async throws(BrokerError) {
        let store = try workflowStore
        guard let head = try await workflowHead(of: id) else { throw WorkflowMissing.error(id) }
        for first in stride(from: 0, to: starts.count, by: store.batchLimit) {
            let page = starts[first..<min(first + store.batchLimit, starts.count)]
            let nodes = try await store.nodes(page.map(\.node), of: id)
            guard nodes.count == page.count else { throw WorkflowMissing.error(id) }
            try await enqueue(zip(page, nodes), of: head)
        }
    }

    /// Enqueues nodes that are at hand.
    package func enqueue(
        _ starts: some Sequence<(WorkflowStep.Start, WorkflowNode)>,
        of head: WorkflowHead
    ) async throws(BrokerError) {
        let now = clock.now
        let plans = head.templates.map { template in
            SubmissionPlan(
                name: template.name,
                version: template.version,
                options: template.options,
                retry: template.retry,
                at: now
            )
        }
        var submissions: [Submission] = []
        for (start, node) in starts {
            guard case .job(let template, let payload, _) = node.kind, plans.indices.contains(template) else {
                continue
            }
            let reference = WorkflowReference(id: head.id, node: start.node, generation: start.generation)
            let options = head.templates[template].options
            let retention = max(options.retention ?? configuration.resultRetention, Self.memberRetention)
            let draft = plans[template].draft(
                id: reference.job,
                payload: payload,
                workflow: reference,
                retention: retention == configuration.resultRetention ? nil : retention
            )
            submissions.append(Submission(draft.envelope(replyTo: nil)))
        }
        if !submissions.isEmpty { _ = try await broker.enqueue(submissions) }
    }

    /// How long a broker remembers at least that it has run a member, so that it is not run again by one who repeats
    /// what another one has begun.
    private static let memberRetention = Duration.seconds(600)

    /// Cancels what has been begun and has not ended, some thousand at a time.
    private func cancelOpenNodes(in range: Range<Int>, of id: JobID) async throws(BrokerError) {
        guard capabilities.contains(.cancellation) else { return }
        let store = try workflowStore
        let expands = try await store.summary(of: id)?.hasExpansions ?? false
        var rest = range
        while !rest.isEmpty {
            let open = try await store.openNodes(in: rest, of: id)
            guard let last = open.last else { return }
            rest = min(last.node + 1, rest.upperBound)..<rest.upperBound
            let references = open.map { WorkflowReference(id: id, node: $0.node, generation: $0.generation) }
            var results = try await broker.cancel(references.map(\.job))
            let missing = results.indices.filter { results[$0] == .notFound }
            if !missing.isEmpty {
                // Somebody is about to enqueue them: do it first, for what is there already is not there twice.
                try await enqueue(missing.map { open[$0] }, of: id)
                let again = try await broker.cancel(missing.map { references[$0].job })
                for (index, result) in zip(missing, again) { results[index] = result }
            }
            if expands { for reference in references { try await cancelExpansion(of: reference.job) } }
            let ends = zip(references, results).compactMap { reference, result in
                result == .cancelled ? WorkflowNodeEnd(reference: reference, outcome: .cancelled) : nil
            }
            if !ends.isEmpty { _ = try await end(ends, of: id) }
        }
    }

    /// Lets everybody know that a workflow is over.
    private func record(_ end: WorkflowEnd, of id: JobID) async throws(BrokerError) {
        let store = try workflowStore
        guard let head = try await workflowHead(of: id) else { throw WorkflowMissing.error(id) }
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
        _ = try await results.record([record])
        // A job that waits for the workflow reads it first; one that has ended otherwise meanwhile never does.
        let retention = head.parent == nil ? head.retention : max(head.retention, Self.unreadRetention)
        try await store.release(id, retention: retention)
        if let parent = head.parent { try await broker.hasten(parent.id, in: parent.queue) }
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

    private func report(_ progress: JobProgress, of id: JobID) async {
        do {
            try await results.report(progress, of: id)
        } catch {
            configuration.logger.debug(
                "A workflow's progress was not delivered",
                metadata: ["workflow": "\(id)", "error": "\(error)"]
            )
        }
    }
}

extension WorkflowStep {
    /// Adds what another step says, which came later.
    package mutating func merge(_ other: WorkflowStep) {
        starts += other.starts
        for range in other.cancels where !cancels.contains(range) { cancels.append(range) }
        end = other.end ?? end
        completed = max(completed, other.completed)
        total = other.total
    }
}
