//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A job on its way: everything that travels, and nothing that a broker must understand to move it.
///
/// It never changes, and its copies share their contents, so that handing it on costs next to nothing.
public struct Envelope: Sendable, Identifiable {
    private final class Contents: Sendable, Hashable {
        let id: JobID
        let name: JobName
        let version: Int
        let queue: QueueName
        let priority: JobPriority
        let payload: [UInt8]
        let submitted: Timestamp
        let replyTo: ClientID?
        let box: DetailsBox?

        init(
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

        static func == (lhs: Contents, rhs: Contents) -> Bool {
            if lhs === rhs { return true }
            return lhs.id == rhs.id && lhs.name == rhs.name && lhs.version == rhs.version && lhs.queue == rhs.queue
                && lhs.priority == rhs.priority && lhs.payload == rhs.payload && lhs.submitted == rhs.submitted
                && lhs.replyTo == rhs.replyTo && lhs.box == rhs.box
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(id)
        }
    }

    private let contents: Contents

    /// The job's identity.
    ///
    /// A broker accepts each one once.
    public var id: JobID { contents.id }

    /// The wire name of the job's type.
    public var name: JobName { contents.name }

    /// The version of the parameters' layout.
    public var version: Int { contents.version }

    /// Where the job waits.
    public var queue: QueueName { contents.queue }

    /// How urgent it is among the jobs of its queue.
    public var priority: JobPriority { contents.priority }

    /// The encoded parameters.
    public var payload: [UInt8] { contents.payload }

    /// When it was submitted, by the submitter's clock.
    public var submitted: Timestamp { contents.submitted }

    /// The process that waits for the outcome; `nil` when nobody does.
    public var replyTo: ClientID? { contents.replyTo }

    /// The parts that most jobs leave out.
    public var details: Details { contents.box?.details ?? Self.noDetails }

    /// Whether any of ``details`` is set.
    ///
    /// Reading them costs more than asking.
    package var hasDetails: Bool { contents.box != nil }

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
        self.init(
            id: id,
            name: name,
            version: version,
            queue: queue,
            priority: priority,
            payload: payload,
            submitted: submitted,
            replyTo: replyTo,
            box: details.flatMap { $0 == Self.noDetails ? nil : DetailsBox($0) }
        )
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
        contents = Contents(
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

    private static let noDetails = Details()
}

extension Envelope: Hashable {
    /// Whether two envelopes have the same contents.
    public static func == (lhs: Envelope, rhs: Envelope) -> Bool { lhs.contents == rhs.contents }

    /// Feeds the identity into the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(contents)
    }
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
