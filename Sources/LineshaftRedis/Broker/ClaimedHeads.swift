//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// What is remembered of jobs that this process has claimed, for their settlements to carry along.
///
/// It spares Redis a look at the job. What is forgotten costs that look and nothing else, so there is a limit: a worker does
/// not tell of everything that it drops.
struct ClaimedHeads {
    private struct Entry {
        let token: UInt64
        let queue: QueueName
        let head: [UInt8]
    }

    /// How many are remembered; far more than a process runs at once.
    private static let limit = 100_000

    private var entries: [JobID: Entry] = [:]

    /// A job has been claimed.
    mutating func remember(_ head: [UInt8], of lease: Lease) {
        if entries.count >= Self.limit { entries.removeAll() }
        entries[lease.id] = Entry(token: lease.token, queue: lease.queue, head: head)
    }

    /// What is remembered of a claimed job; nothing when it was claimed anew since.
    func head(of lease: Lease) -> [UInt8] {
        guard let entry = entries[lease.id], entry.token == lease.token else { return [] }
        return entry.head
    }

    /// A job has been settled, or its lease is lost.
    mutating func forget(_ lease: Lease) {
        guard let entry = entries[lease.id], entry.token == lease.token else { return }
        entries[lease.id] = nil
    }

    /// The queue of a job that is run here.
    func queue(of id: JobID) -> QueueName? { entries[id]?.queue }
}
