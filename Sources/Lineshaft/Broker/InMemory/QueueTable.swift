//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The jobs of an in-memory broker: every decision about where a job goes, without clock, I/O or task.
///
/// Time comes in as an argument. What is to happen outside is left in ``endings`` and ``arrivals``, for the caller to
/// take after each call. No operation looks at more jobs than it moves.
package struct QueueTable: Sendable {
    var records = Slab(placeholder: JobRecord.placeholder)
    var runs = Slab(placeholder: Run.placeholder)
    var histories: [UInt32: JobHistory] = [:]
    /// The recorded steps of jobs that have any.
    var steps: [UInt32: [StepRecord]] = [:]
    var index = SlotIndex()
    var queues: [JobQueue] = []
    private var queueNumbers: [QueueName: Int] = [:]
    private var lastQueue = -1
    /// The last order number given at the back, and at the front.
    private var backOrder: Int64 = 0
    private var frontOrder: Int64 = 0

    let maximumDeadLetters: Int

    /// The jobs that ended since the caller last emptied it.
    package var endings: [JobEnd] = []
    /// The numbers of the queues in which jobs became ready since the caller last took them.
    private(set) var arrivals: [Int] = []
    private var sooner: [Int] = []

    /// Creates an empty table.
    ///
    /// - Parameter maximumDeadLetters: How many dead letters of each queue are kept; the oldest are dropped.
    package init(maximumDeadLetters: Int) {
        self.maximumDeadLetters = maximumDeadLetters
    }

    // MARK: Queues

    /// The number of a queue, which is made if it is new.
    mutating func number(of queue: QueueName) -> Int {
        if lastQueue >= 0, queues[lastQueue].name == queue { return lastQueue }
        if let known = queueNumbers[queue] {
            lastQueue = known
            return known
        }
        queues.append(JobQueue(name: queue))
        queueNumbers[queue] = queues.count - 1
        lastQueue = queues.count - 1
        return lastQueue
    }

    /// The number of a queue that exists.
    func existingNumber(of queue: QueueName) -> Int? {
        if lastQueue >= 0, queues[lastQueue].name == queue { return lastQueue }
        return queueNumbers[queue]
    }

    /// How many jobs of a queue wait, delayed ones included.
    package func length(of queue: QueueName) -> Int {
        existingNumber(of: queue).map { queues[$0].length } ?? 0
    }

    /// Takes the queues in which jobs became ready that may be given out, and how many.
    package mutating func takeArrivals(at moment: Moment, _ body: (_ queue: QueueName, _ count: Int) -> Void) {
        for number in arrivals {
            var count = queues[number].arrivals
            queues[number].arrivals = 0
            if queues[number].gate != nil {
                count = min(count, queues[number].counts.ready, queues[number].allowance(at: moment))
                if queues[number].rateWait(at: moment) != nil { noteSooner(number) }
            }
            if !queues[number].isPaused, count > 0 { body(queues[number].name, count) }
        }
        arrivals.removeAll(keepingCapacity: true)
    }

    /// Whether ``takeArrivals(at:_:)`` has anything to give.
    package var hasArrivals: Bool { !arrivals.isEmpty }

    /// Whether ``takeSooner(at:_:)`` has anything to give.
    package var hasSooner: Bool { !sooner.isEmpty }

    /// Takes the queues in which something falls due sooner than workers could know that claimed before, and when, counted
    /// from `moment`.
    package mutating func takeSooner(at moment: Moment, _ body: (_ queue: QueueName, _ delay: Int64) -> Void) {
        for number in sooner {
            let delay = nextDue(of: number, at: moment)
            if delay != .max { body(queues[number].name, max(delay, 0)) }
        }
        sooner.removeAll(keepingCapacity: true)
    }

    mutating func noteSooner(_ number: Int) {
        if sooner.last != number { sooner.append(number) }
    }

    mutating func noteArrivals(_ count: Int, in number: Int) {
        if queues[number].arrivals == 0 { arrivals.append(number) }
        queues[number].arrivals += count
    }

    // MARK: Jobs

    func slot(of id: JobID) -> UInt32? {
        index.find(index.hash(id)) { records[$0].envelope.id == id }
    }

    /// An order number after all others.
    mutating func nextOrder() -> Int64 {
        backOrder += 1
        return backOrder
    }

    /// Puts a job that waits nowhere among the ready ones.
    mutating func makeReady(_ slot: UInt32, inFront: Bool = false, at moment: Moment) {
        let order: Int64
        if inFront {
            frontOrder -= 1
            order = frontOrder
        } else {
            order = nextOrder()
        }
        let number = Int(records[slot].queue)
        records[slot].order = order
        records[slot].state = .ready
        let level = Int(records[slot].envelope.priority.level)
        let entry = Line.Entry(order: order, slot: slot)
        queues[number].counts.ready += 1
        if let tenant = records[slot].envelope.tenant {
            let isOpen = queues[number].parts.makeReady(
                entry,
                tenant: tenant,
                level: level,
                inFront: inFront,
                at: moment.uptime
            )
            if !isOpen {
                if queues[number].parts.nextWait(at: moment.uptime) != nil { noteSooner(number) }
                return
            }
        } else {
            queues[number].makeReady(entry, level: level, inFront: inFront)
        }
        noteArrivals(1, in: number)
    }

    /// Puts a job that waits nowhere among the scheduled ones.
    mutating func schedule(_ slot: UInt32, due: Timestamp, wait: JobSnapshot.Wait) {
        let order = nextOrder()
        let number = Int(records[slot].queue)
        records[slot].order = order
        records[slot].state = .scheduled
        records[slot].wait = wait
        records[slot].time = due.nanosecondsSinceEpoch
        queues[number].due.insert(TimeLine.Entry(time: due.nanosecondsSinceEpoch, tie: order, slot: slot))
        queues[number].counts.scheduled += 1
        if queues[number].due.first?.slot == slot { noteSooner(number) }
    }

    /// Begins to watch for the expiry and deadline of a job that has begun to wait.
    mutating func watchEnd(of slot: UInt32) {
        guard let end = records[slot].end() else { return }
        let number = Int(records[slot].queue)
        queues[number].ends.insert(TimeLine.Entry(time: end.time, tie: Int64(slot), slot: slot))
    }

    /// Takes a waiting job out of wherever it waits.
    ///
    /// What is left of it in a line is outdated by its next order number.
    mutating func stopWaiting(_ slot: UInt32, at moment: Moment) {
        let number = Int(records[slot].queue)
        switch records[slot].state {
        case .ready:
            queues[number].counts.ready -= 1
            records[slot].order = 0
            if let tenant = records[slot].envelope.tenant {
                queues[number].parts.stopWaiting(tenant: tenant)
                queues[number].compactParts(records, at: moment.uptime)
            } else {
                queues[number].compactReady(records)
            }
        case .scheduled:
            queues[number].due.remove(TimeLine.Entry(time: records[slot].time, tie: records[slot].order))
            queues[number].counts.scheduled -= 1
        case .running, .dead, .ended:
            preconditionFailure("A job that does not wait was to stop waiting.")
        }
        if let end = records[slot].end() {
            queues[number].ends.remove(TimeLine.Entry(time: end.time, tie: Int64(slot)))
        }
    }

    /// Takes a running job's lease away.
    ///
    /// - Parameters:
    ///   - slot: The job.
    ///   - isUnstarted: Whether its worker gave it back without having started it.
    ///   - moment: When this is.
    mutating func stopRunning(_ slot: UInt32, isUnstarted: Bool = false, at moment: Moment) {
        let number = Int(records[slot].queue)
        runs.remove(UInt32(records[slot].time))
        records[slot].order = 0
        queues[number].counts.running -= 1
        queues[number].compactAlarms(records, runs)
        // Its place is free for another one.
        if let limits = queues[number].gate?.limits, limits.concurrency != nil || limits.rate != nil {
            noteArrivals(1, in: number)
        }
        let tenant = records[slot].envelope.tenant
        guard tenant != nil || queues[number].parts.isActive else { return }
        let freed = queues[number].parts.end(
            records[slot].envelope.name,
            tenant: tenant,
            isUnstarted: isUnstarted,
            at: moment.uptime
        )
        if freed > 0 { noteArrivals(freed, in: number) }
    }

    // MARK: Ends

    /// Ends a job that is in no line any more: its outcome is announced, its place and its unique key are given back.
    ///
    /// - Parameters:
    ///   - slot: The job.
    ///   - outcome: How it ended.
    ///   - attempts: How many attempts were made.
    ///   - token: The token of the settlement behind it; 0 when there is none.
    ///   - isReported: Whether the settlement said that the job ends so.
    ///   - moment: When this is.
    mutating func end(
        _ slot: UInt32,
        _ outcome: Outcome,
        attempts: Int,
        token: UInt64 = 0,
        isReported: Bool = false,
        at moment: Moment
    ) {
        announce(slot, outcome, attempts: attempts, token: token, isReported: isReported, at: moment)
        forget(slot, at: moment)
    }

    /// Ends a job that is in no line any more among the dead letters.
    mutating func bury(_ slot: UInt32, _ failure: JobFailure, attempts: Int, token: UInt64 = 0, at moment: Moment) {
        announce(slot, .failed(failure), attempts: attempts, token: token, isReported: token != 0, at: moment)
        let number = Int(records[slot].queue)
        let order = nextOrder()
        records[slot].order = order
        records[slot].state = .dead
        records[slot].flags.remove(.cancelRequested)
        records[slot].failedAttempts = UInt32(clamping: attempts)
        remember(slot) { $0.append(failure) }
        queues[number].dead.append(Line.Entry(order: order, slot: slot))
        queues[number].counts.dead += 1
        while queues[number].counts.dead > maximumDeadLetters, let oldest = queues[number].dead.popFirst() {
            guard records[oldest.slot].order == oldest.order else { continue }
            queues[number].counts.dead -= 1
            forget(oldest.slot, at: moment)
        }
    }

    private mutating func announce(
        _ slot: UInt32,
        _ outcome: Outcome,
        attempts: Int,
        token: UInt64,
        isReported: Bool,
        at moment: Moment
    ) {
        let envelope = records[slot].envelope
        let details = envelope.hasDetails ? envelope.details : nil
        endings.append(
            JobEnd(
                id: envelope.id,
                outcome: outcome,
                attempts: attempts,
                finished: moment.now,
                retention: details?.retention,
                replyTo: envelope.replyTo,
                token: token,
                unreported: isReported ? nil : envelope
            )
        )
        if records[slot].flags.contains(.unique), let claim = details?.unique {
            let number = Int(records[slot].queue)
            if let holder = queues[number].holders[claim.key], holder.id == envelope.id, holder.end == nil {
                queues[number].holders[claim.key] = nil
            }
        }
    }

    /// Drops a job that is in no line any more and whose end has been announced.
    mutating func forget(_ slot: UInt32, at moment: Moment) {
        if records[slot].flags.contains(.history) { histories[slot] = nil }
        if records[slot].flags.contains(.steps) { steps[slot] = nil }
        index.remove(slot, hash: index.hash(records[slot].envelope.id))
        records.remove(slot)
        // Whatever a burst took is given back once all is done. The lines hold nothing but outdated entries then.
        if records.count == 0, records.capacity > 4096 {
            for number in queues.indices { queues[number].removeOutdated(at: moment.uptime) }
            records.removeAll()
            runs.removeAll()
        }
    }

    mutating func remember(_ slot: UInt32, _ change: (inout JobHistory) -> Void) {
        records[slot].flags.insert(.history)
        change(&histories[slot, default: JobHistory()])
    }
}
