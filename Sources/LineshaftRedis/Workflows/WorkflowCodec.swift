//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Workflows as Redis keeps them.
///
/// In front is what scripts read: numbers of fixed length.
package enum WorkflowCodec: Sendable {
    static let version: UInt8 = 1

    // MARK: Nodes

    /// Writes a node: whether it is a job, its region, its edges, and behind them what only programs read.
    package static func encode(_ node: WorkflowNode) -> [UInt8] {
        var writer = ByteWriter(reserving: 32 + 17 * node.edges.count)
        writer.write(UInt8(node.isJob ? 1 : 0))
        writer.write(UInt32(clamping: node.region))
        writer.write(UInt32(clamping: node.edges.count))
        for edge in node.edges { write(edge, to: &writer) }
        writer.write(version)
        writer.writeCompact(UInt64(node.join.offset))
        writer.writeCompact(UInt64(node.join.count))
        switch node.kind {
        case .job(let template, let payload, let input):
            writer.write(UInt8(1))
            writer.writeCompact(UInt64(template))
            switch input {
            case .value(let part): write([part], to: &writer)
            case .failure(let region):
                writer.writeCompact(UInt64.max)
                writer.writeCompact(UInt64(region))
            }
            writer.write(payload)
        case .gather(let parts):
            writer.write(UInt8(2))
            write(parts, to: &writer)
        case .collect(let parts, let regions):
            writer.write(UInt8(3))
            write(parts, to: &writer)
            for region in regions { writer.writeCompact(UInt64(region)) }
        case .relay(let part):
            writer.write(UInt8(4))
            write([part], to: &writer)
        }
        return writer.bytes
    }

    /// Reads a node.
    package static func decode(_ bytes: [UInt8], of id: JobID) throws(StorageError) -> WorkflowNode {
        var reader = ByteReader(bytes, of: .part("a node", of: id))
        _ = try reader.read(UInt8.self)
        let region: UInt32 = try reader.read()
        let count: UInt32 = try reader.read()
        guard Int(count) <= reader.remaining / 17 else { throw reader.malformed("there are \(count) edges") }
        var edges: [WorkflowNode.Edge] = []
        for _ in 0..<count { edges.append(try readEdge(&reader)) }
        try reader.readVersion(version)
        let join = WorkflowNode.Join(offset: try reader.readIndex(), count: try reader.readIndex())
        let kind: WorkflowNode.Kind
        switch try reader.read(UInt8.self) {
        case 1:
            let template = try reader.readIndex()
            let count = try reader.readCompact()
            if count == .max {
                let input = WorkflowNode.Input.failure(of: try reader.readIndex())
                kind = .job(template: template, payload: reader.readRest(), input: input)
            } else {
                guard count == 1 else { throw reader.malformed("a job takes \(count) things") }
                let part = try readPart(&reader)
                kind = .job(template: template, payload: reader.readRest(), input: .value(part))
            }
        case 2: kind = .gather(try readParts(&reader))
        case 3:
            let parts = try readParts(&reader)
            var regions: [Int] = []
            for _ in parts { regions.append(try reader.readIndex()) }
            kind = .collect(parts, regions: regions)
        case 4:
            let parts = try readParts(&reader)
            guard parts.count == 1 else { throw reader.malformed("a relay hands on \(parts.count) things") }
            kind = .relay(parts[0])
        case let other: throw reader.malformed("there is no kind \(other) of node")
        }
        return WorkflowNode(kind: kind, region: Int(region), join: join, edges: edges)
    }

    private static func write(_ edge: WorkflowNode.Edge, to writer: inout ByteWriter) {
        writer.write(UInt32(clamping: edge.target))
        writer.write(UInt32(clamping: edge.position))
        writer.write(UInt32(clamping: edge.join.offset))
        writer.write(UInt32(clamping: edge.join.count))
        writer.write(UInt8(edge.isJob ? 1 : 0))
    }

    private static func readEdge(_ reader: inout ByteReader) throws(StorageError) -> WorkflowNode.Edge {
        let target: UInt32 = try reader.read()
        let position: UInt32 = try reader.read()
        let offset: UInt32 = try reader.read()
        let count: UInt32 = try reader.read()
        let isJob: UInt8 = try reader.read()
        return WorkflowNode.Edge(
            target: Int(target),
            position: Int(position),
            join: .init(offset: Int(offset), count: Int(count)),
            isJob: isJob == 1
        )
    }

    private static func write(_ parts: [WorkflowNode.Part], to writer: inout ByteWriter) {
        writer.writeCompact(UInt64(parts.count))
        for part in parts {
            // Two bits say what it is.
            switch part {
            case .nothing: writer.writeCompact(UInt64(0))
            case .output(let node): writer.writeCompact(UInt64(node) << 2 | 1)
            case .gathered(let node): writer.writeCompact(UInt64(node) << 2 | 2)
            }
        }
    }

    private static func readParts(_ reader: inout ByteReader) throws(StorageError) -> [WorkflowNode.Part] {
        var parts: [WorkflowNode.Part] = []
        for _ in 0..<(try reader.readCount()) { parts.append(try readPart(&reader)) }
        return parts
    }

    private static func readPart(_ reader: inout ByteReader) throws(StorageError) -> WorkflowNode.Part {
        let value = try reader.readCompact()
        switch value & 3 {
        case 0: return .nothing
        case 1: return .output(of: Int(value >> 2))
        case 2: return .gathered(by: Int(value >> 2))
        default: throw reader.malformed("\(value) is nothing that is handed on")
        }
    }

    // MARK: Regions

    /// Writes a part that fails as one, all of which scripts read.
    package static func encode(_ region: WorkflowRegion) -> [UInt8] {
        var writer = ByteWriter(reserving: 40)
        writer.write(Int32(clamping: region.parent ?? -1))
        writer.write(UInt32(clamping: region.nodes.lowerBound))
        writer.write(UInt32(clamping: region.nodes.upperBound))
        writer.write(UInt32(clamping: region.callbacks.count))
        writer.write(UInt8(region.exit == nil ? 0 : 1))
        for callback in region.callbacks { writer.write(UInt32(clamping: callback)) }
        if let exit = region.exit { write(exit, to: &writer) }
        return writer.bytes
    }

    // MARK: Outcomes

    /// Writes how a job ended.
    package static func encode(_ outcome: Outcome) -> [UInt8] {
        switch outcome {
        case .succeeded(let output): [1] + output
        case .failed(let failure): [2] + FailureCodec.encode(failure)
        case .cancelled: [3]
        case .expired: [4]
        }
    }

    /// Reads how a job ended.
    package static func decodeOutcome(_ bytes: [UInt8], of id: JobID) throws(StorageError) -> Outcome {
        let body = Array(bytes.dropFirst())
        switch bytes.first {
        case 1: return .succeeded(body)
        case 2: return .failed(try FailureCodec.decode(body, id: id, queue: "?"))
        case 3: return .cancelled
        case 4: return .expired
        default: throw ByteReader(bytes, of: .part("an outcome in a workflow", of: id)).malformed("the kind is unknown")
        }
    }
}

extension ByteReader {
    /// Reads a number that is an index or a count of what may be elsewhere.
    mutating func readIndex() throws(StorageError) -> Int {
        let value = try readCompact()
        guard let index = Int32(exactly: value) else { throw malformed("\(value) is no index") }
        return Int(index)
    }
}
