//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Begins to store a workflow, adds all that belongs to it, and begins what waits for nothing.
package struct WorkflowWholeCall: StorageCall {
    /// What has become of it.
    package enum Answer: Sendable, Hashable {
        /// It has been launched before.
        case known
        /// One of another shape is being filled.
        case otherShape
        /// It is stored, and this is to be done before it is launched.
        case begun(WorkflowStep)
    }

    package let script = StorageScript.flowWhole
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let begin: WorkflowStepCall

    /// Creates a call.
    package init(_ head: WorkflowHead, _ nodes: [WorkflowNode], beginning roots: [Int], keys: WorkflowKeys) {
        self.keys = keys.keys
        begin = WorkflowStepCall(.begin, roots, of: head.id, keys: keys)
        let fields = WorkflowCreateCall.fields(of: head)
        var words = RESPWords(reserving: 96 * nodes.count + 1_024)
        for count in [fields.count, 2 * head.regions.count, 2 * nodes.count] { words.append(Array("\(count)".utf8)) }
        for field in fields { words.append(field) }
        for (index, region) in head.regions.enumerated() {
            words.append(WorkflowKeys.field(ofRegion: index))
            words.append(WorkflowCodec.encode(region))
        }
        for (index, node) in nodes.enumerated() {
            words.append(Array("\(index)".utf8))
            words.append(WorkflowCodec.encode(node))
        }
        words.append(Array(WorkflowStepCall.Event.begin.rawValue.utf8))
        for root in roots { words.append(Array("\(root)".utf8)) }
        arguments = words
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> Answer {
        if case .integer(let number) = reply { return number < 0 ? .otherShape : .known }
        guard let step = try begin.decode(reply)?.first?.step else {
            throw reply.unexpected(script, "a number or what is to be done")
        }
        return .begun(step)
    }
}
