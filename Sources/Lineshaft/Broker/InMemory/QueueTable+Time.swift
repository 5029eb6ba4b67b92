//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

extension QueueTable {
    /// Does what time has brought to a queue's waiting jobs: they expire, exceed their deadline, become ready, or their
    /// tenants take part again.
    mutating func advance(_ number: Int, to moment: Moment) {
        advanceJobs(of: number, to: moment)
        let freed = queues[number].parts.advance(to: moment.uptime)
        if freed > 0 { noteArrivals(freed, in: number) }
    }

    private mutating func advanceJobs(of number: Int, to moment: Moment) {
        let now = moment.now.nanosecondsSinceEpoch
        while let end = queues[number].ends.first, end.time <= now {
            let slot = end.slot
            let isExpiry = records[slot].end()?.isExpiry ?? false
            stopWaiting(slot, at: moment)
            let attempts = Int(records[slot].failedAttempts)
            if isExpiry {
                self.end(slot, .expired, attempts: attempts, at: moment)
            } else {
                bury(slot, deadlineFailure(slot, at: moment), attempts: attempts, at: moment)
            }
        }
        while let due = queues[number].due.popFirst(through: now) {
            queues[number].counts.scheduled -= 1
            makeReady(due.slot, at: moment)
        }
    }

    /// Takes back the leases of a queue that have run out.
    mutating func lapse(_ number: Int, at moment: Moment) {
        while let deadline = queues[number].nextAlarm(records, &runs), deadline <= moment.uptime,
            let alarm = queues[number].alarms.popMin()
        {
            let slot = alarm.slot
            let run = runs[UInt32(records[slot].time)]
            let isCancelRequested = records[slot].flags.contains(.cancelRequested)
            stopRunning(slot, at: moment)
            var lost = 0
            remember(slot) { history in
                history.lostLeases += 1
                lost = history.lostLeases
            }
            // Its worker may have begun before it was lost.
            records[slot].flags.insert(.started)
            let attempts = Int(records[slot].failedAttempts)
            if isCancelRequested {
                end(slot, .cancelled, attempts: attempts, at: moment)
            } else if lost >= run.poisonLimit {
                let failure = poisonFailure(slot, lost: lost, last: run.worker, at: moment)
                bury(slot, failure, attempts: attempts, at: moment)
            } else {
                let wait = Suspicion.wait(records[slot].envelope.id, lostLeases: lost)
                if wait > .zero {
                    schedule(slot, due: moment.now + wait, wait: .suspected)
                } else {
                    makeReady(slot, inFront: true, at: moment)
                }
                resumeWaiting(slot, at: moment)
            }
        }
    }

    /// Watches for the end of a job that was running and waits again.
    mutating func resumeWaiting(_ slot: UInt32, at moment: Moment) {
        guard records[slot].flags.contains(.ends) else { return }
        watchEnd(of: slot)
        advanceJobs(of: Int(records[slot].queue), to: moment)
    }

    private func deadlineFailure(_ slot: UInt32, at moment: Moment) -> JobFailure {
        let record = records[slot]
        let deadline = record.envelope.details.deadline.map(\.description) ?? "?"
        return JobFailure(
            code: .deadlineExceeded,
            message: "The deadline (\(deadline)) of job \(record.envelope.id), “\(record.envelope.name)”, passed while "
                + "it waited in queue “\(queues[Int(record.queue)].name)” after \(record.failedAttempts) failed attempts. "
                + "Give it a later deadline or the queue more workers, then retry it.",
            type: "",
            attempt: 0,
            time: moment.now
        )
    }

    private func poisonFailure(_ slot: UInt32, lost: Int, last: WorkerID, at moment: Moment) -> JobFailure {
        let record = records[slot]
        return JobFailure(
            code: .poisoned,
            message: "Job \(record.envelope.id), “\(record.envelope.name)”, was given to workers "
                + "\(record.deliveries) times, and \(lost) times its lease ran out before the worker said how it ended; the last was "
                + "“\(last)”. The job probably kills its worker's process or blocks it: see that worker's log, mend the "
                + "handler, then retry the job.",
            type: "",
            attempt: 0,
            time: moment.now
        )
    }
}
