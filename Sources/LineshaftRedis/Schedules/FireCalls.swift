//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Accepts a schedule's job once.
package struct FireCall: StorageCall {
    package let script = StorageScript.fire
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let enqueue: EnqueueCall

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - fence: The firing that it is.
    ///   - keys: The queue's keys.
    ///   - settings: The server's settings.
    package init(_ job: EncodedJob, under fence: ScheduleFence, keys: QueueKeys, settings: StorageSettings) {
        enqueue = EnqueueCall([job], keys: keys, settings: settings)
        // In the slot of the queue, so that both can be changed in one step.
        let mark = Array("\(settings.prefix){\(keys.queue)}:fence:\(fence.key)".utf8)
        self.keys = StorageKeys(keys.all + [mark])
        var arguments = enqueue.arguments
        arguments.append(Array(String(ScheduleMachine.memory.components.seconds).utf8))
        arguments.append(length: 8) { $0.write(fence.sequence) }
        self.arguments = arguments
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> Receipt {
        try enqueue.decode(reply).first ?? .accepted
    }
}

/// Begins to store a workflow of a schedule once.
package struct FireWorkflowCall: StorageCall {
    package let script = StorageScript.fireFlow
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let create: WorkflowCreateCall

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - head: The workflow.
    ///   - deadline: The last moment for it, by the server's clock.
    ///   - prefix: What keys begin with.
    package init(_ head: WorkflowHead, before deadline: Timestamp, prefix: String) {
        create = WorkflowCreateCall(head, keys: WorkflowKeys(head.id, prefix: prefix))
        keys = .workflowFiring(head.id, prefix: prefix)
        var arguments = create.arguments
        arguments.append(Array(String(ScheduleMachine.memory.components.seconds).utf8))
        arguments.append(Array(String(deadline.nanosecondsSinceEpoch / 1_000).utf8))
        self.arguments = arguments
    }

    /// What is to be done; `nil` when one of another shape is being filled.
    package func decode(_ reply: RESPValue) throws(StorageError) -> WorkflowCreation? {
        if try reply.integer(script) == -2 { return .late }
        return try create.decode(reply).map { $0 ? .unfinished : .known }
    }
}

/// Lets it be forgotten before long that a workflow of a schedule was begun.
package struct ConfirmWorkflowCall: StorageCall {
    package let script = StorageScript.fireFlow
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    package init(_ id: JobID, prefix: String) {
        keys = .workflowFiring(id, prefix: prefix)
        arguments = [Array(String(ScheduleMachine.workflowMemory.components.seconds).utf8)]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) { _ = try reply.integer(script) }
}

extension StorageKeys {
    /// The keys of a workflow, and in the same slot the mark that it was begun.
    fileprivate static func workflowFiring(_ id: JobID, prefix: String) -> StorageKeys {
        StorageKeys(WorkflowKeys(id, prefix: prefix).keys.all + [Array("\(prefix)workflow:{\(id)}:begun".utf8)])
    }
}
