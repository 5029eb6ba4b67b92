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
        arguments = RESPWords(Self.fields(of: head))
    }

    /// What is known of the whole: names and values.
    static func fields(of head: WorkflowHead) -> [[UInt8]] {
        let kept = max(head.retention, Self.unreleasedRetention).microsecondsUp
        var fields: [(String, [UInt8])] = [
            ("phase", Array("l".utf8)), ("main", text(head.mainCount)), ("total", text(head.jobCount)),
            ("shape", Array(head.shape.description.utf8)), ("kept", text(Int(kept))),
            ("head", WorkflowHeadCodec.encode(head)),
        ]
        if let parent = head.parent { fields.append(("parent", WorkflowHeadCodec.encode(parent))) }
        return fields.flatMap { [Array($0.0.utf8), $0.1] }
    }

    /// How long a workflow is kept at least of whose end nobody says that it is known.
    private static let unreleasedRetention = Duration.seconds(7 * 24 * 3600)

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
            arguments.append(WorkflowKeys.field(ofRegion: index))
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
        case begin, launch, end, advance, cancel, restart, expand, adopt
    }

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

    /// Creates a call that goes on with telling those that wait for a node.
    package init(_ rest: WorkflowStep.Rest, of id: JobID, keys: WorkflowKeys) {
        self.init(.advance, [rest.node, rest.position], of: id, keys: keys)
    }

    /// Creates a call that names the job which waits for a workflow.
    package init(adoptedBy parent: WorkflowParent, of id: JobID, keys: WorkflowKeys) {
        self.keys = keys.keys
        self.id = id
        arguments = RESPWords([Array(Event.adopt.rawValue.utf8), WorkflowHeadCodec.encode(parent)])
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
        guard replies.count >= 4, replies.count % 5 == 4 else {
            throw reply.unexpected(script, "four numbers and fives")
        }
        var counts = WorkflowStep()
        counts.completed = Int(try replies[0].integer(script))
        counts.total = Int(try replies[1].integer(script))
        counts.incarnation = Int(try replies[2].integer(script))
        counts.generation = Int(try replies[3].integer(script))
        var answers: [WorkflowAnswer] = []
        for index in stride(from: 4, to: replies.count, by: 5) {
            var step = counts
            step.starts = try Self.pairs(replies[index + 1], script, of: id).map { .init(node: $0.0, generation: $0.1) }
            step.rest = try Self.pairs(replies[index + 2], script, of: id).map { .init(node: $0.0, position: $0.1) }
            for (first, last) in try Self.pairs(replies[index + 3], script, of: id) where first < last {
                step.cancels.append(first..<last)
            }
            step.end = try Self.end(try replies[index + 4].bytes(script), of: id)
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

/// Lets the time begin for which a workflow is kept that is over; `nil` when there is no such workflow.
package struct WorkflowReleaseCall: StorageCall {
    /// How long a workflow is kept at least, for those who tell once more of what it knows.
    private static let shortestRetention = Duration.seconds(60)

    package let script = StorageScript.flow
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let id: JobID

    package init(_ id: JobID, retention: Duration, generation: Int, keys: WorkflowKeys) {
        self.keys = keys.keys
        self.id = id
        let kept = max(retention, Self.shortestRetention).microsecondsUp
        arguments = RESPWords([Array("release".utf8), text(Int(kept)), text(generation)])
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> WorkflowRelease? {
        if case .null = reply { return nil }
        let parts = try reply.array(script, count: 2)
        return WorkflowRelease(
            stands: try parts[0].integer(script) == 1,
            parent: try WorkflowHeadCodec.decodeParent(try parts[1].bytes(script), of: id)
        )
    }
}

private func text(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }
