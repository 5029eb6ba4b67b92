//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Extends leases of one queue's jobs.
package struct ExtendCall: StorageCall {
    package let script = StorageScript.extend
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call for at most ``StorageLimits/jobs`` leases.
    package init(_ leases: [Lease], by duration: Duration, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments =
            settings.arguments + [Array(String(duration.microsecondsUp).utf8)]
            + leases.map { lease in
                var writer = ByteWriter(reserving: 24)
                writer.write(lease.id)
                writer.write(lease.token)
                return writer.bytes
            }
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [LeaseStatus] {
        try reply.letters(script, count: arguments.count - 3).map { letter in
            switch letter {
            case UInt8(ascii: "h"): .held
            case UInt8(ascii: "c"): .cancelRequested
            default: .lost
            }
        }
    }
}

/// Forgets that a worker is idle in one queue.
package struct LeaveCall: StorageCall {
    package let script = StorageScript.leave
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - worker: The worker.
    ///   - passesOn: Whether it may have been woken for jobs that it will not take, so that others are woken.
    ///   - keys: The queue's keys.
    ///   - settings: The server's settings.
    package init(_ worker: WorkerID, passesOn: Bool, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + [Array(worker.rawValue.utf8), Array((passesOn ? "pass" : "").utf8)]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) {
        _ = try reply.integer(script)
    }
}

/// Publishes a worker's report in the registry.
package struct AnnounceCall: StorageCall {
    package let script = StorageScript.workers
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    package init(_ report: WorkerReport, settings: StorageSettings) {
        keys = StorageKeys([settings.workersKey])
        arguments = [
            Array("announce".utf8), Array(report.id.rawValue.utf8),
            Array(String(report.validity?.microsecondsUp ?? 6_300_000_000_000_000).utf8),
            WorkerReportCodec.encode(report),
        ]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) {
        _ = try reply.integer(script)
    }
}

/// Takes a worker out of the registry.
package struct ForgetWorkerCall: StorageCall {
    package let script = StorageScript.workers
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    package init(_ worker: WorkerID, settings: StorageSettings) {
        keys = StorageKeys([settings.workersKey])
        arguments = [Array("forget".utf8), Array(worker.rawValue.utf8)]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) {
        _ = try reply.integer(script)
    }
}

/// Reads the registry of workers.
package struct WorkersCall: StorageCall {
    package let script = StorageScript.workers
    package let keys: StorageKeys
    package let arguments: RESPWords = [Array("list".utf8)]

    /// Creates a call.
    package init(settings: StorageSettings) {
        keys = StorageKeys([settings.workersKey])
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [WorkerReport] {
        var reports: [WorkerReport] = []
        for item in try reply.array(script) {
            reports.append(try WorkerReportCodec.decode(try item.bytes(script)))
        }
        return reports.sorted { $0.id.rawValue < $1.id.rawValue }
    }
}
