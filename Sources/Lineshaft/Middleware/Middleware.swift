//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A job that is about to be submitted, as middleware may still change it.
public struct JobDraft: Sendable {
    /// The job's identity.
    public let id: JobID
    /// The wire name.
    public let name: JobName
    /// The version of the parameters' layout.
    public let version: Int
    /// When it is submitted.
    public let submitted: Timestamp
    /// Where it will wait.
    public var queue: QueueName
    /// How urgent it is.
    public var priority: JobPriority
    /// The encoded parameters.
    public var payload: [UInt8]
    /// Everything else; `nil` while nothing else is set.
    package var box: Envelope.DetailsBox?

    package init(
        id: JobID,
        name: JobName,
        version: Int,
        submitted: Timestamp,
        queue: QueueName,
        priority: JobPriority,
        payload: [UInt8],
        box: Envelope.DetailsBox?
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.submitted = submitted
        self.queue = queue
        self.priority = priority
        self.payload = payload
        self.box = box
    }

    /// Everything else: headers, times, limits.
    public var details: Envelope.Details {
        get { box?.details ?? Envelope.Details() }
        set { box = Envelope.DetailsBox(newValue) }
    }

    /// The envelope of this draft.
    package func envelope(replyTo: ClientID?) -> Envelope {
        Envelope(
            id: id,
            name: name,
            version: version,
            queue: queue,
            priority: priority,
            payload: payload,
            submitted: submitted,
            replyTo: replyTo,
            box: box
        )
    }
}

/// Stands around every submission, in the submitting process.
public protocol SubmitMiddleware: Sendable {
    /// Submits jobs, or refuses to by throwing.
    ///
    /// Called once for each call of `submit`, with one draft or, for a bulk submission, with many. An implementation may
    /// change the drafts, and calls `next` once with as many as it was given.
    ///
    /// - Parameters:
    ///   - drafts: The jobs.
    ///   - next: The middleware behind this one, and at last the broker.
    /// - Returns: What `next` returned: a receipt for each draft.
    /// - Throws: What `next` throws, or a refusal; either reaches the caller of `submit`.
    func submit(
        _ drafts: [JobDraft],
        next: @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt]
}

/// Stands around every run of a handler, in the worker.
public protocol RunMiddleware: Sendable {
    /// Runs a job, or refuses to by throwing.
    ///
    /// What it throws counts as the handler's error: it is retried, or not, by the same rules. Cancellation arrives as
    /// the task's own.
    ///
    /// - Parameters:
    ///   - context: The run.
    ///   - next: The middleware behind this one, and at last the handler. Call it once, or not at all to answer for it.
    /// - Returns: The encoded output, as `next` returned it.
    /// - Throws: What `next` throws, or an error in its place.
    func run(
        _ context: JobContext,
        next: @Sendable (JobContext) async throws -> [UInt8]
    ) async throws -> [UInt8]

    /// Hears what the end of a run means for its job, before the broker is told.
    ///
    /// Called once for each run whose worker has a say in it: not after a lost lease, and not for a handler that was given
    /// up as stuck. The broker may still refuse. Be quick, for the job is settled after it and its lease is not extended
    /// meanwhile. Does nothing unless implemented.
    ///
    /// - Parameters:
    ///   - context: The run.
    ///   - disposition: Where the job goes.
    func ended(_ context: JobContext, _ disposition: Settlement.Disposition) async
}

extension RunMiddleware {
    /// Does nothing.
    public func ended(_ context: JobContext, _ disposition: Settlement.Disposition) async {}
}
