//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

/// Write-once outcomes, the latest progress, and who is to be told of both: without clock, I/O or task.
///
/// What is to be delivered is left in an outbox, for the caller to take after each call.
package struct OutcomeLedger: Sendable {
    private enum Kept: Sendable {
        case succeeded([UInt8])
        case failed(FailureBox)
        case cancelled
        case expired
    }

    /// Failures are large and rare, so entries hold them by reference.
    private final class FailureBox: Sendable {
        let failure: JobFailure
        init(_ failure: JobFailure) { self.failure = failure }
    }

    /// One outcome in the form that takes least space, for there are many.
    private struct Entry: Sendable {
        static let placeholder = Entry(
            id: JobID(high: 0, low: 0),
            kept: .cancelled,
            attempts: 0,
            finished: .distantPast,
            retention: 0,
            expiry: .min,
            replyTo: nil,
            token: 0
        )

        let id: JobID
        let kept: Kept
        let attempts: UInt32
        let finished: Timestamp
        let retention: Int64
        /// The uptime until which it is kept.
        let expiry: Int64
        let replyTo: ClientID?
        let token: UInt64
    }

    private struct Expiry: Sendable, Comparable {
        let time: Int64
        let slot: UInt32
        static func < (lhs: Expiry, rhs: Expiry) -> Bool { lhs.time < rhs.time }
    }

    private var entries = Slab(placeholder: Entry.placeholder)
    private var index = SlotIndex()
    /// One for each entry, and for entries that were withdrawn since.
    private var expiries = Heap<Expiry>()
    var subscriptions = Subscriptions()
    let defaultRetention: Duration
    /// The last retention that was converted, for they are mostly the same.
    private var knownRetention: (duration: Duration, nanoseconds: Int64)

    /// Creates an empty ledger.
    ///
    /// - Parameter defaultRetention: How long outcomes are kept for which nobody says otherwise.
    package init(defaultRetention: Duration) {
        self.defaultRetention = defaultRetention
        knownRetention = (defaultRetention, defaultRetention.saturatedNanoseconds)
    }

    /// How many outcomes are held, some of which may have outlived their time.
    package var count: Int { entries.count }

    /// Whether an outcome of this job is kept.
    package func contains(_ id: JobID, at moment: Moment) -> Bool {
        guard entries.count > 0, let slot = slot(of: id) else { return false }
        return entries[slot].expiry > moment.uptime
    }

    /// The outcome of a job.
    package func outcome(of id: JobID, at moment: Moment) -> OutcomeRecord? {
        guard let slot = slot(of: id), entries[slot].expiry > moment.uptime else { return nil }
        return record(of: entries[slot])
    }

    /// Whether this job's outcome is kept and came about under this token.
    package func wasSettled(_ id: JobID, token: UInt64, at moment: Moment) -> Bool {
        guard token != 0, let slot = slot(of: id), entries[slot].expiry > moment.uptime else { return false }
        return entries[slot].token == token
    }

    /// Stores the end of a job of the broker's own table and tells those who are to know.
    package mutating func record(_ end: JobEnd, at moment: Moment) {
        _ = record(outcomeRecord(of: end), token: end.token, at: moment)
    }

    /// Remembers that a job has ended and under which token, and nothing of how.
    package mutating func note(_ end: JobEnd, at moment: Moment) {
        let record = OutcomeRecord(
            id: end.id,
            outcome: .cancelled,
            attempts: 0,
            finished: end.finished,
            retention: end.retention ?? defaultRetention
        )
        _ = self.record(record, token: end.token, at: moment)
    }

    /// The outcome as it is stored.
    package func outcomeRecord(of end: JobEnd) -> OutcomeRecord {
        OutcomeRecord(
            id: end.id,
            outcome: end.outcome,
            attempts: end.attempts,
            finished: end.finished,
            retention: end.retention ?? defaultRetention,
            replyTo: end.replyTo
        )
    }

    /// Stores an outcome unless there is one, and tells those who are to know.
    ///
    /// - Returns: The outcome that is now stored.
    package mutating func record(_ record: OutcomeRecord, token: UInt64 = 0, at moment: Moment) -> OutcomeRecord {
        purge(2, at: moment)
        let hash = index.hash(record.id)
        if let known = index.find(hash, where: { entries[$0].id == record.id }) {
            if entries[known].expiry > moment.uptime { return self.record(of: entries[known]) }
            remove(known)
        }
        if knownRetention.duration != record.retention {
            knownRetention = (record.retention, record.retention.saturatedNanoseconds)
        }
        let retention = knownRetention.nanoseconds
        if retention > 0 {
            let (sum, overflow) = moment.uptime.addingReportingOverflow(retention)
            let expiry = overflow ? Int64.max : sum
            let slot = entries.insert(entry(for: record, retention: retention, expiry: expiry, token: token))
            index.insert(slot, hash: hash)
            expiries.insert(Expiry(time: expiry, slot: slot))
        }
        subscriptions.finish(record)
        return record
    }

    /// Takes an outcome back, for the job runs again.
    package mutating func withdraw(_ id: JobID) {
        if let slot = slot(of: id) { remove(slot) }
    }

    /// Takes back the outcome of a failed job; one that ended otherwise stays.
    package mutating func withdrawFailure(_ id: JobID) {
        guard let slot = slot(of: id), case .failed = entries[slot].kept else { return }
        remove(slot)
    }

    private func slot(of id: JobID) -> UInt32? {
        index.find(index.hash(id)) { entries[$0].id == id }
    }

    private mutating func remove(_ slot: UInt32) {
        index.remove(slot, hash: index.hash(entries[slot].id))
        entries.remove(slot)
    }

    /// Drops a few outcomes that have outlived their time: more than are added, so that they never pile up.
    private mutating func purge(_ limit: Int, at moment: Moment) {
        for _ in 0..<limit {
            guard let expiry = expiries.min, expiry.time <= moment.uptime else { return }
            expiries.removeMin()
            // The slot may hold another entry since, or none.
            if entries[expiry.slot].expiry == expiry.time { remove(expiry.slot) }
        }
    }

    private func entry(for record: OutcomeRecord, retention: Int64, expiry: Int64, token: UInt64) -> Entry {
        let kept: Kept =
            switch record.outcome {
            case .succeeded(let output): .succeeded(output)
            case .failed(let failure): .failed(FailureBox(failure))
            case .cancelled: .cancelled
            case .expired: .expired
            }
        return Entry(
            id: record.id,
            kept: kept,
            attempts: UInt32(clamping: record.attempts),
            finished: record.finished,
            retention: retention,
            expiry: expiry,
            replyTo: record.replyTo,
            token: token
        )
    }

    private func record(of entry: Entry) -> OutcomeRecord {
        let outcome: Outcome =
            switch entry.kept {
            case .succeeded(let output): .succeeded(output)
            case .failed(let box): .failed(box.failure)
            case .cancelled: .cancelled
            case .expired: .expired
            }
        return OutcomeRecord(
            id: entry.id,
            outcome: outcome,
            attempts: Int(entry.attempts),
            finished: entry.finished,
            retention: .nanoseconds(entry.retention),
            replyTo: entry.replyTo
        )
    }
}
