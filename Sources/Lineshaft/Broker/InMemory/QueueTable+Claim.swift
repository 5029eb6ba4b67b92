//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

extension QueueTable {
    /// Gives out ready jobs.
    ///
    /// - Parameters:
    ///   - request: What the worker can take.
    ///   - moment: When this is.
    ///   - hungry: Gets the queues that the worker could have taken more from than there was; nothing when the worker has
    ///     no room left.
    /// - Returns: The jobs, and how long until the next thing falls due.
    package mutating func claim(_ request: ClaimRequest, at moment: Moment, hungry: inout [QueueName]) -> Claim {
        var claim = Claim()
        let ready = prepare(request, at: moment)
        var taken = [Int](repeating: 0, count: request.shares.count)
        if ready > 0, request.limit > 0 {
            claim.deliveries.reserveCapacity(min(request.limit, ready))
            let deadline = moment.uptime(after: request.lease)
            for isFair in [true, false] {
                for (position, share) in request.shares.enumerated() {
                    let most = isFair ? min(share.fair, share.maximum) : share.maximum
                    guard let number = existingNumber(of: share.queue), !queues[number].isPaused else { continue }
                    let room = min(most - taken[position], request.limit - claim.deliveries.count)
                    let allowed = queues[number].gate == nil ? room : min(room, queues[number].allowance(at: moment))
                    let isInTurn = queues[number].parts.isActive
                    var given = 0
                    while given < allowed, let slot = queues[number].pop(records, at: moment) {
                        given += 1
                        claim.deliveries.append(lease(slot, to: request, until: deadline, at: moment))
                    }
                    taken[position] += given
                    if queues[number].gate != nil { noteGiven(given, of: number, at: moment) }
                    if isInTurn { noteTurns(of: number, at: moment) }
                }
            }
        }
        if claim.deliveries.count < request.limit {
            for (position, share) in request.shares.enumerated() where taken[position] < share.maximum {
                hungry.append(share.queue)
                guard let number = existingNumber(of: share.queue), queues[number].gate != nil else { continue }
                if queues[number].counts.ready > 0, !queues[number].isPaused { claim.heldBack.append(share.queue) }
            }
        }
        claim.nextDue = nextDue(of: request, at: moment)
        return claim
    }

    /// Lets time catch up with the queues of a request.
    ///
    /// - Returns: How many jobs are ready in them, about.
    private mutating func prepare(_ request: ClaimRequest, at moment: Moment) -> Int {
        var ready = 0
        for share in request.shares {
            guard let number = existingNumber(of: share.queue) else { continue }
            lapse(number, at: moment)
            advance(number, to: moment)
            // What is outdated is dropped when its turn comes.
            if !queues[number].isPaused { ready += max(queues[number].counts.ready, queues[number].parts.count) }
        }
        return ready
    }

    private mutating func nextDue(of request: ClaimRequest, at moment: Moment) -> Duration? {
        var next = Int64.max
        for share in request.shares {
            guard let number = existingNumber(of: share.queue) else { continue }
            next = min(next, nextDue(of: number, at: moment))
        }
        return next == .max ? nil : .nanoseconds(max(next, 0))
    }

    /// How many nanoseconds until something falls due in a queue, or a lease runs out; `.max` when nothing is known to.
    mutating func nextDue(of number: Int, at moment: Moment) -> Int64 {
        var next = Int64.max
        let now = moment.now.nanosecondsSinceEpoch
        if let due = queues[number].due.first { next = min(next, saturated(due.time, minus: now)) }
        if let end = queues[number].ends.first { next = min(next, saturated(end.time, minus: now)) }
        if let alarm = queues[number].nextAlarm(records, &runs) {
            next = min(next, saturated(alarm, minus: moment.uptime))
        }
        if let wait = queues[number].rateWait(at: moment) { next = min(next, wait) }
        if queues[number].parts.isActive, !queues[number].isPaused,
            let wait = queues[number].parts.nextWait(at: moment.uptime)
        {
            next = min(next, wait)
        }
        return next
    }

    private func saturated(_ time: Int64, minus other: Int64) -> Int64 {
        let (difference, overflow) = time.subtractingReportingOverflow(other)
        return overflow ? .max : difference
    }

    private mutating func lease(
        _ slot: UInt32,
        to request: ClaimRequest,
        until deadline: Int64,
        at moment: Moment
    ) -> Delivery {
        let number = Int(records[slot].queue)
        if records[slot].flags.contains(.ends), let end = records[slot].end() {
            queues[number].ends.remove(TimeLine.Entry(time: end.time, tie: Int64(slot)))
        }
        let order = nextOrder()
        let run = runs.insert(
            Run(
                worker: request.worker,
                poisonLimit: request.poisonLimit,
                since: moment.now,
                deadline: deadline,
                alarm: deadline
            )
        )
        records[slot].order = order
        records[slot].time = Int64(run)
        records[slot].state = .running
        records[slot].deliveries += 1
        queues[number].counts.ready -= 1
        queues[number].counts.running += 1
        // Workers that found nothing here know of no lease that may run out.
        if queues[number].alarms.min.map({ deadline < $0.deadline }) ?? true { noteSooner(number) }
        queues[number].alarms.insert(JobQueue.Alarm(deadline: deadline, order: order, slot: slot))
        let record = records[slot]
        return Delivery(
            envelope: record.envelope,
            lease: Lease(id: record.envelope.id, queue: record.envelope.queue, token: UInt64(order)),
            attempt: Int(record.failedAttempts) + 1,
            delivery: Int(record.deliveries)
        )
    }
}
