//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobSystem {
    /// Submits a workflow.
    ///
    /// When this returns, the broker keeps all of it, and it will be over in exactly one way, whatever dies meanwhile. When
    /// it throws, or its process dies, the first jobs may have been run; submit it again with the same `id` to complete it.
    ///
    /// - Parameters:
    ///   - workflow: The workflow.
    ///   - id: The workflow's identity, for submissions that must be idempotent: a second one with the same identity is the
    ///     first one. Made by the system if left out.
    ///   - retention: How long the workflow and all its outputs are kept once it is over; the system's `resultRetention` if
    ///     left out, and a minute at least.
    /// - Returns: A handle to the workflow.
    /// - Throws: ``ConfigurationError`` for options that make no sense; ``JobError`` when a job cannot be encoded;
    ///   ``BrokerError`` when the broker did not accept it, with the code `unsupported` when it keeps no workflows.
    @discardableResult
    @_disfavoredOverload
    public func submit<W: Workflow>(
        _ workflow: W,
        id: JobID? = nil,
        retention: Duration? = nil
    ) async throws -> WorkflowHandle<W.Output> where W.Input == NoValue {
        try await submit(workflow, id: id, retention: retention, replyTo: inbox.client, parent: nil)
    }

    /// Submits a workflow, on behalf of a job or of nobody.
    func submit<W: Workflow>(
        _ workflow: W,
        id: JobID?,
        retention: Duration?,
        replyTo: ClientID?,
        deadline: Timestamp? = nil,
        parent: WorkflowParent?
    ) async throws -> WorkflowHandle<W.Output> where W.Input == NoValue {
        let store = try workflowStore
        let now = clock.now
        let own = id ?? random.withGenerator { JobID(at: now, using: &$0) }
        var builder = WorkflowBuilder(codec: configuration.codec, time: now)
        let output = try workflow.plan(into: &builder, after: .start)
        let plan = builder.plan(
            id: own,
            output: output,
            replyTo: replyTo,
            retention: retention ?? configuration.resultRetention,
            deadline: deadline,
            parent: parent
        )
        try checkAbilities(for: plan.head)
        let claim = inbox.claim(own, isWorkflow: true)
        let isNew: Bool
        if max(plan.nodes.count, plan.head.regions.count) <= store.batchLimit {
            isNew = try await launchAtOnce(plan, in: store)
        } else {
            isNew = try await store.create(plan.head)
            if isNew { try await launch(plan, in: store) }
        }
        try await completeLaunch(of: own, in: store)
        // Under an identity of the caller's, another may have begun it, whom its outcome is delivered to.
        let isOwn = isNew && id == nil && replyTo == inbox.client
        return WorkflowHandle(system: self, claim: claim, plan: isOwn ? plan.head : nil)
    }

    /// Submits a workflow that is planned already.
    ///
    /// - Parameters:
    ///   - plan: The workflow.
    ///   - create: Begins to store it.
    /// - Returns: Whether it was submitted, now or before; `false` when it was too late to begin.
    /// - Throws: ``BrokerError``.
    func submit(
        _ plan: WorkflowPlan,
        creating create: (WorkflowHead) async throws(BrokerError) -> WorkflowCreation
    ) async throws(BrokerError) -> Bool {
        let store = try workflowStore
        try checkAbilities(for: plan.head)
        switch try await create(plan.head) {
        case .unfinished:
            try await launch(plan, in: store)
            try await completeLaunch(of: plan.head.id, in: store)
            return true
        case .known:
            // Whoever submitted it may have died before the last step; or it is over and forgotten.
            if try await store.summary(of: plan.head.id) != nil {
                try await completeLaunch(of: plan.head.id, in: store)
            }
            return true
        case .late: return false
        }
    }

    /// A handle to a workflow that was submitted elsewhere, or earlier.
    ///
    /// Nothing is asked yet: that there is no such workflow shows when the handle is used.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - output: What it returns.
    /// - Returns: A handle.
    public func workflow<Output: Codable & Sendable>(
        for id: JobID,
        returning output: Output.Type = NoValue.self
    ) -> WorkflowHandle<Output> {
        WorkflowHandle(system: self, claim: inbox.claim(id, isWorkflow: true))
    }

    /// Stores a plan that fits into one call, and begins what waits for nothing.
    ///
    /// - Returns: Whether that was to be done; `false` when it has been launched before.
    private func launchAtOnce(_ plan: WorkflowPlan, in store: any WorkflowStore) async throws(BrokerError) -> Bool {
        let asked = clock.now
        guard let step = try await store.create(plan.head, nodes: plan.nodes, beginning: plan.roots) else {
            return false
        }
        try await begin(step, of: plan, since: asked)
        return true
    }

    /// Stores a plan, and begins what waits for nothing, some thousand nodes at a time.
    private func launch(_ plan: WorkflowPlan, in store: any WorkflowStore) async throws(BrokerError) {
        let id = plan.head.id
        for start in stride(from: 0, to: plan.nodes.count, by: store.batchLimit) {
            let end = min(start + store.batchLimit, plan.nodes.count)
            try await store.append(plan.nodes[start..<end], at: start, to: id)
        }
        let roots = plan.roots
        for start in stride(from: 0, to: roots.count, by: store.batchLimit) {
            let page = Array(roots[start..<min(start + store.batchLimit, roots.count)])
            let asked = clock.now
            try await begin(try await store.begin(page, of: id), of: plan, since: asked)
        }
    }

    /// Does what is to be done when nodes were begun that are known here.
    private func begin(
        _ step: WorkflowStep,
        of plan: WorkflowPlan,
        since asked: Timestamp
    ) async throws(BrokerError) {
        try await enqueue(step.starts.map { ($0, plan.nodes[$0.node]) }, of: plan.head, since: asked)
        var rest = step
        rest.starts = []
        try await perform(rest, of: plan.head.id, since: asked)
    }

    /// Says that all has been begun, which may have been said before by one who died then.
    private func completeLaunch(of id: JobID, in store: any WorkflowStore) async throws(BrokerError) {
        let asked = clock.now
        try await perform(try await store.launch(id), of: id, since: asked)
    }

    /// Refuses workflows whose jobs need what the broker does not declare.
    private func checkAbilities(for head: WorkflowHead) throws(BrokerError) {
        for template in head.templates {
            let job = "the job “\(template.name)”"
            if template.options.start != nil { try require(.delays, to: "delay \(job)", "delays") }
            if template.options.priority ?? .normal != .normal {
                try require(.priorities, to: "give \(job) a priority", "priorities")
            }
        }
    }

    // MARK: What handles do

    func workflowStatus(of id: JobID) async throws -> WorkflowStatus {
        guard let summary = try await workflowStore.summary(of: id) else { throw workflowNotFound(id) }
        let phase: WorkflowStatus.Phase
        switch summary.end {
        case nil: phase = summary.isStopping ? .stopping : .running
        case .succeeded: phase = .succeeded
        case .cancelled: phase = .cancelled
        case .failed:
            guard let failure = try await failure(of: id) else { throw workflowNotFound(id) }
            phase = .failed(failure)
        }
        return WorkflowStatus(
            phase: phase,
            completed: summary.completed,
            total: summary.total,
            restarts: summary.restarts
        )
    }

    func cancelWorkflow(_ id: JobID) async throws -> Bool {
        let asked = clock.now
        guard let step = try await workflowStore.cancel(id) else { throw workflowNotFound(id) }
        try await perform(step, of: id, since: asked)
        return step.end == nil || !step.cancels.isEmpty
    }

    func workflowNotFound(_ id: JobID) -> JobError {
        JobError(
            code: .notFound,
            message: "There is no workflow \(id), or it is no longer kept. Workflows are kept for "
                + "\(configuration.resultRetention) after their end unless they are submitted with another `retention`.",
            id: id
        )
    }
}
