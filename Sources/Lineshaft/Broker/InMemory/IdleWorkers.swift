//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule

/// The workers that have room for more jobs than there were, in the order in which they began to wait.
package struct IdleWorkers: Sendable {
    private struct Entry: Sendable {
        let worker: WorkerID
        let round: UInt64
    }

    private struct Worker: Sendable {
        /// Which of its waits this is, if it waits; entries of earlier ones are outdated.
        var round: UInt64?
        var queues: [QueueName]
        /// When it will look by itself, by uptime; `.max` for never.
        var looks = Int64.max
    }

    private var workers: [WorkerID: Worker] = [:]
    private var lines: [QueueName: Deque<Entry>] = [:]
    private var lastRound: UInt64 = 0

    /// How many workers wait.
    package private(set) var count = 0

    package init() {}

    /// Begins to pay attention to a worker, which does not wait yet.
    package mutating func add(_ worker: WorkerID) {
        _ = remove(worker)
        workers[worker] = Worker(round: nil, queues: [])
    }

    /// Forgets a worker.
    ///
    /// - Returns: The queues it was last hungry for. It may have been woken for jobs there that it will not take.
    package mutating func remove(_ worker: WorkerID) -> [QueueName] {
        guard let known = workers.removeValue(forKey: worker) else { return [] }
        if known.round != nil { count -= 1 }
        return known.queues
    }

    /// Notes what a worker has room for after a claim; nothing, if it has no room.
    ///
    /// - Parameters:
    ///   - worker: The worker.
    ///   - queues: What it has room for.
    ///   - looks: When it will look by itself, by uptime.
    /// - Returns: The queues that it has waited for, if it was woken since, and does not wait for any more.
    @discardableResult
    package mutating func update(
        _ worker: WorkerID,
        hungry queues: [QueueName],
        looks: Int64 = .max
    ) -> [QueueName] {
        defer { workers[worker]?.looks = looks }
        guard let known = workers[worker] else { return [] }
        let left = known.round == nil ? known.queues.filter { !queues.contains($0) } : []
        if queues.isEmpty {
            if known.round != nil { count -= 1 }
            if !known.queues.isEmpty { workers[worker] = Worker(round: nil, queues: []) }
            return left
        }
        if known.round != nil, known.queues == queues { return [] }
        if known.round == nil { count += 1 }
        lastRound += 1
        workers[worker] = Worker(round: lastRound, queues: queues)
        for queue in queues {
            lines[queue, default: []].append(Entry(worker: worker, round: lastRound))
            compact(queue)
        }
        return left
    }

    /// Chooses workers to wake for jobs that became ready.
    ///
    /// They no longer count as waiting.
    package mutating func wake(_ queue: QueueName, count wanted: Int) -> [WorkerID] {
        guard count > 0, wanted > 0 else { return [] }
        var woken: [WorkerID] = []
        while woken.count < wanted, let entry = lines[queue]?.popFirst() {
            guard workers[entry.worker]?.round == entry.round else { continue }
            workers[entry.worker]?.round = nil
            count -= 1
            woken.append(entry.worker)
        }
        return woken
    }

    /// Chooses workers to tell that something falls due at `time`: those that wait for the queue and would look later.
    package mutating func expect(_ queue: QueueName, at time: Int64) -> [WorkerID] {
        var told: [WorkerID] = []
        for (id, worker) in workers where worker.round != nil && worker.looks > time && worker.queues.contains(queue) {
            workers[id]?.looks = time
            told.append(id)
        }
        // In an order that does not depend on the dictionary's, so that a simulation replays.
        return told.sorted { $0.rawValue < $1.rawValue }
    }

    /// Drops outdated entries once they outnumber what a line can hold otherwise.
    private mutating func compact(_ queue: QueueName) {
        guard let length = lines[queue]?.count, length > 2 * workers.count + 8 else { return }
        lines[queue]?.removeAll { workers[$0.worker]?.round != $0.round }
    }
}
