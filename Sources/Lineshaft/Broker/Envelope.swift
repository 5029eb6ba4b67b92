//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A job on its way: everything that travels, and nothing that a broker must understand to move it.
public struct Envelope: Sendable, Hashable, Identifiable {
    /// The job's identity.
    ///
    /// A broker accepts each one once.
    public let id: JobID
    /// The wire name of the job's type.
    public let name: JobName
    /// The version of the parameters' layout.
    public let version: Int
    /// Where the job waits.
    public let queue: QueueName
    /// How urgent it is among the jobs of its queue.
    public let priority: JobPriority
    /// The encoded parameters.
    public let payload: [UInt8]
    /// When it was submitted, by the submitter's clock.
    public let submitted: Timestamp
    /// The process that waits for the outcome; `nil` when nobody does.
    public let replyTo: ClientID?
    /// What only some jobs have.
    private let box: DetailsBox?

    /// The parts that most jobs leave out, behind one reference so that a plain envelope stays small.
    package final class DetailsBox: Sendable, Hashable {
        package let details: Details

        package init(_ details: Details) {
            self.details = details
        }

        package static func == (lhs: DetailsBox, rhs: DetailsBox) -> Bool {
            lhs === rhs || lhs.details == rhs.details
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(details)
        }
    }

    /// The parts that most jobs leave out.
    public struct Details: Sendable, Hashable {
        /// What the job before this one in a workflow returned, encoded; `nil` outside workflows.
        public var input: [UInt8]?
        /// The job or workflow that this one belongs to.
        public var parent: JobID?
        /// When the job may run first.
        public var start: Timestamp?
        /// When a job that was not started ends as expired.
        public var expires: Timestamp?
        /// When the job ends as failed, over all attempts.
        public var deadline: Timestamp?
        /// How long one attempt may run.
        public var timeout: Duration?
        /// The retry policy, when the submitter chose one; otherwise the handler's holds.
        public var retry: RetryPolicy?
        /// The claim to uniqueness.
        public var unique: UniqueClaim?
        /// How long the outcome is kept.
        public var retention: Duration?
        /// Text for handlers, middleware and tracing.
        public var headers: [String: String]
        /// When the end of a run is told to the broker.
        public var acknowledgement: Acknowledgement

        /// Creates details in which nothing is set.
        public init() {
            headers = [:]
            acknowledgement = .batched
        }
    }

    /// Creates an envelope.
    public init(
        id: JobID,
        name: JobName,
        version: Int = 1,
        queue: QueueName = .default,
        priority: JobPriority = .normal,
        payload: [UInt8],
        submitted: Timestamp,
        replyTo: ClientID? = nil,
        details: Details? = nil
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.queue = queue
        self.priority = priority
        self.payload = payload
        self.submitted = submitted
        self.replyTo = replyTo
        self.box = details.flatMap { $0 == Self.noDetails ? nil : DetailsBox($0) }
    }

    /// Creates an envelope from parts that were checked and put together before.
    package init(
        id: JobID,
        name: JobName,
        version: Int,
        queue: QueueName,
        priority: JobPriority,
        payload: [UInt8],
        submitted: Timestamp,
        replyTo: ClientID?,
        box: DetailsBox?
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.queue = queue
        self.priority = priority
        self.payload = payload
        self.submitted = submitted
        self.replyTo = replyTo
        self.box = box
    }

    private static let noDetails = Details()

    /// The parts that most jobs leave out.
    public var details: Details { box?.details ?? Self.noDetails }

    /// Whether any of ``details`` is set.
    ///
    /// Reading them costs more than asking.
    package var hasDetails: Bool { box != nil }
}

/// The identity of one process's subscription to outcomes, for brokers to push to.
public struct ClientID: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The identity as a number.
    public let rawValue: UInt64

    /// Creates an identity; the caller sees to it that it is unique.
    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The number in hexadecimal.
    public var description: String { String(rawValue, radix: 16) }
}

/// The name of one running worker, unique among those of a broker.
public struct WorkerID: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The name.
    public let rawValue: String

    /// Creates a name; the caller sees to it that it is unique.
    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    /// The name.
    public var description: String { rawValue }
}
