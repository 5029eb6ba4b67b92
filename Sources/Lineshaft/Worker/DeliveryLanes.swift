//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule

/// What a worker has claimed and not started, what it runs, and what it may still take, per queue.
///
/// A plain value without clock or task: the worker tells it what happened and asks what to do.
package struct DeliveryLanes {
    /// A delivery, when it was claimed and how long its lease certainly runs, by the worker's uptime.
    package struct Held: Sendable {
        package let delivery: Delivery
        package let claimed: Duration
        package var heldUntil: Duration
    }

    /// A claim that is under way.
    package struct OpenClaim: Sendable {
        package let request: ClaimRequest
        /// How many times something had been announced when it was made: what is announced meanwhile may be too late for it.
        fileprivate let news: Int
    }

    private struct Lane {
        let name: QueueName
        var settings: WorkerQueues.Settings
        var isPaused = false
        var buffered: Deque<Held> = []
        var running = 0
        /// How many jobs claims that are under way may bring.
        var expected = 0
        var credit = 0
        /// Whether the broker may have jobs of this queue, for all that is known here.
        var mayHaveMore = true
        /// Whether jobs that were claimed ahead have waited in vain since one of the queue last ended.
        var isStalled = false
        /// Whether the queue's limits kept jobs back when it was last asked, so that the next end may free a place.
        var isHeldBack = false

        func room(_ prefetch: Int) -> Int {
            isPaused ? 0 : settings.concurrency + (isStalled ? 0 : prefetch) - running - buffered.count - expected
        }

        var canStart: Bool { !buffered.isEmpty && running < settings.concurrency }
    }

    /// How many jobs a worker must run at once for its claims to be divided.
    private static let dividedConcurrency = 48

    private var lanes: [Lane]
    private var index: [QueueName: Int] = [:]
    private var nextLane = 0
    /// How many times something was announced.
    private var news = 0
    private var openClaims = 0
    private let ownConcurrency: Int?
    package private(set) var running = 0
    package private(set) var buffered = 0
    /// How many jobs claims that are under way may bring.
    private var expected = 0

    package init(_ queues: WorkerQueues, concurrency: Int?) {
        lanes = queues.entries.map { Lane(name: $0.name, settings: $0.settings) }
        ownConcurrency = concurrency
        for (position, lane) in lanes.enumerated() { index[lane.name] = position }
    }

    /// How many jobs may run at once.
    package var concurrency: Int {
        ownConcurrency ?? lanes.reduce(0) { $0 + $1.settings.concurrency }
    }

    /// What tools are told about the queues.
    package var report: [WorkerReport.Queue] {
        lanes.map { .init(name: $0.name, concurrency: $0.settings.concurrency, weight: $0.settings.weight) }
    }

    /// Changes a queue's concurrency; `false` when the worker does not serve it.
    package mutating func setConcurrency(_ concurrency: Int, of queue: QueueName) -> Bool {
        guard let position = index[queue] else { return false }
        lanes[position].settings.concurrency = concurrency
        return true
    }

    /// Pauses or resumes a queue in this worker; `false` when the worker does not serve it.
    ///
    /// What was claimed of a paused queue and not started is returned, to be given back.
    package mutating func setPaused(_ paused: Bool, _ queue: QueueName) -> (isServed: Bool, returned: [Held]) {
        guard let position = index[queue] else { return (false, []) }
        lanes[position].isPaused = paused
        lanes[position].mayHaveMore = true
        guard paused else { return (true, []) }
        return (true, drain(position))
    }

    /// When the oldest of the jobs was claimed that wait behind others of their queue, or for any slot at all.
    package var oldestBlockedClaim: Duration? {
        guard buffered > 0 else { return nil }
        let isFull = running >= concurrency
        return lanes.compactMap { isFull || !$0.canStart ? $0.buffered.first?.claimed : nil }.min()
    }

    /// Takes out what waits behind others of its queue, or for any slot at all.
    ///
    /// Nothing more is claimed ahead of those queues until a job of theirs has ended.
    package mutating func drainBlocked() -> [Held] {
        let isFull = running >= concurrency
        return lanes.indices.flatMap { position -> [Held] in
            guard !lanes[position].buffered.isEmpty, isFull || !lanes[position].canStart else { return [] }
            lanes[position].isStalled = true
            return drain(position)
        }
    }

    /// Takes out what was claimed of queues that are paused.
    package mutating func drainPaused() -> [Held] {
        lanes.indices.flatMap { lanes[$0].isPaused && !lanes[$0].buffered.isEmpty ? drain($0) : [] }
    }

    /// Takes out everything that was claimed and not started.
    package mutating func drainAll() -> [Held] {
        lanes.indices.flatMap { drain($0) }
    }

    private mutating func add(_ deliveries: [Delivery], at uptime: Duration, lease: Duration) {
        for delivery in deliveries {
            let position = lanes.count == 1 ? 0 : index[delivery.envelope.queue] ?? 0
            lanes[position].buffered.append(Held(delivery: delivery, claimed: uptime, heldUntil: uptime + lease))
        }
        buffered += deliveries.count
    }

    /// The next job to start, if one may start now.
    ///
    /// The queues take turns.
    package mutating func start() -> Held? {
        guard buffered > 0, running < concurrency else { return nil }
        for offset in lanes.indices {
            let position = (nextLane + offset) % lanes.count
            guard lanes[position].canStart, let held = lanes[position].buffered.popFirst() else { continue }
            nextLane = (position + 1) % lanes.count
            lanes[position].running += 1
            running += 1
            buffered -= 1
            return held
        }
        return nil
    }

    /// Whether a job may start now.
    package var canStart: Bool {
        buffered > 0 && running < concurrency && lanes.contains(where: \.canStart)
    }

    /// A job of `queue` has ended.
    package mutating func end(_ queue: QueueName) {
        let position = lanes.count == 1 ? 0 : index[queue] ?? 0
        lanes[position].running -= 1
        lanes[position].isStalled = false
        if lanes[position].isHeldBack { lanes[position].mayHaveMore = true }
        running -= 1
    }

    /// Takes out a job that was claimed and not started.
    package mutating func removeBuffered(where matches: (Delivery) -> Bool) -> [Held] {
        var removed: [Held] = []
        for position in lanes.indices where !lanes[position].buffered.isEmpty {
            removed += lanes[position].buffered.filter { matches($0.delivery) }
            lanes[position].buffered.removeAll { matches($0.delivery) }
        }
        buffered -= removed.count
        return removed
    }

    /// The lease of a job that was claimed and not started has been extended.
    package mutating func extend(_ lease: Lease, until time: Duration) {
        guard let position = lanes.count == 1 ? 0 : index[lease.queue],
            let place = lanes[position].buffered.firstIndex(where: { $0.delivery.lease == lease })
        else { return }
        lanes[position].buffered[place].heldUntil = time
    }

    /// Everything that was claimed and not started.
    package var allBuffered: [Held] {
        // An array made of an empty deque writes to the empty array that all threads share.
        lanes.flatMap { $0.buffered.isEmpty ? [] : Array($0.buffered) }
    }

    /// Something may have come into any of the queues.
    package mutating func expectMore() {
        news += 1
        for position in lanes.indices { lanes[position].mayHaveMore = true }
    }

    /// The queues of which nothing is wanted, whatever the claims that are under way bring.
    package var withoutRoom: [QueueName] {
        lanes.filter { $0.room(0) + $0.expected <= 0 }.map(\.name)
    }

    /// Whether a claim could bring something.
    ///
    /// - Parameters:
    ///   - prefetch: How many jobs more than can run may be claimed.
    ///   - least: How much room there must be in all.
    /// - Returns: Whether any queue may have jobs that there is room for.
    package func wantsMore(prefetch: Int, atLeast least: Int = 1) -> Bool {
        concurrency + prefetch - least >= running + buffered + expected
            && lanes.contains { $0.mayHaveMore && $0.room(prefetch) > 0 }
    }

    /// What to ask the broker for: how many jobs in all, and how much of each queue, in order.
    ///
    /// Shares follow the weights by smooth weighted round robin, so that over time a queue gets its part even when the
    /// worker takes one job at a time.
    ///
    /// - Parameter prefetch: How many jobs more than can run may be claimed.
    /// - Returns: The limit and the shares; `nil` when there is room for nothing.
    package mutating func want(prefetch: Int) -> (limit: Int, shares: [ClaimRequest.Share])? {
        var limit = concurrency + prefetch - running - buffered - expected
        guard limit > 0 else { return nil }
        // A third of a busy worker's jobs runs, one is being settled and one is on its way.
        if concurrency >= Self.dividedConcurrency { limit = min(limit, (concurrency + prefetch) / 3) }
        var rooms: [(position: Int, room: Int, fair: Int)] = []
        for position in lanes.indices {
            let room = lanes[position].room(prefetch)
            if room > 0 { rooms.append((position, room, 0)) }
        }
        guard let first = rooms.first else { return nil }
        if rooms.count == 1 {
            let most = min(first.room, limit)
            return (most, [.init(queue: lanes[first.position].name, fair: most, maximum: most)])
        }
        distribute(limit, over: &rooms)
        rooms.sort { ($0.fair, lanes[$0.position].credit) > ($1.fair, lanes[$1.position].credit) }
        let shares = rooms.map {
            ClaimRequest.Share(queue: lanes[$0.position].name, fair: $0.fair, maximum: min($0.room, limit))
        }
        return (limit, shares)
    }

    /// A claim begins: what it may bring is not asked for a second time meanwhile.
    ///
    /// - Parameter request: What is asked for.
    /// - Returns: What ``add(_:for:at:)`` or ``abandon(_:)`` wants to know at its end.
    package mutating func begin(_ request: ClaimRequest) -> OpenClaim {
        openClaims += 1
        expected += request.limit
        for share in request.shares {
            if let position = index[share.queue] { lanes[position].expected += share.maximum }
        }
        return OpenClaim(request: request, news: news)
    }

    /// A claim has failed.
    package mutating func abandon(_ claim: OpenClaim) {
        openClaims -= 1
        expected -= claim.request.limit
        for share in claim.request.shares {
            if let position = index[share.queue] { lanes[position].expected -= share.maximum }
        }
    }

    /// Takes in what a claim brought, and learns from it which queues are empty for now.
    ///
    /// The time is that of the request: the leases began to run before the answer came.
    package mutating func add(_ claim: Claim, for open: OpenClaim, at uptime: Duration) {
        abandon(open)
        let request = open.request
        var isFull = open.news != news
        if claim.deliveries.count >= request.limit {
            isFull = true
            // That there is more is news for an older claim that ends later.
            if openClaims > 0 { news += 1 }
        }
        if lanes.count == 1 {
            lanes[0].mayHaveMore = isFull
        } else {
            var counts = [Int](repeating: 0, count: lanes.count)
            for delivery in claim.deliveries { counts[index[delivery.envelope.queue] ?? 0] += 1 }
            for position in lanes.indices { lanes[position].mayHaveMore = true }
            for share in request.shares {
                guard let position = index[share.queue] else { continue }
                lanes[position].mayHaveMore = isFull || counts[position] >= share.maximum
            }
        }
        for share in request.shares {
            guard let position = index[share.queue] else { continue }
            lanes[position].isHeldBack = !claim.heldBack.isEmpty && claim.heldBack.contains(share.queue)
        }
        add(claim.deliveries, at: uptime, lease: request.lease)
    }

    private mutating func distribute(_ limit: Int, over rooms: inout [(position: Int, room: Int, fair: Int)]) {
        let total = rooms.reduce(0) { $0 + lanes[$1.position].settings.weight }
        for _ in 0..<limit {
            var best: Int?
            for candidate in rooms.indices where rooms[candidate].fair < rooms[candidate].room {
                lanes[rooms[candidate].position].credit += lanes[rooms[candidate].position].settings.weight
                if let current = best,
                    lanes[rooms[current].position].credit >= lanes[rooms[candidate].position].credit
                {
                    continue
                }
                best = candidate
            }
            guard let best else { return }
            lanes[rooms[best].position].credit -= total
            rooms[best].fair += 1
        }
    }

    private mutating func drain(_ position: Int) -> [Held] {
        if lanes[position].buffered.isEmpty { return [] }
        defer { lanes[position].buffered.removeAll() }
        buffered -= lanes[position].buffered.count
        return Array(lanes[position].buffered)
    }
}
