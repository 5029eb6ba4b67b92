//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Takes what a queue has ended by itself and workflows are to be told.
package struct EndingsCall: StorageCall {
    package let script = StorageScript.flowEndings
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let queue: QueueName

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - lease: After which time it is given out again, unless somebody says that it was told.
    ///   - keys: The queue's keys.
    ///   - settings: The server's settings.
    package init(lease: Duration, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        queue = keys.queue
        arguments = settings.arguments + [Array("take".utf8), Array("\(lease.microsecondsUp)".utf8)]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [Ending] {
        let replies = try reply.array(script)
        var endings: [Ending] = []
        for index in stride(from: 0, to: replies.count - 1, by: 2) {
            guard let bytes = try replies[index + 1].optionalBytes(script) else { continue }
            var name = ByteReader(try replies[index].bytes(script), of: "the identifier of an ending")
            let id = try name.readID()
            var reader = ByteReader(bytes, of: .part("an ending", of: id))
            let number: UInt64 = try reader.read()
            let workflow = try reader.readID()
            let (node, generation) = (try reader.read(UInt32.self), try reader.read(UInt32.self))
            let record = OutcomeRecord(
                id: id,
                outcome: try outcome(&reader, id),
                attempts: 0,
                finished: Timestamp(microseconds: Int64(clamping: number)),
                retention: .zero
            )
            let reference = WorkflowReference(id: workflow, node: Int(node), generation: Int(generation))
            endings.append(Ending(record: record, queue: queue, number: number, workflow: reference))
        }
        return endings
    }

    private func outcome(_ reader: inout ByteReader, _ id: JobID) throws(StorageError) -> Outcome {
        switch try reader.read(UInt8.self) {
        case 2: .failed(try FailureCodec.decode(reader.readRest(), id: id, queue: queue))
        case 3: .cancelled
        case 4: .expired
        case let kind: throw reader.malformed("no queue ends jobs as \(kind) by itself")
        }
    }
}

/// Has a queue forget what workflows have been told.
package struct EndingsToldCall: StorageCall {
    package let script = StorageScript.flowEndings
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call for endings of one queue.
    package init(_ endings: [Ending], keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        var arguments = settings.arguments + [Array("told".utf8)]
        for ending in endings {
            arguments.append(ending.record.id.bytes)
            arguments.append(length: 8) { $0.write(ending.number) }
        }
        self.arguments = arguments
    }

    package func decode(_ reply: RESPValue) throws(StorageError) { _ = try reply.array(script) }
}
