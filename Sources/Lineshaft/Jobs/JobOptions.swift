//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How a job is submitted, kept and tried.
///
/// A job type carries its defaults; the call site overrides them one by one.
///
/// Every value is optional, and `nil` means: what the next one down says (call site, then job type, then system).
public struct JobOptions: Sendable, Hashable {
    /// The queue; ``QueueName/default`` when nobody says otherwise.
    public var queue: QueueName?
    /// How urgent the job is among those of its queue; ``JobPriority/normal`` by default.
    public var priority: JobPriority?
    /// Whose job it is; nobody's by default.
    public var tenant: TenantName?
    /// When the job may run first; at once by default.
    public var start: JobTime?
    /// When a job that has not been started ends as expired; never by default.
    public var expires: JobTime?
    /// When a job that has not ended, over all attempts, ends as failed; never by default.
    public var deadline: JobTime?
    /// How long one attempt may run before it is cancelled and counts as failed; without limit by default.
    public var timeout: Duration?
    /// How failed attempts are repeated.
    ///
    /// A policy given here travels with the job.
    public var retry: RetryPolicy?
    /// Whether a job like one that is already there is accepted; always by default.
    public var unique: UniquePolicy?
    /// Text that travels with the job and that handlers and middleware can read; both levels are merged.
    public var headers: [String: String]
    /// How long the outcome is kept after the job has ended, from zero; the system's `resultRetention` by default.
    public var retention: Duration?
    /// When the end of a run is told to the broker; ``Acknowledgement/batched`` by default.
    public var acknowledgement: Acknowledgement?

    /// Creates options.
    public init(
        queue: QueueName? = nil,
        priority: JobPriority? = nil,
        tenant: TenantName? = nil,
        start: JobTime? = nil,
        expires: JobTime? = nil,
        deadline: JobTime? = nil,
        timeout: Duration? = nil,
        retry: RetryPolicy? = nil,
        unique: UniquePolicy? = nil,
        headers: [String: String] = [:],
        retention: Duration? = nil,
        acknowledgement: Acknowledgement? = nil
    ) {
        self.queue = queue
        self.priority = priority
        self.tenant = tenant
        self.start = start
        self.expires = expires
        self.deadline = deadline
        self.timeout = timeout
        self.retry = retry
        self.unique = unique
        self.headers = headers
        self.retention = retention
        self.acknowledgement = acknowledgement
    }

    /// Whether anything is set that an envelope keeps among its details.
    package var needsDetails: Bool {
        tenant != nil || start != nil || expires != nil || deadline != nil || timeout != nil || retention != nil
            || acknowledgement != nil || !headers.isEmpty
    }

    /// These options with everything that `overrides` sets in its place; headers are merged.
    package func overridden(by overrides: JobOptions) -> JobOptions {
        JobOptions(
            queue: overrides.queue ?? queue,
            priority: overrides.priority ?? priority,
            tenant: overrides.tenant ?? tenant,
            start: overrides.start ?? start,
            expires: overrides.expires ?? expires,
            deadline: overrides.deadline ?? deadline,
            timeout: overrides.timeout ?? timeout,
            retry: overrides.retry ?? retry,
            unique: overrides.unique ?? unique,
            headers: overrides.headers.isEmpty ? headers : headers.merging(overrides.headers) { _, new in new },
            retention: overrides.retention ?? retention,
            acknowledgement: overrides.acknowledgement ?? acknowledgement
        )
    }
}

/// A time in the life of a job: some time after submission, or a point in wall-clock time.
public enum JobTime: Sendable, Hashable {
    /// This long after submission.
    case after(Duration)
    /// At this time.
    case at(Timestamp)

    /// The point in time that this means for a job submitted at `submission`.
    package func resolved(from submission: Timestamp) -> Timestamp {
        switch self {
        case .after(let duration): submission + duration
        case .at(let time): time
        }
    }
}

/// When the worker tells the broker how a run ended.
public enum Acknowledgement: Sendable, Hashable, Codable {
    /// Together with others, within milliseconds. A crash in between runs those few jobs again.
    case batched
    /// Alone and at once, before the slot takes its next job: the window for running twice is one round trip.
    case immediate
}
