//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// What is kept of a job that has been given out before, as scripts write it.
///
/// Four bytes each for failed attempts, deliveries and lost leases, one each for whether a handler may have been started
/// and why the job waits, the last token that was applied, and the last failures with four bytes of length each.
enum JobHistoryCodec {
    struct History: Sendable, Hashable {
        let failedAttempts: Int
        let deliveries: Int
        let lostLeases: Int
        let wait: JobSnapshot.Wait
        let failures: [JobFailure]
    }

    /// Reads a history; nothing stands for none.
    static func decode(_ bytes: [UInt8], id: JobID, queue: QueueName) throws(StorageError) -> History? {
        if bytes.isEmpty { return nil }
        var reader = ByteReader(bytes, of: .part("the state", of: id))
        let failed: UInt32 = try reader.read()
        let deliveries: UInt32 = try reader.read()
        let lost: UInt32 = try reader.read()
        _ = try reader.read(UInt8.self)
        let wait: JobSnapshot.Wait
        switch try reader.read(UInt8.self) {
        case 0: wait = .delayed
        case 1: wait = .retrying
        case 2: wait = .snoozed
        case 3: wait = .parked
        case 4: wait = .suspected
        default: throw reader.malformed("it waits for no known reason")
        }
        _ = try reader.read(UInt64.self)
        var failures: [JobFailure] = []
        while reader.remaining > 0 {
            let length: UInt32 = try reader.read()
            failures.append(try FailureCodec.decode(try reader.read(count: Int(length)), id: id, queue: queue))
        }
        return History(
            failedAttempts: Int(failed),
            deliveries: Int(deliveries),
            lostLeases: Int(lost),
            wait: wait,
            failures: failures
        )
    }
}
