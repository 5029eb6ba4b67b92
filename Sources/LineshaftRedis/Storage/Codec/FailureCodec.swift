//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// A failure as bytes.
///
/// Version 1 holds one as a worker told it. Versions 2 and 3 are written by scripts, when they end a job themselves:
/// poisoned (time, deliveries, lost leases, worker, job name) and deadline exceeded (time, failed attempts, deadline, job
/// name). What they say to a person is put into words here.
package enum FailureCodec: Sendable {
    /// Writes a failure.
    package static func encode(_ failure: JobFailure) -> [UInt8] {
        var writer = ByteWriter(reserving: failure.message.utf8.count + failure.type.utf8.count + 32)
        writer.write(UInt8(1))
        writer.write(failure.code.rawValue)
        writer.write(failure.message)
        writer.write(failure.type)
        writer.writeCompact(Int64(failure.attempt))
        writer.write(failure.time.nanosecondsSinceEpoch)
        return writer.bytes
    }

    /// Reads a failure.
    ///
    /// - Parameters:
    ///   - bytes: What was stored.
    ///   - id: The job's identifier.
    ///   - queue: Its queue.
    /// - Returns: The failure.
    /// - Throws: ``StorageError`` with the code `newer` or `malformed`.
    package static func decode(_ bytes: [UInt8], id: JobID, queue: QueueName) throws(StorageError) -> JobFailure {
        var reader = ByteReader(bytes, of: .part("the failure", of: id))
        let failure: JobFailure
        switch bytes.first {
        case 2: failure = try readPoisoned(&reader, id)
        case 3: failure = try readDeadline(&reader, id, queue)
        default:
            try reader.readVersion(1)
            failure = JobFailure(
                code: try code(try reader.readText(), &reader),
                message: try reader.readText(),
                type: try reader.readText(),
                attempt: try reader.readInt(),
                time: Timestamp(nanosecondsSinceEpoch: try reader.read())
            )
        }
        try reader.finish()
        return failure
    }

    private static func readPoisoned(_ reader: inout ByteReader, _ id: JobID) throws(StorageError) -> JobFailure {
        _ = try reader.read(UInt8.self)
        let time = Timestamp(microseconds: try reader.read())
        let deliveries: UInt32 = try reader.read()
        let lost: UInt32 = try reader.read()
        let worker = try reader.text(try reader.read(count: Int(try reader.read(UInt8.self))))
        let name = try reader.text(try reader.read(count: Int(try reader.read(UInt8.self))))
        return JobFailure(
            code: .poisoned,
            message: "Job \(id), “\(name)”, was given to workers \(deliveries) times, and \(lost) times its lease ran "
                + "out before the worker said how it ended; the last was “\(worker)”. The job probably kills its "
                + "worker's process or blocks it: see that worker's log, mend the handler, then retry the job.",
            type: "",
            attempt: 0,
            time: time
        )
    }

    private static func readDeadline(
        _ reader: inout ByteReader,
        _ id: JobID,
        _ queue: QueueName
    ) throws(StorageError) -> JobFailure {
        _ = try reader.read(UInt8.self)
        let time = Timestamp(microseconds: try reader.read())
        let failed: UInt32 = try reader.read()
        let deadline = Timestamp(nanosecondsSinceEpoch: try reader.read())
        let name = try reader.text(try reader.read(count: Int(try reader.read(UInt8.self))))
        return JobFailure(
            code: .deadlineExceeded,
            message: "The deadline (\(deadline)) of job \(id), “\(name)”, passed while it waited in queue “\(queue)” "
                + "after \(failed) failed attempts. Give it a later deadline or the queue more workers, then retry it.",
            type: "",
            attempt: 0,
            time: time
        )
    }

    /// A failure's code from its name, which may be one that this program does not know.
    private static func code(_ name: String, _ reader: inout ByteReader) throws(StorageError) -> JobError.Code {
        do {
            return try JobError.Code(from: TextDecoder(text: name))
        } catch {
            throw reader.malformed("“\(name)” is no code (\(error))")
        }
    }
}

extension Timestamp {
    /// The time of a server, which counts microseconds.
    init(microseconds: Int64) {
        let (product, overflow) = microseconds.multipliedReportingOverflow(by: 1000)
        self.init(nanosecondsSinceEpoch: overflow ? .max : product)
    }

    /// Whole microseconds, rounded down, as the server counts.
    var microseconds: Int64 {
        let (quotient, remainder) = nanosecondsSinceEpoch.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Duration {
    /// Whole microseconds, rounded up, so that nothing comes too early; never negative, and at most 200 years.
    var microsecondsUp: Int64 {
        let nanoseconds = max(saturatedNanoseconds, 0)
        return min(nanoseconds / 1000 + (nanoseconds % 1000 > 0 ? 1 : 0), 6_300_000_000_000_000)
    }
}
