//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A job's parameters as they were encoded under an earlier version of their layout, see ``Job/migrate(from:)``.
public struct OldPayload: Sendable {
    /// The version that the submitter's job type had.
    public let version: Int
    /// The encoded parameters.
    public let bytes: [UInt8]
    private let codec: any PayloadCodec

    /// Creates a payload.
    ///
    /// - Parameters:
    ///   - version: The version that the submitter's job type had.
    ///   - bytes: The encoded parameters.
    ///   - codec: What they were encoded with.
    public init(version: Int, bytes: [UInt8], codec: any PayloadCodec = JSONCodec()) {
        self.version = version
        self.bytes = bytes
        self.codec = codec
    }

    /// Decodes the parameters as a type that has their old layout.
    ///
    /// - Parameter type: The type.
    /// - Returns: The value.
    /// - Throws: Whatever the type's decoding throws.
    public func decode<Old: Decodable & Sendable>(_ type: Old.Type) throws -> Old {
        try codec.decode(type, from: bytes)
    }
}

extension Job {
    /// Decodes the old payload as today's type, which serves where properties were only added and are optional.
    ///
    /// - Parameter old: The payload.
    /// - Returns: The job.
    /// - Throws: When today's type does not decode from it.
    public static func migrate(from old: OldPayload) throws -> Self {
        do {
            return try old.decode(Self.self)
        } catch {
            throw MissingMigration(cause: error)
        }
    }

    /// The job that a payload stands for.
    ///
    /// - Parameters:
    ///   - payload: The encoded parameters.
    ///   - version: Their version, not later than the type's.
    ///   - codec: What they were encoded with.
    /// - Returns: The job, in its type's layout of today.
    /// - Throws: ``UndecodablePayload`` or ``FailedMigration``.
    package static func decode(_ payload: [UInt8], version: Int, codec: any PayloadCodec) throws -> Self {
        if version == Self.version {
            do {
                return try codec.decode(Self.self, from: payload)
            } catch {
                throw UndecodablePayload(type: "\(Self.self)", byteCount: payload.count, cause: error)
            }
        }
        do {
            return try migrate(from: OldPayload(version: version, bytes: payload, codec: codec))
        } catch let error as MissingMigration {
            throw UndecodablePayload(
                type: "\(Self.self)",
                byteCount: payload.count,
                versions: (version, Self.version),
                cause: error.cause
            )
        } catch {
            throw FailedMigration(type: "\(Self.self)", versions: (version, Self.version), cause: error)
        }
    }
}

/// Today's type does not decode from an old payload, and there is nothing else to try.
private struct MissingMigration: Error {
    let cause: any Error
}

/// The payload is not what the handler's job type decodes from; no other attempt can help.
package struct UndecodablePayload: Error {
    package let type: String
    package let byteCount: Int
    /// The payload's version and the type's, when they differ.
    package let versions: (payload: Int, type: Int)?
    package let cause: any Error

    package init(type: String, byteCount: Int, versions: (payload: Int, type: Int)? = nil, cause: any Error) {
        self.type = type
        self.byteCount = byteCount
        self.versions = versions
        self.cause = cause
    }

    /// What is wrong, and what to do.
    package var message: String {
        guard let versions else {
            return
                "The payload (\(byteCount) bytes) is not a \(type): \(cause). Submitter and worker disagree on its form; "
                + "raise the job's version when the form changes."
        }
        return "The payload (\(byteCount) bytes) is of version \(versions.payload) and does not decode as version "
            + "\(versions.type) of \(type): \(cause). Bring old payloads up to date in its `migrate(from:)`, then retry the job."
    }
}

/// The job type's own migration threw; no other attempt can help.
package struct FailedMigration: Error {
    package let type: String
    package let versions: (payload: Int, type: Int)
    package let cause: any Error

    package init(type: String, versions: (payload: Int, type: Int), cause: any Error) {
        self.type = type
        self.versions = versions
        self.cause = cause
    }

    /// What is wrong, and what to do.
    package var message: String {
        "The payload of version \(versions.payload) could not be brought to version \(versions.type) of \(type): \(cause). "
            + "Mend its `migrate(from:)`, then retry the job."
    }
}
