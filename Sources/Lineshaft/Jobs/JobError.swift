//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How a job, or one attempt at it, went wrong.
public struct JobError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    ///
    /// More kinds may come, so compare with `==` and keep a default.
    public struct Code: Sendable, Hashable, Codable, CustomStringConvertible {
        /// The code's name, as it is stored.
        public let rawValue: String

        private init(_ rawValue: String) { self.rawValue = rawValue }

        /// The handler threw, and no attempt is left.
        public static let failed = Code("failed")
        /// The job was cancelled.
        public static let cancelled = Code("cancelled")
        /// The job was not started before its expiry.
        public static let expired = Code("expired")
        /// An attempt ran longer than its timeout.
        public static let timedOut = Code("timedOut")
        /// The job's deadline passed.
        public static let deadlineExceeded = Code("deadlineExceeded")
        /// The payload could not be decoded as the handler's job type.
        public static let undecodablePayload = Code("undecodablePayload")
        /// The payload is of an older version, and `migrate(from:)` could not bring it up to date.
        public static let migrationFailed = Code("migrationFailed")
        /// The job's parameters could not be encoded.
        public static let unencodablePayload = Code("unencodablePayload")
        /// The handler's output could not be encoded.
        public static let unencodableOutput = Code("unencodableOutput")
        /// The stored output could not be decoded as the handle's type.
        public static let undecodableOutput = Code("undecodableOutput")
        /// A job of a workflow returned more than the system's limits allow.
        public static let outputTooLarge = Code("outputTooLarge")
        /// What a job of a workflow would take is more than the system's limits allow.
        public static let inputTooLarge = Code("inputTooLarge")
        /// Recorded steps do not match the handler's code any more.
        public static let stepMismatch = Code("stepMismatch")
        /// A step's name, value or number is not what it may be, or the broker keeps no steps.
        public static let invalidStep = Code("invalidStep")
        /// Workers died on the job too often.
        public static let poisoned = Code("poisoned")
        /// The handler put the job off too often.
        public static let tooManyDeliveries = Code("tooManyDeliveries")
        /// There is no job with this identifier, or its outcome is no longer kept.
        public static let notFound = Code("notFound")

        /// Reads a code from a single string.
        public init(from decoder: any Decoder) throws {
            rawValue = try decoder.singleValueContainer().decode(String.self)
        }

        /// Writes the code as a single string.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(rawValue)
        }

        /// The code's name.
        public var description: String { rawValue }
    }

    /// What kind of failure it is.
    public let code: Code
    /// What went wrong, with which job, and what to do where there is something to do.
    public let message: String
    /// The job, where it is known.
    public let id: JobID?
    /// The failure as it was stored, for jobs that ended so.
    public let failure: JobFailure?
    /// The error behind this one, when it happened in this process.
    public let cause: (any Error)?

    /// Creates an error.
    public init(
        code: Code,
        message: String,
        id: JobID? = nil,
        failure: JobFailure? = nil,
        cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.id = id
        self.failure = failure
        self.cause = cause
    }

    /// The reason alone: the handler's own words where there are any, else the message.
    public var reason: String { failure?.message ?? message }

    /// The message.
    public var description: String { message }
}

/// A failure as it is stored with a job: text only, for it may have happened in another process.
public struct JobFailure: Sendable, Hashable, Codable {
    /// What kind of failure it was.
    public let code: JobError.Code
    /// The error's own words.
    public let message: String
    /// The Swift type of the error, as its process called it.
    public let type: String
    /// The attempt that failed, from 1; 0 when no attempt was made.
    public let attempt: Int
    /// When it happened.
    public let time: Timestamp

    /// Creates a failure.
    public init(code: JobError.Code, message: String, type: String, attempt: Int, time: Timestamp) {
        self.code = code
        self.message = message
        self.type = type
        self.attempt = attempt
        self.time = time
    }
}
