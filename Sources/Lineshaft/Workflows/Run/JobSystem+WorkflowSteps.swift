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
        let asked = clock.now
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
        try await perform(merged, of: id, since: asked, after: ends.count)
        return outcomes
    }

    /// Does what is to be done about a workflow; nothing when that is not kept any more.
    ///
    /// - Parameters:
    ///   - step: What is to be done.
    ///   - id: The workflow.
    ///   - asked: When the store was asked: what is enqueued bears this time, by which a worker sees that it comes late.
    ///   - count: How many jobs have ended since the last step.
    /// - Throws: ``BrokerError`` when an unknown part was done.
    package func perform(
        _ step: WorkflowStep,
        of id: JobID,
        since asked: Timestamp,
        after count: Int = 0
    ) async throws(BrokerError) {
        var step = step
        try await enqueue(step.starts, of: id, step.incarnation, since: asked)
        while let rest = step.rest.popLast() {
            let asked = clock.now
            guard let next = try await workflowStore.advance(rest, of: id) else { return }
            try await enqueue(next.starts, of: id, next.incarnation, since: asked)
            step.merge(next)
        }
        for range in step.cancels { try await cancelOpenNodes(in: range, of: id) }
        if let end = step.end {
            _ = try await record(end, of: id, incarnation: step.incarnation, generation: step.generation)
        } else if count > 0, step.total > 0, !isNews(id),
            step.completed * 100 / step.total != (step.completed - count) * 100 / step.total
        {
            await report(JobProgress(completed: Double(step.completed), total: Double(step.total)), of: id)
        }
    }

    /// Whether a workflow was submitted a moment ago, so that nobody can follow yet how far it has come.
    private func isNews(_ id: JobID) -> Bool {
        guard let age = id.submissionTime?.duration(to: clock.now) else { return false }
        return age >= .zero && age < .milliseconds(100)
    }

    /// Has everything that was begun and has not ended enqueued, some thousand at a time.
    ///
    /// Whoever began it may have died before.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - body: Done after each page.
    /// - Throws: ``BrokerError`` when an unknown part was done. Repeating the call is safe.
    package func enqueueOpenNodes(
        of id: JobID,
        then body: ([WorkflowStep.Start], WorkflowSummary) async throws(BrokerError) -> Void
    ) async throws(BrokerError) {
        let store = try workflowStore
        guard let summary = try await store.summary(of: id),
            let head = try await workflowHead(of: id, incarnation: summary.incarnation)
        else { return }
        var rest = 0..<head.nodeCount
        while !rest.isEmpty {
            let asked = clock.now
            let open = try await store.openNodes(in: rest, of: id)
            guard let last = open.last else { return }
            rest = min(last + 1, rest.upperBound)..<rest.upperBound
            try await enqueue(open.starts, of: id, summary.incarnation, since: asked)
            let passing = open.passing.map { WorkflowStep.Rest(node: $0, position: 0) }
            let step = WorkflowStep(rest: passing, incarnation: summary.incarnation, generation: summary.generation)
            try await perform(step, of: id, since: asked)
            try await body(open.starts, summary)
        }
    }

    /// Enqueues nodes, some thousand at a time.
    ///
    /// What is there already is not there twice.
    private func enqueue(
        _ starts: [WorkflowStep.Start],
        of id: JobID,
        _ incarnation: Int,
        since asked: Timestamp
    ) async throws(BrokerError) {
        if starts.isEmpty { return }
        let store = try workflowStore
        let head = try await workflowHead(of: id, incarnation: incarnation)
        for first in stride(from: 0, to: starts.count, by: store.batchLimit) {
            let page = starts[first..<min(first + store.batchLimit, starts.count)]
            let nodes = try await store.nodes(page.map(\.node), of: id)
            guard let head, nodes.count == page.count else {
                configuration.logger.warning(
                    "A workflow that is not kept any more does not go on",
                    metadata: ["workflow": "\(id)"]
                )
                return
            }
            try await enqueue(zip(page, nodes), of: head, since: asked)
        }
    }

    /// Enqueues nodes that are at hand.
    package func enqueue(
        _ starts: some Sequence<(WorkflowStep.Start, WorkflowNode)>,
        of head: WorkflowHead,
        since asked: Timestamp
    ) async throws(BrokerError) {
        let plans = head.templates.map { template in
            SubmissionPlan(
                name: template.name,
                version: template.version,
                options: template.options,
                retry: template.retry,
                at: asked
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
                retention: retention == configuration.resultRetention ? nil : retention,
                deadline: head.deadline
            )
            submissions.append(Submission(draft.envelope(replyTo: nil)))
        }
        if !submissions.isEmpty { _ = try await broker.enqueue(submissions) }
    }

    /// How long a broker remembers at least that it has run a member, so that it is not run again by one who repeats
    /// what another one has begun.
    package static let memberRetention = Duration.seconds(600)

    /// Cancels what has been begun and has not ended, some thousand at a time.
    private func cancelOpenNodes(in range: Range<Int>, of id: JobID) async throws(BrokerError) {
        guard capabilities.contains(.cancellation) else { return }
        let store = try workflowStore
        guard let summary = try await store.summary(of: id) else { return }
        var rest = range
        while !rest.isEmpty {
            let open = try await store.openNodes(in: rest, of: id)
            guard let last = open.last else { return }
            rest = min(last + 1, rest.upperBound)..<rest.upperBound
            let starts = open.starts
            if starts.isEmpty { continue }
            let references = starts.map { WorkflowReference(id: id, node: $0.node, generation: $0.generation) }
            var results = try await broker.cancel(references.map(\.job))
            let missing = results.indices.filter { results[$0] == .notFound }
            if !missing.isEmpty {
                // Somebody is about to enqueue them: do it first, for what is there already is not there twice.
                try await enqueue(missing.map { starts[$0] }, of: id, summary.incarnation, since: clock.now)
                let again = try await broker.cancel(missing.map { references[$0].job })
                for (index, result) in zip(missing, again) { results[index] = result }
            }
            if summary.hasExpansions {
                for reference in references { try await cancelChildren(of: .member(reference, summary.incarnation)) }
            }
            let ends = zip(references, results).compactMap { reference, result in
                result == .cancelled ? WorkflowNodeEnd(reference: reference, outcome: .cancelled) : nil
            }
            if !ends.isEmpty { _ = try await end(ends, of: id) }
        }
    }

    private func report(_ progress: JobProgress, of id: JobID) async {
        do {
            try await results.report(progress, ofWorkflow: id)
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
        rest += other.rest
        incarnation = other.incarnation
        generation = other.generation
        for range in other.cancels where !cancels.contains(range) { cancels.append(range) }
        end = other.end ?? end
        completed = max(completed, other.completed)
        total = other.total
    }
}
