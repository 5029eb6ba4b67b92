//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a schedule submits at each tick, apart from when: encoded once, so that any process can submit it, also one that
/// does not know the job's type.
public struct ScheduledWork: Sendable, Hashable, Codable {
    /// The kinds of work.
    package enum Kind: Sendable, Hashable, Codable {
        case job(JobTemplate)
        case workflow(ScheduledWorkflow)
    }

    package let kind: Kind

    package init(_ kind: Kind) {
        self.kind = kind
    }

    /// Whether it is a workflow, and not a single job.
    public var isWorkflow: Bool {
        switch kind {
        case .job: false
        case .workflow: true
        }
    }

    /// The wire name of the job; of a workflow, that of one of its first jobs.
    public var name: JobName {
        switch kind {
        case .job(let template): template.name
        case .workflow(let workflow): workflow.firstName ?? ""
        }
    }

    /// Where the job will wait; of a workflow, one of its first jobs.
    public var queue: QueueName {
        switch kind {
        case .job(let template): template.queue
        case .workflow(let workflow): workflow.firstQueue ?? .default
        }
    }
}

/// A job that is submitted again and again: everything but its identity and its times, which are counted from each
/// submission.
package struct JobTemplate: Sendable, Hashable, Codable {
    package let name: JobName
    private let version: Int
    package let queue: QueueName
    private let priority: JobPriority
    /// The encoded parameters, in base 64.
    private let payload: Base64
    private let details: Details?

    /// The parts that most jobs leave out; times in nanoseconds after submission.
    private struct Details: Sendable, Hashable, Codable {
        var tenant: TenantName?
        var start: Int64?
        var expires: Int64?
        var deadline: Int64?
        var timeout: Int64?
        var retention: Int64?
        var retry: RetryPolicy?
        var uniqueKey: String?
        var uniqueWindow: Int64?
        var headers: [String: String]
        var acknowledgement: Acknowledgement
    }

    /// Encodes a job.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - options: What the schedule says otherwise than the job's type.
    ///   - codec: What encodes parameters.
    /// - Throws: ``ConfigurationError`` when an option is out of range or a point in time; ``JobError`` when the job cannot be
    ///   encoded.
    package init<J: Job>(_ job: J, options: JobOptions, codec: any PayloadCodec) throws {
        let all = J.options.overridden(by: options)
        for (option, time) in [("start", all.start), ("expires", all.expires), ("deadline", all.deadline)] {
            if case .at? = time { throw Self.pointInTime(J.name, option) }
        }
        // Submitted at zero, its times are what they are after submission.
        let zero = Timestamp(nanosecondsSinceEpoch: 0)
        let plan = try SubmissionPlan(J.self, options: options, at: zero)
        let draft = plan.draft(id: JobID(high: 0, low: 0), payload: try job.payload(using: codec), parent: nil)
        name = draft.name
        version = draft.version
        queue = draft.queue
        priority = draft.priority
        payload = Base64(draft.payload)
        guard draft.box != nil else {
            details = nil
            return
        }
        let given = draft.details
        details = Details(
            tenant: given.tenant,
            start: given.start?.nanosecondsSinceEpoch,
            expires: given.expires?.nanosecondsSinceEpoch,
            deadline: given.deadline?.nanosecondsSinceEpoch,
            timeout: given.timeout?.saturatedNanoseconds,
            retention: given.retention?.saturatedNanoseconds,
            retry: given.retry,
            uniqueKey: given.unique?.key,
            uniqueWindow: given.unique?.window?.saturatedNanoseconds,
            headers: given.headers,
            acknowledgement: given.acknowledgement
        )
    }

    /// The error for a time that is the same at every tick.
    static func pointInTime(_ name: JobName, _ option: String) -> ConfigurationError {
        ConfigurationError(
            code: .invalidSchedule,
            message:
                "The job “\(name)” is to be submitted by a schedule, and its `\(option)` is a point in time. "
                + "It must be a time after submission, as in `.after(.seconds(60))`."
        )
    }

    /// The draft of one submission.
    ///
    /// - Parameters:
    ///   - id: The job's identity.
    ///   - time: When it is submitted.
    ///   - headers: Text that travels with this one.
    /// - Returns: The draft.
    package func draft(id: JobID, at time: Timestamp, headers: [String: String]) -> JobDraft {
        var all = Envelope.Details()
        all.headers = headers
        if let details {
            all.tenant = details.tenant
            all.start = details.start.map { time + .nanoseconds($0) }
            all.expires = details.expires.map { time + .nanoseconds($0) }
            all.deadline = details.deadline.map { time + .nanoseconds($0) }
            all.timeout = details.timeout.map { .nanoseconds($0) }
            all.retention = details.retention.map { .nanoseconds($0) }
            all.retry = details.retry
            all.unique = details.uniqueKey.map { key in
                UniqueClaim(key: key, window: details.uniqueWindow.map { .nanoseconds($0) })
            }
            all.headers.merge(details.headers) { tick, _ in tick }
            all.acknowledgement = details.acknowledgement
        }
        return JobDraft(
            id: id,
            name: name,
            version: version,
            submitted: time,
            queue: queue,
            priority: priority,
            payload: payload.bytes,
            box: Envelope.DetailsBox(all)
        )
    }
}
