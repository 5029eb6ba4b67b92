//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension QueueTable {
    /// What cancelling one job comes to.
    package enum Cancellation: Sendable, Equatable {
        /// It waited and has ended.
        case ended
        /// It is running with this worker.
        case requested(WorkerID)
        /// It is a dead letter.
        case dead
        /// The table does not know it; it may have ended.
        case unknown
    }

    /// Cancels a job.
    package mutating func cancel(_ id: JobID, at moment: Moment) -> Cancellation {
        catchUp(id, at: moment)
        guard let slot = slot(of: id) else { return .unknown }
        switch records[slot].state {
        case .ready, .scheduled:
            stopWaiting(slot, at: moment)
            end(slot, .cancelled, attempts: Int(records[slot].failedAttempts), at: moment)
            return .ended
        case .running:
            records[slot].flags.insert(.cancelRequested)
            return .requested(runs[UInt32(records[slot].time)].worker)
        case .dead: return .dead
        case .ended: return .unknown
        }
    }

    /// Deletes a job that is not running.
    ///
    /// - Returns: Whether it did.
    package mutating func delete(_ id: JobID, at moment: Moment) -> Bool {
        catchUp(id, at: moment)
        guard let slot = slot(of: id) else { return false }
        switch records[slot].state {
        case .ready, .scheduled:
            stopWaiting(slot, at: moment)
            end(slot, .cancelled, attempts: Int(records[slot].failedAttempts), at: moment)
            return true
        case .running, .ended:
            return false
        case .dead:
            exhume(slot)
            forget(slot, at: moment)
            return true
        }
    }

    /// Makes a dead letter ready, as if it had just been submitted.
    ///
    /// - Returns: Whether it was one. If so, its outcome is to be withdrawn.
    package mutating func retry(_ id: JobID, at moment: Moment) -> Bool {
        guard let slot = slot(of: id), records[slot].state == .dead else { return false }
        exhume(slot)
        let number = Int(records[slot].queue)
        if records[slot].flags.contains(.history) { histories[slot] = nil }
        records[slot].envelope = records[slot].envelope.resubmitted(at: moment.now)
        records[slot].flags.subtract([.history, .started])
        records[slot].deliveries = 0
        records[slot].failedAttempts = 0
        let details = records[slot].envelope.details
        if let unique = details.unique, unique.window == nil, queues[number].holders[unique.key] == nil {
            hold(unique, for: id, in: number, at: moment)
        }
        begin(slot, start: nil, at: moment)
        return true
    }

    /// Takes a job out of the dead letters.
    private mutating func exhume(_ slot: UInt32) {
        let number = Int(records[slot].queue)
        queues[number].counts.dead -= 1
        records[slot].order = 0
        queues[number].compactDead(records)
    }

    func queueNumber(of id: JobID) -> Int? {
        slot(of: id).map { Int(records[$0].queue) }
    }

    /// Lets time catch up with the queue of a job.
    private mutating func catchUp(_ id: JobID, at moment: Moment) {
        guard let number = queueNumber(of: id) else { return }
        lapse(number, at: moment)
        advance(number, to: moment)
    }
}

extension Envelope {
    /// The same job as if it were submitted at `time`: what it was given to start and to end moves along.
    package func resubmitted(at time: Timestamp) -> Envelope {
        let shift = submitted.duration(to: time)
        var details = details
        details.start = nil
        details.expires = details.expires.map { $0 + shift }
        details.deadline = details.deadline.map { $0 + shift }
        return Envelope(
            id: id,
            name: name,
            version: version,
            queue: queue,
            priority: priority,
            payload: payload,
            submitted: time,
            replyTo: replyTo,
            details: details
        )
    }
}
