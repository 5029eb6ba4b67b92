//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Reads something of a workflow; `nil` when there is no such workflow.
package struct WorkflowReadCall<Content: Sendable>: StorageCall {
    package let script = StorageScript.flowRead
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let read: @Sendable (RESPValue) throws(StorageError) -> Content

    private init(
        _ what: String,
        _ numbers: [Int] = [],
        keys: WorkflowKeys,
        _ read: @escaping @Sendable (RESPValue) throws(StorageError) -> Content
    ) {
        self.keys = keys.keys
        arguments = RESPWords([Array(what.utf8)] + numbers.map { Array("\($0)".utf8) })
        self.read = read
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> Content? {
        if case .null = reply { return nil }
        return try read(reply)
    }
}

extension WorkflowReadCall where Content == WorkflowHead {
    /// Reads the head.
    package static func head(of id: JobID, keys: WorkflowKeys) -> Self {
        Self("head", keys: keys) { (reply) throws(StorageError) in
            let parts = try reply.array(.flowRead, count: 3)
            var head = try WorkflowHeadCodec.decode(try parts[0].bytes(.flowRead), of: id)
            head.parent = try WorkflowHeadCodec.decodeParent(try parts[1].bytes(.flowRead), of: id)
            head.incarnation = Int(try parts[2].integer(.flowRead))
            return head
        }
    }
}

extension WorkflowReadCall where Content == [WorkflowNode] {
    /// Reads nodes.
    package static func nodes(_ nodes: [Int], of id: JobID, keys: WorkflowKeys) -> Self {
        Self("nodes", nodes, keys: keys) { (reply) throws(StorageError) in
            var found: [WorkflowNode] = []
            for item in try reply.array(.flowRead, count: nodes.count) {
                found.append(try WorkflowCodec.decode(try item.bytes(.flowRead), of: id))
            }
            return found
        }
    }
}

extension WorkflowReadCall where Content == [Outcome?] {
    /// Reads how nodes ended.
    package static func outcomes(of nodes: [Int], of id: JobID, keys: WorkflowKeys) -> Self {
        Self("outcomes", nodes, keys: keys) { (reply) throws(StorageError) in
            var found: [Outcome?] = []
            for item in try reply.array(.flowRead, count: nodes.count) {
                guard let bytes = try item.optionalBytes(.flowRead) else {
                    found.append(nil)
                    continue
                }
                found.append(try WorkflowCodec.decodeOutcome(bytes, of: id))
            }
            return found
        }
    }
}

extension WorkflowReadCall where Content == Outcome? {
    /// Reads how a node ended, as one of its runs sees it.
    package static func outcome(of reference: WorkflowReference, keys: WorkflowKeys) -> Self {
        Self("outcome", [reference.node, reference.generation], keys: keys) { (reply) throws(StorageError) in
            let bytes = try reply.bytes(.flowRead)
            return bytes.isEmpty ? nil : try WorkflowCodec.decodeOutcome(bytes, of: reference.id)
        }
    }
}

extension WorkflowReadCall where Content == [WorkflowStop?] {
    /// Reads why parts have been stopped.
    package static func stops(of regions: [Int], of id: JobID, keys: WorkflowKeys) -> Self {
        Self("stops", regions, keys: keys) { (reply) throws(StorageError) in
            var found: [WorkflowStop?] = []
            for item in try reply.array(.flowRead, count: regions.count) {
                guard let bytes = try item.optionalBytes(.flowRead) else {
                    found.append(nil)
                    continue
                }
                if bytes.count < 8 {
                    found.append(.cancellation)
                    continue
                }
                let pair = try WorkflowStepCall.pairs(item, .flowRead, of: id).first
                found.append(pair.map { .failure(.init(node: $0.0, generation: $0.1)) })
            }
            return found
        }
    }
}

extension WorkflowReadCall where Content == WorkflowOpenNodes {
    /// Reads which nodes of a part have been begun and have not ended, or are being passed on.
    package static func open(in range: Range<Int>, limit: Int, of id: JobID, keys: WorkflowKeys) -> Self {
        Self("open", [range.lowerBound, range.upperBound, limit], keys: keys) { (reply) throws(StorageError) in
            let parts = try reply.array(.flowRead, count: 3)
            var reader = ByteReader(try parts[1].bytes(.flowRead), of: .part("nodes being passed on", of: id))
            var passing: [Int] = []
            while reader.remaining > 0 { passing.append(Int(try reader.read(UInt32.self))) }
            let last = Int(try parts[2].integer(.flowRead))
            return WorkflowOpenNodes(
                starts: try WorkflowStepCall.pairs(parts[0], .flowRead, of: id).map {
                    .init(node: $0.0, generation: $0.1)
                },
                passing: passing,
                last: last < 0 ? nil : last
            )
        }
    }
}

extension WorkflowReadCall where Content == WorkflowSummary {
    /// Reads how far a workflow has come.
    package static func summary(of id: JobID, keys: WorkflowKeys) -> Self {
        Self("summary", keys: keys) { (reply) throws(StorageError) in
            let parts = try reply.array(.flowRead, count: 8)
            let end = try WorkflowStepCall.end(try parts[0].bytes(.flowRead), of: id)
            let isStopped = try parts[1].integer(.flowRead) == 1
            let isLaunched = try parts[6].integer(.flowRead) == 1
            let hasExpansions = try parts[7].integer(.flowRead) == 1
            return WorkflowSummary(
                isLaunched: isLaunched,
                end: end,
                isStopping: end == nil && isStopped,
                completed: Int(try parts[2].integer(.flowRead)),
                total: Int(try parts[3].integer(.flowRead)),
                incarnation: Int(try parts[4].integer(.flowRead)),
                generation: Int(try parts[5].integer(.flowRead)),
                hasExpansions: hasExpansions
            )
        }
    }
}
