//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// A job as bytes.
///
/// A **head** comes first, which scripts read, in Lua, with `struct.unpack`:
///
/// | bytes | what |
/// |---|---|
/// | 1 | version of the whole: 1. Those below 128 are jobs, the others outcomes. |
/// | 1 | what the head has: 1 reply address, 2 retention, 4 start, 8 expiry, 16 deadline, 32 unique key, 64 tenant |
/// | 1 | priority, 0 to 9 |
/// | 2 | length of the head |
/// | 8 each | what it has, in this order; times and durations in nanoseconds |
/// | 8, 2, … | the unique key's window (-1 until the job is done), length, and text |
/// | …, 1 | the tenant's text and then its length, so that it is found from the head's end |
///
/// Later versions may change what follows but not the head: the name (a byte of length, text), and the **body**: the
/// layout's version, the time of submission, what there is (1 input, 2 parent, 4 timeout, 8 retry policy, 16 headers,
/// 32 immediate acknowledgement), that, and the payload up to the end. Neither identifier nor queue are in it, for they
/// are where it is.
package enum EnvelopeCodec: Sendable {
    static let version: UInt8 = 1

    private struct Bits {
        static let reply: UInt8 = 1
        static let retention: UInt8 = 2
        static let start: UInt8 = 4
        static let expires: UInt8 = 8
        static let deadline: UInt8 = 16
        static let unique: UInt8 = 32
        static let tenant: UInt8 = 64
    }

    private struct Parts {
        static let input: UInt64 = 1
        static let parent: UInt64 = 2
        static let timeout: UInt64 = 4
        static let retry: UInt64 = 8
        static let headers: UInt64 = 16
        static let immediate: UInt64 = 32
        static let workflow: UInt64 = 64
        static let all: UInt64 = 127
    }

    /// Writes a job.
    ///
    /// - Parameter envelope: The job.
    /// - Returns: Its bytes.
    /// - Throws: ``StorageError`` when its name, unique key or tenant is longer than the format can say.
    package static func encode(_ envelope: Envelope) throws(StorageError) -> [UInt8] {
        let details = envelope.hasDetails ? envelope.details : nil
        var writer = ByteWriter(reserving: envelope.payload.count + (details?.input?.count ?? 0) + 64)
        try writeHead(envelope, details, &writer)
        let name = envelope.name.rawValue.utf8
        guard let length = UInt8(exactly: name.count) else {
            throw StorageError(
                .tooLarge,
                "The job name “\(envelope.name.rawValue.prefix(32))…” is longer than 255 bytes."
            )
        }
        writer.write(length)
        writer.write(name)
        writer.writeCompact(Int64(envelope.version))
        writer.write(envelope.submitted.nanosecondsSinceEpoch)
        writeParts(details, &writer)
        writer.write(envelope.payload)
        return writer.bytes
    }

    private static func writeHead(
        _ envelope: Envelope,
        _ details: Envelope.Details?,
        _ writer: inout ByteWriter
    ) throws(StorageError) {
        var bits: UInt8 = 0
        var head = ByteWriter()
        if let client = envelope.replyTo {
            bits |= Bits.reply
            head.write(client.rawValue)
        }
        if let retention = details?.retention {
            bits |= Bits.retention
            head.write(retention.saturatedNanoseconds)
        }
        if let start = details?.start {
            bits |= Bits.start
            head.write(start.nanosecondsSinceEpoch)
        }
        if let expires = details?.expires {
            bits |= Bits.expires
            head.write(expires.nanosecondsSinceEpoch)
        }
        if let deadline = details?.deadline {
            bits |= Bits.deadline
            head.write(deadline.nanosecondsSinceEpoch)
        }
        if let unique = details?.unique {
            bits |= Bits.unique
            head.write(unique.window.map { max($0, .zero).saturatedNanoseconds } ?? -1)
            let key = Array(unique.key.utf8)
            guard key.count <= 60_000 else {
                throw StorageError(.tooLarge, "The unique key of job \(envelope.id) is longer than 60,000 bytes.")
            }
            head.write(UInt16(key.count))
            head.write(key)
        }
        if let tenant = details?.tenant {
            bits |= Bits.tenant
            let name = tenant.rawValue.utf8
            guard let length = UInt8(exactly: name.count) else {
                throw StorageError(.tooLarge, "The tenant of job \(envelope.id) has a name longer than 255 bytes.")
            }
            head.write(name)
            head.write(length)
        }
        writer.write(version)
        writer.write(bits)
        writer.write(envelope.priority.level)
        writer.write(UInt16(head.bytes.count + 5))
        writer.write(head.bytes)
    }

    private static func writeParts(_ details: Envelope.Details?, _ writer: inout ByteWriter) {
        guard let details else { return writer.writeCompact(UInt64(0)) }
        var parts: UInt64 = 0
        if details.input != nil { parts |= Parts.input }
        if details.parent != nil { parts |= Parts.parent }
        if details.timeout != nil { parts |= Parts.timeout }
        if details.retry != nil { parts |= Parts.retry }
        if !details.headers.isEmpty { parts |= Parts.headers }
        if details.acknowledgement == .immediate { parts |= Parts.immediate }
        if details.workflow != nil { parts |= Parts.workflow }
        writer.writeCompact(parts)
        if let workflow = details.workflow {
            // In front and of fixed length, for scripts.
            writer.write(workflow.id)
            writer.write(UInt32(clamping: workflow.node))
            writer.write(UInt32(clamping: workflow.generation))
        }
        if let input = details.input { writer.writeCounted(input) }
        if let parent = details.parent { writer.write(parent) }
        if let timeout = details.timeout { writer.write(timeout) }
        if let retry = details.retry { PolicyCodec.write(retry, to: &writer) }
        if !details.headers.isEmpty {
            writer.writeCompact(UInt64(details.headers.count))
            // In an order of their own, so that the same job is the same bytes.
            for (name, value) in details.headers.sorted(by: { $0.key < $1.key }) {
                writer.write(name)
                writer.write(value)
            }
        }
    }

    /// Reads a job.
    ///
    /// - Parameters:
    ///   - bytes: What was stored.
    ///   - id: Under which identifier.
    ///   - queue: In which queue.
    /// - Returns: The job.
    /// - Throws: ``StorageError`` with the code `newer` for a version that this program does not know, else
    ///   `malformed`.
    package static func decode(_ bytes: [UInt8], id: JobID, queue: QueueName) throws(StorageError) -> Envelope {
        var reader = ByteReader(bytes, of: .job(id, queue))
        try reader.readVersion(version)
        let bits: UInt8 = try reader.read()
        let level: UInt8 = try reader.read()
        let length = Int(try reader.read(UInt16.self))
        guard bits < 128, level < JobPriority.levels else { throw reader.malformed("the head makes no sense") }
        let before = reader.remaining
        var details = Envelope.Details()
        let client = bits & Bits.reply != 0 ? ClientID(try reader.read()) : nil
        if bits & Bits.retention != 0 { details.retention = .nanoseconds(try reader.read(Int64.self)) }
        if bits & Bits.start != 0 { details.start = Timestamp(nanosecondsSinceEpoch: try reader.read()) }
        if bits & Bits.expires != 0 { details.expires = Timestamp(nanosecondsSinceEpoch: try reader.read()) }
        if bits & Bits.deadline != 0 { details.deadline = Timestamp(nanosecondsSinceEpoch: try reader.read()) }
        if bits & Bits.unique != 0 {
            let window: Int64 = try reader.read()
            let key = try reader.text(try reader.read(count: Int(try reader.read(UInt16.self))))
            details.unique = UniqueClaim(key: key, window: window < 0 ? nil : .nanoseconds(window))
        }
        if bits & Bits.tenant != 0 {
            // What is left of the head, but for the length that follows.
            let count = length - 6 - (before - reader.remaining)
            guard count >= 0 else { throw reader.malformed("the head has another length") }
            details.tenant = TenantName(try reader.text(try reader.read(count: count)))
            guard Int(try reader.read(UInt8.self)) == count else {
                throw reader.malformed("the tenant has another length")
            }
        }
        guard before - reader.remaining + 5 == length else { throw reader.malformed("the head has another length") }
        let name = try reader.text(try reader.read(count: Int(try reader.read(UInt8.self))))
        let layout = try reader.readInt()
        let submitted = Timestamp(nanosecondsSinceEpoch: try reader.read())
        try readParts(&reader, &details)
        return Envelope(
            id: id,
            name: JobName(name),
            version: layout,
            queue: queue,
            priority: JobPriority(Int(level)),
            payload: reader.readRest(),
            submitted: submitted,
            replyTo: client,
            details: details
        )
    }

    private static func readParts(
        _ reader: inout ByteReader,
        _ details: inout Envelope.Details
    ) throws(StorageError) {
        let parts = try reader.readCompact()
        guard parts <= Parts.all else { throw reader.malformed("there are unknown parts") }
        if parts & Parts.workflow != 0 {
            let id = try reader.readID()
            let node: UInt32 = try reader.read()
            let generation: UInt32 = try reader.read()
            details.workflow = WorkflowReference(id: id, node: Int(node), generation: Int(generation))
        }
        if parts & Parts.input != 0 { details.input = try reader.readCounted() }
        if parts & Parts.parent != 0 { details.parent = try reader.readID() }
        if parts & Parts.timeout != 0 { details.timeout = try reader.readDuration() }
        if parts & Parts.retry != 0 { details.retry = try PolicyCodec.read(from: &reader) }
        if parts & Parts.headers != 0 {
            for _ in 0..<(try reader.readCount()) {
                let name = try reader.readText()
                details.headers[name] = try reader.readText()
            }
        }
        if parts & Parts.immediate != 0 { details.acknowledgement = .immediate }
    }

    /// The part that scripts read of a job's bytes, for a settlement to carry along.
    package static func head(of bytes: [UInt8]) -> ArraySlice<UInt8> {
        guard bytes.count >= 5 else { return [] }
        return bytes.prefix(Int(bytes[3]) << 8 | Int(bytes[4]))
    }
}
