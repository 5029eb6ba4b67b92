//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobSystem {
    /// Submits a job.
    ///
    /// When this returns, the broker keeps the job, and it will end in exactly one outcome.
    ///
    /// What the call leaves out is taken from the job type's ``Job/options``, then from the system.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - queue: Where it waits.
    ///   - delay: How long until it may run first.
    ///   - time: When it may run first; wins over `delay`.
    ///   - priority: How urgent it is among the jobs of its queue.
    ///   - tenant: Whose job it is: tenants' jobs are given out in turn.
    ///   - retry: How failed attempts are repeated.
    ///   - timeout: How long one attempt may run.
    ///   - deadline: When the job ends as failed, over all attempts.
    ///   - expires: When a job that was not started ends as expired.
    ///   - unique: Whether a job like one that is there is accepted.
    ///   - retention: How long the outcome is kept after the job has ended.
    ///   - acknowledgement: When the end of a run is told to the broker.
    ///   - headers: Text that travels with the job.
    /// - Returns: A handle to the job, or to the earlier one that counts as the same.
    /// - Throws: ``ConfigurationError`` when an option is out of range; ``JobError`` when the job cannot be encoded;
    ///   ``BrokerError`` when the broker did not accept it, with the code `queueFull` among others; `CancellationError` when
    ///   the task is cancelled while the queue is full; and what middleware throws.
    @discardableResult
    public func submit<J: Job>(
        _ job: J,
        on queue: QueueName? = nil,
        delay: Duration? = nil,
        at time: Timestamp? = nil,
        priority: JobPriority? = nil,
        tenant: TenantName? = nil,
        retry: RetryPolicy? = nil,
        timeout: Duration? = nil,
        deadline: JobTime? = nil,
        expires: JobTime? = nil,
        unique: UniquePolicy? = nil,
        retention: Duration? = nil,
        acknowledgement: Acknowledgement? = nil,
        headers: [String: String] = [:]
    ) async throws -> JobHandle<J.Output> where J.Input == NoValue {
        let options = JobOptions(
            queue: queue,
            priority: priority,
            tenant: tenant,
            start: time.map(JobTime.at) ?? delay.map(JobTime.after),
            expires: expires,
            deadline: deadline,
            timeout: timeout,
            retry: retry,
            unique: unique,
            headers: headers,
            retention: retention,
            acknowledgement: acknowledgement
        )
        return try await submit(job, options: options)
    }

    /// Submits a job with options that were put together elsewhere.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - options: What the call says otherwise than the job's type.
    ///   - id: The job's identity, for submissions that must be idempotent: a second one with the same identity is the
    ///     first one. Made by the system if left out.
    ///   - parent: The job or workflow that this one belongs to.
    /// - Returns: A handle to the job, or to the earlier one that counts as the same.
    /// - Throws: As ``submit(_:on:delay:at:priority:tenant:retry:timeout:deadline:expires:unique:retention:acknowledgement:headers:)``.
    @discardableResult
    public func submit<J: Job>(
        _ job: J,
        options: JobOptions,
        id: JobID? = nil,
        parent: JobID? = nil
    ) async throws -> JobHandle<J.Output> where J.Input == NoValue {
        let plan = try SubmissionPlan(J.self, options: options, at: clock.now)
        let draft = try draft(job, plan: plan, id: id, parent: parent)
        let claim = inbox.claim(draft.id)
        let receipts = try await enqueue([draft])
        // The middleware chain and the broker are held to one receipt for each draft.
        return handle(for: draft.id, claim: claim, receipt: receipts.first ?? .accepted, plan: plan, isNew: id == nil)
    }

    /// Submits many jobs of one type in one go, which costs far less than one after the other.
    ///
    /// They are accepted in order.
    ///
    /// - Parameters:
    ///   - jobs: The jobs.
    ///   - queue: Where they wait; wins over the options.
    ///   - options: What the call says otherwise than the job's type.
    ///   - parent: The job or workflow that these belong to.
    /// - Returns: A handle to each job, in the same order.
    /// - Throws: As ``submit(_:on:delay:at:priority:tenant:retry:timeout:deadline:expires:unique:retention:acknowledgement:headers:)``. When the broker fails
    ///   half-way, some jobs may have been accepted; give them a ``UniquePolicy`` if repeating the call would hurt.
    @discardableResult
    public func submit<J: Job>(
        contentsOf jobs: some Sequence<J>,
        on queue: QueueName? = nil,
        options: JobOptions = JobOptions(),
        parent: JobID? = nil
    ) async throws -> [JobHandle<J.Output>] where J.Input == NoValue {
        var options = options
        options.queue = queue ?? options.queue
        let plan = try SubmissionPlan(J.self, options: options, at: clock.now)
        let drafts = try jobs.map { try draft($0, plan: plan, id: nil, parent: parent) }
        if drafts.isEmpty { return [] }
        let claims = drafts.map { inbox.claim($0.id) }
        let receipts = try await enqueue(drafts)
        return zip(zip(drafts, claims), receipts).map { pair, receipt in
            handle(for: pair.0.id, claim: pair.1, receipt: receipt, plan: plan, isNew: true)
        }
    }

    private func draft<J: Job>(
        _ job: J,
        plan: SubmissionPlan,
        id: JobID?,
        parent: JobID?
    ) throws -> JobDraft {
        plan.draft(
            id: id ?? random.withGenerator { JobID(at: plan.submitted, using: &$0) },
            payload: try job.payload(using: configuration.codec),
            parent: parent
        )
    }

    private func handle<Output>(
        for id: JobID,
        claim: TicketClaim,
        receipt: Receipt,
        plan: SubmissionPlan,
        isNew: Bool
    ) -> JobHandle<Output> {
        if case .duplicate(let original) = receipt {
            return JobHandle(system: self, claim: inbox.claim(original), isDuplicate: true, isPushed: false)
        }
        // The outcome of a job whose identity the caller chose may have been pushed to another process.
        return JobHandle(system: self, claim: claim, isDuplicate: false, isPushed: isNew, lapses: plan.lapses)
    }
}
