//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// A worker's report as bytes: a version, then every property in the order of its declaration.
package enum WorkerReportCodec: Sendable {
    /// Writes a report.
    package static func encode(_ report: WorkerReport) -> [UInt8] {
        var writer = ByteWriter(reserving: 256)
        writer.write(UInt8(1))
        writer.write(report.id.rawValue)
        writer.write(report.host)
        writer.write(report.processID)
        writer.write(report.started.nanosecondsSinceEpoch)
        writer.write(UInt8(report.version == nil ? 0 : 1))
        if let version = report.version { writer.write(version) }
        writer.writeCompact(UInt64(report.queues.count))
        for queue in report.queues {
            writer.write(queue.name.rawValue)
            writer.writeCompact(Int64(queue.concurrency))
            writer.writeCompact(Int64(queue.weight))
        }
        writer.writeCompact(Int64(report.concurrency))
        writer.writeCompact(UInt64(report.knownJobs.count))
        for (name, version) in report.knownJobs.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            writer.write(name.rawValue)
            writer.writeCompact(Int64(version))
        }
        writer.writeCompact(Int64(report.running))
        writer.writeCompact(Int64(report.stuck))
        writer.writeCompact(UInt64(report.runs.count))
        for run in report.runs {
            writer.write(run.id)
            writer.write(run.name.rawValue)
            writer.write(run.queue.rawValue)
            writer.writeCompact(Int64(run.attempt))
            writer.write(run.since.nanosecondsSinceEpoch)
        }
        writer.write(UInt8(report.validity == nil ? 0 : 1))
        if let validity = report.validity { writer.write(validity) }
        return writer.bytes
    }

    /// Reads a report.
    ///
    /// - Parameter bytes: What was stored.
    /// - Returns: The report.
    /// - Throws: ``StorageError`` with the code `newer` or `malformed`.
    package static func decode(_ bytes: [UInt8]) throws(StorageError) -> WorkerReport {
        var reader = ByteReader(bytes, of: "a worker's report")
        try reader.readVersion(1)
        let id = WorkerID(try reader.readText())
        let host = try reader.readText()
        let processID: Int32 = try reader.read()
        let started = Timestamp(nanosecondsSinceEpoch: try reader.read())
        let version = try reader.read(UInt8.self) == 1 ? try reader.readText() : nil
        var queues: [WorkerReport.Queue] = []
        for _ in 0..<(try reader.readCount()) {
            let name = QueueName(try reader.readText())
            let concurrency = try reader.readInt()
            queues.append(WorkerReport.Queue(name: name, concurrency: concurrency, weight: try reader.readInt()))
        }
        let concurrency = try reader.readInt()
        var knownJobs: [JobName: Int] = [:]
        for _ in 0..<(try reader.readCount()) {
            let name = JobName(try reader.readText())
            knownJobs[name] = try reader.readInt()
        }
        let running = try reader.readInt()
        let stuck = try reader.readInt()
        var runs: [WorkerReport.Run] = []
        for _ in 0..<(try reader.readCount()) {
            let id = try reader.readID()
            let name = JobName(try reader.readText())
            let queue = QueueName(try reader.readText())
            let attempt = try reader.readInt()
            let since = Timestamp(nanosecondsSinceEpoch: try reader.read())
            runs.append(WorkerReport.Run(id: id, name: name, queue: queue, attempt: attempt, since: since))
        }
        let validity = try reader.read(UInt8.self) == 1 ? try reader.readDuration() : nil
        try reader.finish()
        return WorkerReport(
            id: id,
            host: host,
            processID: processID,
            started: started,
            version: version,
            queues: queues,
            concurrency: concurrency,
            knownJobs: knownJobs,
            running: running,
            runs: runs,
            stuck: stuck,
            validity: validity
        )
    }
}
