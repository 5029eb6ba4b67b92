//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

extension QueueTable {
    /// Accepts a job, or says why not.
    package mutating func enqueue(_ submission: Submission, at moment: Moment) -> Receipt {
        let envelope = submission.envelope
        let hash = index.hash(envelope.id)
        if index.find(hash, where: { records[$0].envelope.id == envelope.id }) != nil { return .accepted }
        let number = number(of: envelope.queue)
        advance(number, to: moment)
        let details = envelope.hasDetails ? envelope.details : nil
        if let unique = details?.unique, let holder = holder(of: unique.key, in: number, at: moment) {
            return .duplicate(of: holder)
        }
        if let maximum = submission.maximumLength, queues[number].length >= maximum { return .full }

        var record = JobRecord(envelope: envelope, queue: UInt32(number))
        if let details {
            if details.expires != nil || details.deadline != nil { record.flags.insert(.ends) }
            if details.unique != nil { record.flags.insert(.unique) }
        }
        let slot = records.insert(record)
        index.insert(slot, hash: hash)
        if let unique = details?.unique { hold(unique, for: envelope.id, in: number, at: moment) }
        begin(slot, start: details?.start, at: moment)
        return .accepted
    }

    /// Puts a new or renewed job where it waits.
    mutating func begin(_ slot: UInt32, start: Timestamp?, at moment: Moment) {
        if let start, start > moment.now {
            schedule(slot, due: start, wait: .delayed)
        } else {
            makeReady(slot, at: moment)
        }
        guard records[slot].flags.contains(.ends) else { return }
        watchEnd(of: slot)
        advance(Int(records[slot].queue), to: moment)
    }

    // MARK: Unique keys

    private mutating func holder(of key: String, in number: Int, at moment: Moment) -> JobID? {
        guard let holder = queues[number].holders[key] else { return nil }
        if let end = holder.end, end <= moment.uptime { return nil }
        return holder.id
    }

    mutating func hold(_ claim: UniqueClaim, for id: JobID, in number: Int, at moment: Moment) {
        // Windows that have ended are dropped two for each that begins, so that they never pile up.
        for _ in 0..<2 {
            guard let window = queues[number].windows.min, window.end <= moment.uptime else { break }
            queues[number].windows.removeMin()
            if let end = queues[number].holders[window.key]?.end, end <= moment.uptime {
                queues[number].holders[window.key] = nil
            }
        }
        let end = claim.window.map { moment.uptime(after: $0) }
        queues[number].holders[claim.key] = JobQueue.Holder(id: id, end: end)
        if let end { queues[number].windows.insert(JobQueue.Window(end: end, key: claim.key)) }
    }
}
