//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Begins to store a workflow.
///
/// Answers whether it is to be filled and launched.
package struct WorkflowCreateCall: StorageCall {
    package let script = StorageScript.flowCreate
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    package init(_ head: WorkflowHead, keys: WorkflowKeys) {
        self.keys = keys.keys
        arguments = RESPWords(
            [
                ("phase", Array("l".utf8)), ("main", text(head.mainCount)), ("total", text(head.jobCount)),
                ("shape", Array(head.shape.description.utf8)), ("gen", text(0)),
                ("head", WorkflowHeadCodec.encode(head)),
            ].flatMap { [Array($0.0.utf8), $0.1] }
        )
    }

    /// Whether it is to be filled; `nil` when one of another shape is being filled.
    package func decode(_ reply: RESPValue) throws(StorageError) -> Bool? {
        let answer = try reply.integer(script)
        return answer < 0 ? nil : answer == 1
    }
}

/// Adds nodes or regions to a workflow.
package struct WorkflowAppendCall: StorageCall {
    package let script = StorageScript.flowAppend
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call that adds nodes.
    package init(_ nodes: ArraySlice<WorkflowNode>, at index: Int, keys: WorkflowKeys) {
        self.keys = keys.keys
        var arguments = RESPWords(reserving: 96 * nodes.count)
        arguments.append(text(WorkflowKeys.Part.nodes.rawValue))
        for (place, node) in nodes.enumerated() {
            arguments.append(text(index + place))
            arguments.append(WorkflowCodec.encode(node))
        }
        self.arguments = arguments
    }

    /// Creates a call that adds regions.
    package init(_ regions: ArraySlice<WorkflowRegion>, keys: WorkflowKeys) {
        self.keys = keys.keys
        var arguments = RESPWords(reserving: 64 * regions.count)
        arguments.append(text(WorkflowKeys.Part.info.rawValue))
        for (index, region) in zip(regions.indices, regions) {
            arguments.append(Array("r\(index)".utf8))
            arguments.append(WorkflowCodec.encode(region))
        }
        self.arguments = arguments
    }

    package func decode(_ reply: RESPValue) throws(StorageError) { _ = try reply.integer(script) }
}

/// Tells a workflow of something.
///
/// Answers with what is to be done, for each end that was told or once; `nil` when there is no
/// such workflow.
package struct WorkflowStepCall: StorageCall {
    /// What happens.
    package enum Event: String, Sendable {
        case begin, launch, end, cancel, restart, release, expand
    }

    /// How long a workflow is kept at least, for those who tell once more of what it knows.
    private static let shortestRetention = Duration.seconds(60)

    package let script = StorageScript.flow
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let id: JobID

    /// Creates a call for something that happens to the whole, or to nodes that wait for nothing.
    package init(_ event: Event, _ nodes: [Int] = [], of id: JobID, keys: WorkflowKeys) {
        self.keys = keys.keys
        self.id = id
        arguments = RESPWords([Array(event.rawValue.utf8)] + nodes.map(text))
    }

    /// Creates a call that lets the time begin for which a workflow is kept that is over.
    package init(releasing id: JobID, retention: Duration, keys: WorkflowKeys) {
        self.keys = keys.keys
        self.id = id
        let kept = max(retention, Self.shortestRetention).microsecondsUp
        arguments = RESPWords([Array(Event.release.rawValue.utf8), text(Int(kept))])
    }

    /// Creates a call for the ends of jobs.
    package init(_ ends: [WorkflowNodeEnd], of id: JobID, keys: WorkflowKeys) {
        self.keys = keys.keys
        self.id = id
        arguments = RESPWords(
            [Array(Event.end.rawValue.utf8)]
                + ends.flatMap { end in
                    [text(end.reference.node), text(end.reference.generation), WorkflowCodec.encode(end.outcome)]
                }
        )
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [WorkflowAnswer]? {
        if case .null = reply { return nil }
        // There was nothing to restart.
        if case .integer = reply { return [] }
        let replies = try reply.array(script)
        guard replies.count >= 2, replies.count % 4 == 2 else {
            throw reply.unexpected(script, "two numbers and fours")
        }
        let completed = Int(try replies[0].integer(script))
        let total = Int(try replies[1].integer(script))
        var answers: [WorkflowAnswer] = []
        for index in stride(from: 2, to: replies.count, by: 4) {
            var step = WorkflowStep(completed: completed, total: total)
            step.starts = try Self.pairs(replies[index + 1], script, of: id).map { .init(node: $0.0, generation: $0.1) }
            for (first, last) in try Self.pairs(replies[index + 2], script, of: id) where first < last {
                step.cancels.append(first..<last)
            }
            step.end = try Self.end(try replies[index + 3].bytes(script), of: id)
            let body = try replies[index].bytes(script)
            let outcome = body.isEmpty ? Outcome.cancelled : try WorkflowCodec.decodeOutcome(body, of: id)
            answers.append(WorkflowAnswer(outcome: outcome, step: step))
        }
        return answers
    }

    static func pairs(_ reply: RESPValue, _ script: StorageScript, of id: JobID) throws(StorageError) -> [(Int, Int)] {
        var reader = ByteReader(try reply.bytes(script), of: .part("a step", of: id))
        var pairs: [(Int, Int)] = []
        while reader.remaining > 0 {
            let (first, second) = (try reader.read(UInt32.self), try reader.read(UInt32.self))
            pairs.append((Int(first), Int(second)))
        }
        return pairs
    }

    static func end(_ bytes: [UInt8], of id: JobID) throws(StorageError) -> WorkflowEnd? {
        switch bytes.first {
        case nil: return nil
        case UInt8(ascii: "s"): return .succeeded
        case UInt8(ascii: "c"): return .cancelled
        case UInt8(ascii: "f"):
            if let node = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)) { return .failed(node: node) }
            fallthrough
        default: throw ByteReader(bytes, of: .part("the end", of: id)).malformed("it is no end of a workflow")
        }
    }
}

private func text(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }
