//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Accepts jobs of one queue, in order.
package struct EnqueueCall: StorageCall {
    package let script = StorageScript.enqueue
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let count: Int

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - submissions: At most ``StorageLimits/jobs`` jobs of the queue.
    ///   - keys: The queue's keys.
    ///   - settings: The server's settings.
    /// - Throws: ``StorageError`` when a job cannot be written; then none is submitted.
    package init(
        _ submissions: [Submission],
        keys: QueueKeys,
        settings: StorageSettings
    ) throws(StorageError) {
        var jobs: [EncodedJob] = []
        jobs.reserveCapacity(submissions.count)
        for submission in submissions { jobs.append(try EncodedJob(submission)) }
        self.init(jobs, keys: keys, settings: settings)
    }

    /// Creates a call of jobs that were encoded before.
    package init(_ jobs: [EncodedJob], keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        count = jobs.count
        var arguments = settings.arguments
        arguments.reserve(jobs.reduce(32) { $0 + $1.words.bytes.count })
        var lengths = ByteWriter()
        if jobs.contains(where: { $0.maximumLength != nil }) {
            for job in jobs { lengths.write(UInt32(clamping: job.maximumLength ?? Int(UInt32.max))) }
        }
        arguments.append(lengths.bytes)
        for job in jobs { arguments.append(job.words) }
        self.arguments = arguments
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [Receipt] {
        var reader = ByteReader(try reply.bytes(script), of: "receipts")
        var receipts: [Receipt] = []
        receipts.reserveCapacity(count)
        while reader.remaining > 0 {
            switch try reader.read(UInt8.self) {
            case UInt8(ascii: "a"): receipts.append(.accepted)
            case UInt8(ascii: "d"): receipts.append(.duplicate(of: try reader.readID()))
            case UInt8(ascii: "f"): receipts.append(.full)
            default: throw reply.unexpected(script, "receipts")
            }
        }
        guard receipts.count == count else { throw reply.unexpected(script, "\(count) receipts") }
        return receipts
    }
}

/// A job as it is submitted.
package struct EncodedJob: Sendable {
    /// The identifier and the envelope, as they are sent.
    let words: RESPWords
    /// How long the envelope is.
    let size: Int
    let maximumLength: Int?

    /// Encodes a submission.
    ///
    /// - Throws: ``StorageError`` when it cannot be written.
    package init(_ submission: Submission) throws(StorageError) {
        let envelope = try EnvelopeCodec.encode(submission.envelope)
        var words = RESPWords(reserving: envelope.count + 40)
        words.append(length: 16) { $0.write(submission.envelope.id) }
        words.append(envelope)
        self.words = words
        size = envelope.count
        maximumLength = submission.maximumLength
    }
}
