//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

extension QueueTable {
    /// Applies a settlement if its lease is still held.
    ///
    /// - Returns: The result, or `nil` when the table does not know the job; its outcome may then know the token.
    package mutating func settle(_ settlement: Settlement, at moment: Moment) -> SettlementResult? {
        let token = settlement.lease.token
        guard let slot = slot(of: settlement.lease.id) else { return nil }
        guard records[slot].state == .running, records[slot].order == Int64(clamping: token) else {
            return records[slot].applied == token && token != 0 ? .applied : .refused
        }
        let isCancelRequested = records[slot].flags.contains(.cancelRequested)
        let failedAttempts = Int(records[slot].failedAttempts)
        var isUnstarted = false
        if case .unstarted = settlement.disposition { isUnstarted = true }
        stopRunning(slot, isUnstarted: isUnstarted, at: moment)
        records[slot].applied = token
        switch settlement.disposition {
        case .succeeded(let output):
            end(slot, .succeeded(output), attempts: failedAttempts + 1, token: token, isReported: true, at: moment)
        case .failed(let failure):
            // A failure with the attempt 0 came before the handler could run.
            let attempts = failedAttempts + (failure.attempt > 0 ? 1 : 0)
            bury(slot, failure, attempts: attempts, token: token, at: moment)
        case .cancelled:
            end(slot, .cancelled, attempts: failedAttempts + 1, token: token, isReported: true, at: moment)
        case .expired:
            end(slot, .expired, attempts: failedAttempts, token: token, isReported: true, at: moment)
        case .retry(let delay, let failure, let countsAttempt):
            records[slot].flags.insert(.started)
            if countsAttempt { records[slot].failedAttempts += 1 }
            remember(slot) { $0.append(failure) }
            again(slot, isCancelRequested, after: delay, wait: .retrying, token: token, at: moment)
        case .snoozed(let delay):
            records[slot].flags.insert(.started)
            again(slot, isCancelRequested, after: delay, wait: .snoozed, token: token, at: moment)
        case .parked(let delay):
            again(slot, isCancelRequested, after: delay, wait: .parked, token: token, at: moment)
        case .released:
            records[slot].flags.insert(.started)
            again(slot, isCancelRequested, after: nil, wait: .delayed, token: token, at: moment)
        case .unstarted:
            noteUnstarted(in: Int(records[slot].queue))
            again(slot, isCancelRequested, after: nil, wait: .delayed, token: token, at: moment)
        }
        return .applied
    }

    /// Makes a job that was running wait again, at the front if `delay` is `nil`, unless somebody has cancelled it.
    private mutating func again(
        _ slot: UInt32,
        _ isCancelRequested: Bool,
        after delay: Duration?,
        wait: JobSnapshot.Wait,
        token: UInt64,
        at moment: Moment
    ) {
        if isCancelRequested {
            end(slot, .cancelled, attempts: Int(records[slot].failedAttempts), token: token, at: moment)
            return
        }
        let isHastened = records[slot].flags.contains(.hastened)
        records[slot].flags.remove(.hastened)
        if let delay, delay > .zero, !isHastened {
            schedule(slot, due: moment.now + delay, wait: wait)
        } else {
            makeReady(slot, inFront: delay == nil, at: moment)
        }
        resumeWaiting(slot, at: moment)
    }

    /// Makes a job ready that waits for its time, or that is about to.
    package mutating func hasten(_ id: JobID, at moment: Moment) {
        guard let slot = slot(of: id) else { return }
        switch records[slot].state {
        case .scheduled:
            stopWaiting(slot, at: moment)
            makeReady(slot, at: moment)
            resumeWaiting(slot, at: moment)
        case .running: records[slot].flags.insert(.hastened)
        case .ready, .dead, .ended: break
        }
    }

    /// Extends a lease that is still held.
    package mutating func extend(_ lease: Lease, by duration: Duration, at moment: Moment) -> LeaseStatus {
        guard let slot = slot(of: lease.id), records[slot].state == .running,
            records[slot].order == Int64(clamping: lease.token)
        else { return .lost }
        let run = UInt32(records[slot].time)
        let deadline = moment.uptime(after: duration)
        runs[run].deadline = deadline
        if deadline < runs[run].alarm {
            // The alarm that is set would come too late.
            runs[run].alarm = deadline
            let number = Int(records[slot].queue)
            let alarm = JobQueue.Alarm(deadline: deadline, order: records[slot].order, slot: slot)
            queues[number].alarms.insert(alarm)
            noteSooner(number)
            queues[number].compactAlarms(records, runs)
        }
        return records[slot].flags.contains(.cancelRequested) ? .cancelRequested : .held
    }
}
