//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// An outcome as it is stored, with what only the server needs.
package struct StoredOutcome: Sendable, Hashable {
    /// The outcome.
    package let record: OutcomeRecord
    /// The token under which the job was settled; 0 when the broker ended it by itself.
    package let token: UInt64

    /// Creates a stored outcome.
    package init(record: OutcomeRecord, token: UInt64) {
        self.record = record
        self.token = token
    }
}

/// An outcome as bytes, most of which scripts write and read.
///
/// | bytes | what |
/// |---|---|
/// | 1 | version: 129, for those below 128 are jobs |
/// | 1 | 1 succeeded, 2 failed, 3 cancelled, 4 expired; 128 more with a reply address |
/// | 4 | attempts |
/// | 8 | until when it is kept, in microseconds |
/// | 8, 2 | when the job ended, in microseconds, and the nanoseconds beyond |
/// | 8 | how long it is kept, in nanoseconds |
/// | 8 | the token |
/// | 8 | the reply address, if there is one |
/// | 4, … | the body's length, and the body: an output or a failure |
package enum OutcomeCodec: Sendable {
    static let version: UInt8 = 129

    /// Writes an outcome for a store that reckons itself until when it is kept.
    package static func encode(_ record: OutcomeRecord) throws(StorageError) -> [UInt8] {
        let (kind, body): (UInt8, [UInt8]) =
            switch record.outcome {
            case .succeeded(let output): (1, output)
            case .failed(let failure): (2, FailureCodec.encode(failure))
            case .cancelled: (3, [])
            case .expired: (4, [])
            }
        guard let length = UInt32(exactly: body.count) else {
            throw StorageError(.tooLarge, "The output of job \(record.id) is larger than 4 GiB; pass it by reference.")
        }
        var writer = ByteWriter(reserving: body.count + 52)
        writer.write(version)
        writer.write(record.replyTo == nil ? kind : kind | 128)
        writer.write(UInt32(clamping: record.attempts))
        writer.write(Int64(0))
        let microseconds = record.finished.microseconds
        writer.write(microseconds)
        writer.write(UInt16(truncatingIfNeeded: record.finished.nanosecondsSinceEpoch &- microseconds &* 1000))
        writer.write(max(record.retention, .zero).saturatedNanoseconds)
        writer.write(UInt64(0))
        if let client = record.replyTo { writer.write(client.rawValue) }
        writer.write(length)
        writer.write(body)
        return writer.bytes
    }

    /// Reads an outcome.
    ///
    /// - Parameters:
    ///   - bytes: What was stored.
    ///   - id: Under which identifier.
    ///   - queue: In which queue, for messages.
    /// - Returns: The outcome.
    /// - Throws: ``StorageError`` with the code `newer` or `malformed`.
    package static func decode(
        _ bytes: [UInt8],
        id: JobID,
        queue: QueueName
    ) throws(StorageError) -> StoredOutcome {
        var reader = ByteReader(bytes, of: .part("the outcome", of: id))
        let stored = try read(&reader, id: id, queue: queue)
        try reader.finish()
        return stored
    }

    static func read(_ reader: inout ByteReader, id: JobID, queue: QueueName) throws(StorageError) -> StoredOutcome {
        try reader.readVersion(version)
        let kind: UInt8 = try reader.read()
        let attempts: UInt32 = try reader.read()
        _ = try reader.read(Int64.self)
        let microseconds: Int64 = try reader.read()
        let rest: UInt16 = try reader.read()
        guard rest < 1000 else { throw reader.malformed("there are \(rest) nanoseconds in a microsecond") }
        let retention: Int64 = try reader.read()
        let token: UInt64 = try reader.read()
        let client = kind & 128 != 0 ? ClientID(try reader.read()) : nil
        let body = try reader.read(count: Int(try reader.read(UInt32.self)))
        let outcome: Outcome
        switch kind & 127 {
        case 1: outcome = .succeeded(body)
        case 2: outcome = .failed(try FailureCodec.decode(body, id: id, queue: queue))
        case 3: outcome = .cancelled
        case 4: outcome = .expired
        default: throw reader.malformed("there is no kind \(kind) of outcome")
        }
        let (finished, overflow) = Timestamp(microseconds: microseconds).nanosecondsSinceEpoch
            .addingReportingOverflow(Int64(rest))
        let record = OutcomeRecord(
            id: id,
            outcome: outcome,
            attempts: Int(attempts),
            finished: Timestamp(nanosecondsSinceEpoch: overflow ? .max : finished),
            retention: .nanoseconds(retention),
            replyTo: client
        )
        return StoredOutcome(record: record, token: token)
    }
}
