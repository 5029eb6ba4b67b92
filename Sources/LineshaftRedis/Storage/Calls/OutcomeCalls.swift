//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Reads outcomes from one queue and, if a client is named, has it told of those to come.
package struct OutcomesCall: StorageCall {
    /// What the outcomes are of.
    package enum Kind: Sendable, Hashable {
        /// Jobs, of which the place may know nothing; who watches is forgotten after a while.
        case job
        /// Workflows, which are looked for where they are recorded; who watches is forgotten when they are.
        case workflow
    }

    package let script = StorageScript.outcomes
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let ids: [JobID]
    private let queue: QueueName

    /// Creates a call for at most ``StorageLimits/jobs`` jobs.
    package init(
        of ids: [JobID],
        _ kind: Kind = .job,
        watching client: ClientID? = nil,
        keys: QueueKeys,
        settings: StorageSettings
    ) {
        self.keys = keys.keys
        self.ids = ids
        queue = keys.queue
        arguments =
            settings.arguments
            + [Array((client == nil ? "read" : kind == .job ? "watch" : "await").utf8), client?.bytes ?? []]
            + ids.map(\.bytes)
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [JobID: StoredOutcome] {
        var found: [JobID: StoredOutcome] = [:]
        for (id, item) in zip(ids, try reply.array(script, count: ids.count)) {
            guard let bytes = try item.optionalBytes(script) else { continue }
            found[id] = try OutcomeCodec.decode(bytes, id: id, queue: queue)
        }
        return found
    }
}

/// Reads the latest progress of jobs of one queue.
package struct ProgressCall: StorageCall {
    package let script = StorageScript.outcomes
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let ids: [JobID]

    /// Creates a call for at most ``StorageLimits/jobs`` jobs.
    package init(of ids: [JobID], keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        self.ids = ids
        arguments = settings.arguments + [Array("progress".utf8), []] + ids.map(\.bytes)
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [JobID: JobProgress] {
        var found: [JobID: JobProgress] = [:]
        for (id, item) in zip(ids, try reply.array(script, count: ids.count)) {
            guard let bytes = try item.optionalBytes(script) else { continue }
            found[id] = try ProgressCodec.decode(bytes, id: id)
        }
        return found
    }
}

/// Stores outcomes of jobs that no queue of the server holds; the first of a job wins.
package struct RecordCall: StorageCall {
    package let script = StorageScript.record
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let ids: [JobID]

    /// Creates a call for at most ``StorageLimits/jobs`` outcomes.
    package init(_ records: [OutcomeRecord], keys: QueueKeys, settings: StorageSettings) throws(StorageError) {
        self.keys = keys.keys
        ids = records.map(\.id)
        var arguments = settings.arguments
        for record in records {
            arguments.append(record.id.bytes)
            arguments.append(try OutcomeCodec.encode(record))
        }
        self.arguments = arguments
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [OutcomeRecord] {
        var records: [OutcomeRecord] = []
        for (id, item) in zip(ids, try reply.array(script, count: ids.count)) {
            records.append(try OutcomeCodec.decode(try item.bytes(script), id: id, queue: "?").record)
        }
        return records
    }
}

/// Stores the latest progress of jobs of one queue.
package struct ReportCall: StorageCall {
    package let script = StorageScript.report
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call for at most ``StorageLimits/jobs`` reports.
    package init(_ reports: [(JobID, JobProgress)], keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + reports.flatMap { [$0.0.bytes, ProgressCodec.encode($0.1)] }
    }

    /// How many were of jobs that have not ended.
    package func decode(_ reply: RESPValue) throws(StorageError) -> Int {
        Int(try reply.integer(script))
    }
}

/// Takes back outcomes of failed jobs that no queue of the server holds.
package struct WithdrawCall: StorageCall {
    package let script = StorageScript.withdraw
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call for at most ``StorageLimits/jobs`` jobs.
    package init(_ ids: [JobID], keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + ids.map(\.bytes)
    }

    /// How many were taken back.
    package func decode(_ reply: RESPValue) throws(StorageError) -> Int {
        Int(try reply.integer(script))
    }
}
