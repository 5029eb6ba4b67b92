//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// What Redis keeps of a workflow as a whole, apart from its regions.
package enum WorkflowHeadCodec: Sendable {
    static let version: UInt8 = 1

    /// Writes a head.
    package static func encode(_ head: WorkflowHead) -> [UInt8] {
        var writer = ByteWriter(reserving: 256)
        writer.write(version)
        for number in [head.nodeCount, head.mainCount, head.jobCount, head.joinBytes] {
            writer.writeCompact(UInt64(number))
        }
        switch head.output {
        case .nothing: writer.writeCompact(UInt64(0))
        case .output(let node): writer.writeCompact(UInt64(node) << 2 | 1)
        case .gathered(let node): writer.writeCompact(UInt64(node) << 2 | 2)
        }
        writer.write(UInt8(head.replyTo == nil ? 0 : 1))
        if let client = head.replyTo { writer.write(client.rawValue) }
        writer.write(UInt8(head.deadline == nil ? 0 : 1))
        if let deadline = head.deadline { writer.write(deadline.nanosecondsSinceEpoch) }
        writer.write(head.retention)
        writer.writeCompact(UInt64(head.templates.count))
        for template in head.templates { write(template, to: &writer) }
        return writer.bytes
    }

    /// Reads a head.
    package static func decode(_ bytes: [UInt8], of id: JobID) throws(StorageError) -> WorkflowHead {
        var reader = ByteReader(bytes, of: .part("the head", of: id))
        try reader.readVersion(version)
        let (nodes, main) = (try reader.readIndex(), try reader.readIndex())
        let (jobs, joins) = (try reader.readIndex(), try reader.readIndex())
        let output = try reader.readCompact()
        let client = try reader.read(UInt8.self) == 1 ? ClientID(try reader.read()) : nil
        let deadline = try reader.read(UInt8.self) == 1 ? Timestamp(nanosecondsSinceEpoch: try reader.read()) : nil
        let retention = try reader.readDuration()
        var templates: [WorkflowTemplate] = []
        for _ in 0..<(try reader.readCount()) { templates.append(try readTemplate(&reader)) }
        try reader.finish()
        let node = Int(output >> 2)
        return WorkflowHead(
            id: id,
            templates: templates,
            regions: [],
            nodeCount: nodes,
            mainCount: main,
            jobCount: jobs,
            output: output & 3 == 1 ? .output(of: node) : output & 3 == 2 ? .gathered(by: node) : .nothing,
            joinBytes: joins,
            replyTo: client,
            retention: retention,
            deadline: deadline
        )
    }

    /// Writes the job that waits for a workflow, which is kept apart for it may become another one.
    package static func encode(_ parent: WorkflowParent) -> [UInt8] {
        var writer = ByteWriter(reserving: 48)
        writer.write(parent.id)
        writer.write(parent.queue.rawValue)
        return writer.bytes
    }

    /// Reads the job that waits for a workflow; `nil` of nothing.
    package static func decodeParent(_ bytes: [UInt8], of id: JobID) throws(StorageError) -> WorkflowParent? {
        if bytes.isEmpty { return nil }
        var reader = ByteReader(bytes, of: .part("the parent", of: id))
        let parent = WorkflowParent(id: try reader.readID(), queue: QueueName(try reader.readText()))
        try reader.finish()
        return parent
    }

    private struct Bits {
        static let queue: UInt64 = 1
        static let priority: UInt64 = 2
        static let start: UInt64 = 4
        static let expires: UInt64 = 8
        static let deadline: UInt64 = 16
        static let timeout: UInt64 = 32
        static let retry: UInt64 = 64
        static let retention: UInt64 = 128
        static let headers: UInt64 = 256
        static let immediate: UInt64 = 512
        static let tenant: UInt64 = 1024
    }

    private static func write(_ template: WorkflowTemplate, to writer: inout ByteWriter) {
        let options = template.options
        var bits: UInt64 = 0
        if options.queue != nil { bits |= Bits.queue }
        if options.priority != nil { bits |= Bits.priority }
        if options.start != nil { bits |= Bits.start }
        if options.expires != nil { bits |= Bits.expires }
        if options.deadline != nil { bits |= Bits.deadline }
        if options.timeout != nil { bits |= Bits.timeout }
        if template.retry != nil { bits |= Bits.retry }
        if options.retention != nil { bits |= Bits.retention }
        if !options.headers.isEmpty { bits |= Bits.headers }
        if options.acknowledgement == .immediate { bits |= Bits.immediate }
        if options.tenant != nil { bits |= Bits.tenant }
        writer.write(template.name.rawValue)
        writer.writeCompact(Int64(template.version))
        writer.writeCompact(bits)
        if let queue = options.queue { writer.write(queue.rawValue) }
        if let priority = options.priority { writer.write(priority.level) }
        for time in [options.start, options.expires, options.deadline].compactMap(\.self) { write(time, to: &writer) }
        if let timeout = options.timeout { writer.write(timeout) }
        if let retry = template.retry { PolicyCodec.write(retry, to: &writer) }
        if let retention = options.retention { writer.write(retention) }
        if !options.headers.isEmpty {
            writer.writeCompact(UInt64(options.headers.count))
            for (name, value) in options.headers.sorted(by: { $0.key < $1.key }) {
                writer.write(name)
                writer.write(value)
            }
        }
        if let tenant = options.tenant { writer.write(tenant.rawValue) }
    }

    private static func readTemplate(_ reader: inout ByteReader) throws(StorageError) -> WorkflowTemplate {
        let name = JobName(try reader.readText())
        let layout = try reader.readInt()
        let bits = try reader.readCompact()
        guard bits < 2048 else { throw reader.malformed("a job has unknown options") }
        var options = JobOptions()
        if bits & Bits.queue != 0 { options.queue = QueueName(try reader.readText()) }
        if bits & Bits.priority != 0 { options.priority = JobPriority(Int(try reader.read(UInt8.self))) }
        if bits & Bits.start != 0 { options.start = try readTime(&reader) }
        if bits & Bits.expires != 0 { options.expires = try readTime(&reader) }
        if bits & Bits.deadline != 0 { options.deadline = try readTime(&reader) }
        if bits & Bits.timeout != 0 { options.timeout = try reader.readDuration() }
        let retry = bits & Bits.retry != 0 ? try PolicyCodec.read(from: &reader) : nil
        if bits & Bits.retention != 0 { options.retention = try reader.readDuration() }
        if bits & Bits.headers != 0 {
            for _ in 0..<(try reader.readCount()) {
                let name = try reader.readText()
                options.headers[name] = try reader.readText()
            }
        }
        if bits & Bits.immediate != 0 { options.acknowledgement = .immediate }
        if bits & Bits.tenant != 0 { options.tenant = TenantName(try reader.readText()) }
        return WorkflowTemplate(name: name, version: layout, options: options, retry: retry)
    }

    private static func write(_ time: JobTime, to writer: inout ByteWriter) {
        switch time {
        case .after(let duration):
            writer.write(UInt8(1))
            writer.write(duration)
        case .at(let time):
            writer.write(UInt8(2))
            writer.write(time.nanosecondsSinceEpoch)
        }
    }

    private static func readTime(_ reader: inout ByteReader) throws(StorageError) -> JobTime {
        switch try reader.read(UInt8.self) {
        case 1: return .after(try reader.readDuration())
        case 2: return .at(Timestamp(nanosecondsSinceEpoch: try reader.read()))
        case let other: throw reader.malformed("there is no kind \(other) of time")
        }
    }
}
