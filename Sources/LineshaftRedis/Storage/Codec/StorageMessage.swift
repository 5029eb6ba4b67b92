//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// What scripts publish, by channel.
package enum StorageMessage: Sendable, Hashable {
    /// To a client: jobs have ended.
    case finished([OutcomeRecord])
    /// To a client: jobs came further.
    case progressed([JobID: JobProgress])
    /// To a client: a queue that was full has room.
    case room(QueueName)
    /// To a worker: there may be work in a queue for which it was registered as idle; it is not any more.
    case wake(QueueName)
    /// To a worker: jobs are cancelled.
    case cancel([JobID])
    /// To all who serve a queue: something falls due sooner than they could know.
    case expect(QueueName, after: Duration)

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - bytes: What was published.
    ///   - queue: The queue that is named in what is said about failures, if one is known.
    /// - Returns: The message.
    /// - Throws: ``StorageError`` when it is none.
    package static func decode(_ bytes: [UInt8], queue: QueueName = "?") throws(StorageError) -> StorageMessage {
        var reader = ByteReader(bytes, of: "a published message")
        switch try reader.read(UInt8.self) {
        case UInt8(ascii: "o"):
            var records: [OutcomeRecord] = []
            while reader.remaining > 0 {
                let id = try reader.readID()
                records.append(try OutcomeCodec.read(&reader, id: id, queue: queue).record)
            }
            return .finished(records)
        case UInt8(ascii: "p"):
            var progress: [JobID: JobProgress] = [:]
            while reader.remaining > 0 {
                let id = try reader.readID()
                let length: UInt32 = try reader.read()
                progress[id] = try ProgressCodec.decode(try reader.read(count: Int(length)), id: id)
            }
            return .progressed(progress)
        case UInt8(ascii: "r"): return .room(QueueName(try reader.text(reader.readRest())))
        case UInt8(ascii: "w"): return .wake(QueueName(try reader.text(reader.readRest())))
        case UInt8(ascii: "c"):
            var ids: [JobID] = []
            while reader.remaining > 0 { ids.append(try reader.readID()) }
            return .cancel(ids)
        case UInt8(ascii: "e"):
            let delay: Int64 = try reader.read()
            return .expect(QueueName(try reader.text(reader.readRest())), after: .microseconds(delay))
        default: throw reader.malformed("there is no such kind of message")
        }
    }
}
