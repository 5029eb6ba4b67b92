//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a submission's options come to, for one job type at one moment: checked once, used for each job.
package struct SubmissionPlan: Sendable {
    package let submitted: Timestamp
    /// When a waiting job may end without a worker: at its expiry or its deadline, whichever is first.
    package let lapses: Lapse?

    /// A time at which a job may end without a worker.
    package struct Lapse: Sendable {
        package let time: Timestamp
        package let queue: QueueName
    }

    private let name: JobName
    private let version: Int
    private let queue: QueueName
    private let priority: JobPriority
    private let unique: UniquePolicy?
    private let box: Envelope.DetailsBox?

    /// Merges and checks options.
    ///
    /// - Parameters:
    ///   - type: The job type.
    ///   - callOptions: What the call says otherwise than the type.
    ///   - time: The time of submission.
    /// - Throws: ``ConfigurationError`` that names the option and what it must be.
    package init<J: Job>(_ type: J.Type, options callOptions: JobOptions, at time: Timestamp) throws(ConfigurationError)
    {
        let options = J.options.overridden(by: callOptions)
        try Self.check(options, of: J.name)
        // The type's policy is known to the worker too and need not travel.
        self.init(name: J.name, version: J.version, options: options, retry: callOptions.retry, at: time)
    }

    /// Takes options that were merged and checked before.
    ///
    /// - Parameters:
    ///   - name: The wire name.
    ///   - version: The version of the parameters' layout.
    ///   - options: How to submit.
    ///   - retry: The retry policy that travels along.
    ///   - time: The time of submission.
    package init(name: JobName, version: Int, options: JobOptions, retry: RetryPolicy?, at time: Timestamp) {
        submitted = time
        self.name = name
        self.version = version
        queue = options.queue ?? .default
        priority = options.priority ?? .normal
        unique = options.unique

        guard options.needsDetails || retry != nil else {
            box = nil
            lapses = nil
            return
        }
        var details = Envelope.Details()
        details.tenant = options.tenant
        details.start = options.start?.resolved(from: time)
        details.expires = options.expires?.resolved(from: time)
        details.deadline = options.deadline?.resolved(from: time)
        details.timeout = options.timeout
        details.retry = retry
        details.retention = options.retention
        details.headers = options.headers
        details.acknowledgement = options.acknowledgement ?? .batched
        let queue = queue
        lapses = [details.expires, details.deadline].compactMap { $0 }.min().map { Lapse(time: $0, queue: queue) }
        box = Envelope.DetailsBox(details)
    }

    /// The draft of one job.
    package func draft(id: JobID, payload: [UInt8], parent: JobID?) -> JobDraft {
        var box = box
        if parent != nil || unique != nil {
            var details = box?.details ?? Envelope.Details()
            details.parent = parent
            details.unique = unique?.claim(name: name, payload: payload)
            box = Envelope.DetailsBox(details)
        }
        return JobDraft(
            id: id,
            name: name,
            version: version,
            submitted: submitted,
            queue: queue,
            priority: priority,
            payload: payload,
            box: box
        )
    }

    /// The draft of a node of a workflow.
    package func draft(
        id: JobID,
        payload: [UInt8],
        workflow: WorkflowReference,
        retention: Duration?,
        deadline: Timestamp?
    ) -> JobDraft {
        var details = box?.details ?? Envelope.Details()
        if let deadline { details.deadline = min(details.deadline ?? deadline, deadline) }
        details.parent = workflow.id
        details.workflow = workflow
        details.retention = retention
        return JobDraft(
            id: id,
            name: name,
            version: version,
            submitted: submitted,
            queue: queue,
            priority: priority,
            payload: payload,
            box: Envelope.DetailsBox(details)
        )
    }

    private static func check(_ options: JobOptions, of name: JobName) throws(ConfigurationError) {
        try NameRules.check(name)
        if let queue = options.queue { try NameRules.check(queue) }
        if let tenant = options.tenant { try NameRules.check(tenant) }
        try check(options.start, "delay", of: name)
        try check(options.expires, "expiry", of: name)
        try check(options.deadline, "deadline", of: name)
        try check(options.retention.map(JobTime.after), "retention", of: name)
        if let timeout = options.timeout, timeout <= .zero {
            throw ConfigurationError(
                code: .invalidValue,
                message: "The timeout of the job “\(name)” is \(timeout); it must be more than zero. "
                    + "Leave it out for no timeout."
            )
        }
        if let problem = options.retry?.problem {
            throw ConfigurationError(code: .invalidValue, message: "For the job “\(name)”, \(problem).")
        }
        if case .window(let window) = options.unique?.scope, window <= .zero {
            throw ConfigurationError(
                code: .invalidValue,
                message: "The job “\(name)” is to be unique for \(window); the window must be more than zero."
            )
        }
        if case .key(let key) = options.unique?.basis, key.isEmpty {
            throw ConfigurationError(
                code: .invalidValue,
                message: "The unique key of the job “\(name)” is empty. Use a key, or `.byPayload`."
            )
        }
    }

    private static func check(_ time: JobTime?, _ what: String, of name: JobName) throws(ConfigurationError) {
        guard case .after(let duration) = time, duration < .zero else { return }
        throw ConfigurationError(
            code: .invalidValue,
            message: "The \(what) of the job “\(name)” is negative (\(duration)). "
                + "Use zero or more, or an absolute time."
        )
    }
}
