//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

extension QueueTable {
    /// The queues, by name.
    package var queueNames: [QueueName] { queues.map(\.name).sorted() }

    /// How many jobs a queue holds.
    package mutating func counts(of queue: QueueName, at moment: Moment) -> QueueCounts {
        guard let number = existingNumber(of: queue) else { return QueueCounts() }
        lapse(number, at: moment)
        advance(number, to: moment)
        var counts = queues[number].counts
        counts.isPaused = queues[number].isPaused
        if let gate = queues[number].gate {
            counts.limits = gate.limits
            counts.rateDelay = queues[number].rateWait(at: moment).map { .nanoseconds($0) }
        }
        return counts
    }

    /// Stops or resumes giving out a queue's jobs.
    package mutating func setPaused(_ isPaused: Bool, queue: QueueName) {
        let number = number(of: queue)
        guard queues[number].isPaused != isPaused else { return }
        queues[number].isPaused = isPaused
        if !isPaused, queues[number].counts.ready > 0 { noteArrivals(queues[number].counts.ready, in: number) }
    }

    /// How many jobs of a queue could be given out at once.
    package func claimable(in queue: QueueName, at moment: Moment) -> Int {
        guard let number = existingNumber(of: queue), !queues[number].isPaused else { return 0 }
        let parts = queues[number].parts
        if parts.isActive, parts.next(at: moment.uptime) == nil, queues[number].entryCount == 0 { return 0 }
        return min(queues[number].counts.ready, queues[number].allowance(at: moment))
    }

    /// Counts the jobs of a queue that may be given out as arrivals, for workers that wait to be woken.
    package mutating func noteClaimable(in queue: QueueName, at moment: Moment) {
        let count = claimable(in: queue, at: moment)
        guard count > 0, let number = existingNumber(of: queue) else { return }
        noteArrivals(count, in: number)
    }

    /// What is known of a job that has not ended or is a dead letter.
    package mutating func find(_ id: JobID, at moment: Moment) -> JobSnapshot? {
        guard let number = queueNumber(of: id) else { return nil }
        lapse(number, at: moment)
        advance(number, to: moment)
        guard let slot = slot(of: id) else { return nil }
        guard records[slot].state == .ready else { return snapshot(of: slot) }
        let envelope = records[slot].envelope
        let hold = queues[number].parts.hold(of: envelope.name, tenant: envelope.tenant, at: moment.uptime)
        return snapshot(of: slot, ahead: ahead(of: slot), hold: hold)
    }

    private func snapshot(of slot: UInt32, ahead: Int? = nil, hold: LimitHold? = nil) -> JobSnapshot {
        let record = records[slot]
        let history = record.flags.contains(.history) ? histories[slot] : nil
        let isScheduled = record.state == .scheduled
        let run = record.state == .running ? runs[UInt32(record.time)] : nil
        return JobSnapshot(
            envelope: record.envelope,
            state: record.state,
            failedAttempts: Int(record.failedAttempts),
            deliveries: Int(record.deliveries),
            lostLeases: history?.lostLeases ?? 0,
            due: isScheduled ? Timestamp(nanosecondsSinceEpoch: record.time) : nil,
            wait: isScheduled ? record.wait : nil,
            ahead: ahead,
            hold: hold,
            worker: run?.worker,
            runningSince: run?.since,
            isCancelRequested: record.flags.contains(.cancelRequested),
            failures: history?.failures ?? []
        )
    }

    /// How many ready jobs go before this one, unless outdated entries make it slow to tell.
    private func ahead(of slot: UInt32) -> Int? {
        let record = records[slot]
        let queue = queues[Int(record.queue)]
        guard !queue.parts.isActive, queue.entryCount == queue.counts.ready else { return nil }
        let level = Int(record.envelope.priority.level)
        let urgent = queue.levels[(level + 1)...].reduce(0) { $0 + $1.count }
        return urgent + queue.levels[level].position(after: record.order) - 1
    }

    // MARK: Pages

    /// A page of a queue's jobs in one state.
    ///
    /// - Returns: The page, or `nil` when the cursor is none of this table's.
    package mutating func jobs(
        in queue: QueueName,
        state: JobState,
        after cursor: String?,
        limit: Int,
        at moment: Moment
    ) -> JobPage? {
        var place: TimeLine.Entry?
        if let cursor {
            let numbers = cursor.split(separator: ".").map { Int64($0) }
            guard numbers.count == 2, let time = numbers[0], let tie = numbers[1] else { return nil }
            place = TimeLine.Entry(time: time, tie: tie)
        }
        guard limit > 0, let number = existingNumber(of: queue) else { return JobPage(jobs: [], cursor: nil) }
        lapse(number, at: moment)
        advance(number, to: moment)
        // One more than asked for tells whether there is more.
        let limit = min(limit, Int.max - 1)
        var page: [TimeLine.Entry]
        switch state {
        case .scheduled: page = scheduled(in: number, after: place, count: limit + 1)
        case .ready: page = ready(in: number, after: place, count: limit + 1)
        case .running: page = running(in: number, after: place, count: limit + 1)
        case .dead: page = dead(in: number, after: place, count: limit + 1)
        case .ended: page = []
        }
        let hasMore = page.count > limit
        if hasMore { page.removeLast(page.count - limit) }
        return JobPage(
            jobs: page.map { snapshot(of: $0.slot) },
            cursor: hasMore ? page.last.map { "\($0.time).\($0.tie)" } : nil
        )
    }

    private func scheduled(in number: Int, after place: TimeLine.Entry?, count: Int) -> [TimeLine.Entry] {
        var page: [TimeLine.Entry] = []
        queues[number].due.visit(after: place) { entry in
            page.append(entry)
            return page.count < count
        }
        return page
    }

    /// For ready jobs the place is the level, counted from the most urgent, and the order number.
    private func ready(in number: Int, after place: TimeLine.Entry?, count: Int) -> [TimeLine.Entry] {
        let levels = queues[number].levels
        var page: [TimeLine.Entry] = []
        let first = Int(clamping: max(place?.time ?? 0, 0))
        for distance in first..<max(levels.count, first) {
            let line = levels[levels.count - 1 - distance]
            let after = distance == first ? place?.tie : nil
            append(line, time: Int64(distance), after: after, count: count, to: &page)
        }
        if page.count < count { appendLines(of: queues[number].parts, after: place, count: count, to: &page) }
        return page
    }

    private func dead(in number: Int, after place: TimeLine.Entry?, count: Int) -> [TimeLine.Entry] {
        var page: [TimeLine.Entry] = []
        append(queues[number].dead, time: 0, after: place?.tie, count: count, to: &page)
        return page
    }

    private func append(_ line: Line, time: Int64, after: Int64?, count: Int, to page: inout [TimeLine.Entry]) {
        var position = after.map { line.position(after: $0) } ?? 0
        while page.count < count, position < line.count {
            let entry = line[position]
            if records[entry.slot].order == entry.order {
                page.append(TimeLine.Entry(time: time, tie: entry.order, slot: entry.slot))
            }
            position += 1
        }
    }

    /// Running jobs are as many as workers have slots, so these few are sorted for each page.
    private func running(in number: Int, after place: TimeLine.Entry?, count: Int) -> [TimeLine.Entry] {
        let queue = queues[number]
        let entries = queue.alarms.unordered
            .filter { queue.isCurrent($0, records, runs) && $0.order > place?.tie ?? 0 }
            .map { TimeLine.Entry(time: 0, tie: $0.order, slot: $0.slot) }
        return Array(entries.sorted().prefix(count))
    }
}
