//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The endings that a broker without a result store of its own has decided, until somebody has stored them: without clock,
/// I/O or task.
package struct UnrecordedEndings: Sendable {
    private struct Entry: Sendable {
        let ending: Ending
        let envelope: Envelope
        /// The uptime until which somebody is trusted to store it; 0 while nobody has been given it.
        var time: Int64
    }

    private var entries: [UInt64: Entry] = [:]
    private var numbers: [JobID: UInt64] = [:]
    /// The entries of each queue by their times.
    private var lines: [QueueName: TimeLine] = [:]
    private var lastNumber: UInt64 = 0

    package init() {}

    package var isEmpty: Bool { entries.isEmpty }
    package var count: Int { entries.count }

    /// Keeps an ending until it is confirmed.
    package mutating func add(_ record: OutcomeRecord, of envelope: Envelope) {
        remove(record.id)
        lastNumber += 1
        let ending = Ending(
            record: record,
            queue: envelope.queue,
            number: lastNumber,
            workflow: envelope.hasDetails ? envelope.details.workflow : nil
        )
        entries[lastNumber] = Entry(ending: ending, envelope: envelope, time: 0)
        numbers[record.id] = lastNumber
        lines[envelope.queue, default: TimeLine()].insert(Self.place(lastNumber, 0))
    }

    /// Gives out endings that nobody is storing just now.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - limit: The most to give.
    ///   - deadline: The uptime at which they are given again unless confirmed.
    ///   - uptime: When this is.
    /// - Returns: The endings, oldest first.
    package mutating func take(
        from queue: QueueName,
        limit: Int,
        until deadline: Int64,
        at uptime: Int64
    ) -> [Ending] {
        var taken: [Ending] = []
        while taken.count < limit, let due = lines[queue]?.popFirst(through: uptime) {
            let number = UInt64(due.tie)
            guard let ending = entries[number]?.ending else { continue }
            entries[number]?.time = deadline
            taken.append(ending)
        }
        for ending in taken { lines[queue]?.insert(Self.place(ending.number, deadline)) }
        return taken
    }

    /// An ending has been stored.
    package mutating func confirm(_ ending: Ending) {
        guard let entry = entries.removeValue(forKey: ending.number) else { return }
        let queue = entry.ending.queue
        lines[queue]?.remove(Self.place(ending.number, entry.time))
        if lines[queue]?.isEmpty == true { lines[queue] = nil }
        if numbers[ending.record.id] == ending.number { numbers[ending.record.id] = nil }
    }

    /// Forgets the ending of a job.
    package mutating func remove(_ id: JobID) {
        if let number = numbers[id], let ending = entries[number]?.ending { confirm(ending) }
    }

    /// Whether somebody may be storing the ending of a job just now.
    package func isGiven(_ id: JobID, at uptime: Int64) -> Bool {
        guard let number = numbers[id], let entry = entries[number] else { return false }
        return entry.time > uptime
    }

    /// How many nanoseconds until an ending of a queue is to be given; `.max` when there is none.
    package func wait(for queue: QueueName, at uptime: Int64) -> Int64 {
        guard let first = lines[queue]?.first else { return .max }
        return max(first.time - uptime, 0)
    }

    /// A job whose outcome is nowhere else to be found.
    package func find(_ id: JobID) -> JobSnapshot? {
        guard let number = numbers[id], let entry = entries[number] else { return nil }
        return JobSnapshot(envelope: entry.envelope, state: .ended, outcome: entry.ending.record)
    }

    private static func place(_ number: UInt64, _ time: Int64) -> TimeLine.Entry {
        TimeLine.Entry(time: time, tie: Int64(number), slot: 0)
    }
}
