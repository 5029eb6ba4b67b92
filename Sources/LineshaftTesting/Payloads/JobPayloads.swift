//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// Checks in a test that jobs which were submitted under earlier versions can still be run.
///
/// Whenever a job type gets a new version, keep a payload of the version before as text in a test:
///
/// ```swift
/// let job = try JobPayloads.decode(SendMail.self, version: 1, json: #"{"to":"ada@example.com"}"#)
/// #expect(job.recipients == ["ada@example.com"])
/// ```
///
/// ``encode(_:codec:)`` writes the payload to keep.
public enum JobPayloads: Sendable {
    /// The job that a worker would hand to its handler for a stored payload.
    ///
    /// - Parameters:
    ///   - type: Today's job type.
    ///   - version: The version that the payload was submitted under.
    ///   - json: The payload, as ``/Lineshaft/JSONCodec`` writes it.
    /// - Returns: The job, brought up to date.
    /// - Throws: ``PayloadError``, which says what a worker would do with such a job.
    public static func decode<J: Job>(_ type: J.Type, version: Int, json: String) throws(PayloadError) -> J {
        try decode(type, version: version, bytes: Array(json.utf8))
    }

    /// The job that a worker would hand to its handler for a stored payload.
    ///
    /// - Parameters:
    ///   - type: Today's job type.
    ///   - version: The version that the payload was submitted under.
    ///   - bytes: The payload.
    ///   - codec: The system's codec.
    /// - Returns: The job, brought up to date.
    /// - Throws: ``PayloadError``, which says what a worker would do with such a job.
    public static func decode<J: Job>(
        _ type: J.Type,
        version: Int,
        bytes: [UInt8],
        codec: any PayloadCodec = JSONCodec()
    ) throws(PayloadError) -> J {
        if version > J.version {
            throw PayloadError(
                message:
                    "The payload is of version \(version) and \(J.self) of version \(J.version): a worker would park the "
                    + "job until a newer one comes."
            )
        }
        do {
            return try J.decode(bytes, version: version, codec: codec)
        } catch let error as UndecodablePayload {
            throw PayloadError(
                message: "\(error.message) A worker would make the job a dead letter.",
                cause: error.cause
            )
        } catch let error as FailedMigration {
            throw PayloadError(
                message: "\(error.message) A worker would make the job a dead letter.",
                cause: error.cause
            )
        } catch {
            throw PayloadError(message: "The payload is not a \(J.self): \(error)", cause: error)
        }
    }

    /// The job that a worker would hand to its handler for a stored payload.
    ///
    /// - Parameters:
    ///   - type: Today's job type.
    ///   - recorded: What ``encode(_:codec:)`` returned, maybe long ago.
    ///   - codec: The system's codec.
    /// - Returns: The job, brought up to date.
    /// - Throws: ``PayloadError``, also when the payload is of a job with another wire name.
    public static func decode<J: Job>(
        _ type: J.Type,
        _ recorded: RecordedPayload,
        codec: any PayloadCodec = JSONCodec()
    ) throws(PayloadError) -> J {
        if recorded.name != J.name {
            throw PayloadError(
                message:
                    "The payload is of the job “\(recorded.name)”, and \(J.self) has the name “\(J.name)”: a worker would "
                    + "not give it such a job. A wire name may not change while jobs are queued."
            )
        }
        return try decode(type, version: recorded.version, bytes: recorded.bytes, codec: codec)
    }

    /// The payload of a job as it is submitted today, to be kept in a test.
    ///
    /// - Parameters:
    ///   - job: A job.
    ///   - codec: The system's codec.
    /// - Returns: The payload with the name and version that travel with it.
    /// - Throws: Whatever the job's encoding throws.
    public static func encode<J: Job>(_ job: J, codec: any PayloadCodec = JSONCodec()) throws -> RecordedPayload {
        RecordedPayload(name: J.name, version: J.version, bytes: try codec.encode(job))
    }
}

/// A job's payload as it was submitted once; it can be stored, for it is `Codable`.
public struct RecordedPayload: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The job's wire name.
    public let name: JobName
    /// The version that the job type had.
    public let version: Int
    /// The encoded parameters.
    public let bytes: [UInt8]

    /// Creates a payload.
    public init(name: JobName, version: Int, bytes: [UInt8]) {
        self.name = name
        self.version = version
        self.bytes = bytes
    }

    /// The parameters as text, such as the JSON to paste into a test; `nil` when they are none.
    public var text: String? { String(validating: bytes, as: UTF8.self) }

    /// Name, version and parameters.
    public var description: String { "\(name), version \(version): \(text ?? "\(bytes.count) bytes")" }
}

/// A stored payload is none that today's job type could run with.
public struct PayloadError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, and what a worker would do.
    public let message: String
    /// The error behind this one.
    public let cause: (any Error)?

    init(message: String, cause: (any Error)? = nil) {
        self.message = message
        self.cause = cause
    }

    /// The message.
    public var description: String { message }
}
