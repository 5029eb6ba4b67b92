//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// What a process knows of the queues that one of its workers serves: which of them may have jobs, which have noted the worker
/// as idle, and when something falls due there.
///
/// A plain value: it is told what was asked and answered, and says what to ask. So an idle queue costs no command, however
/// many queues the worker serves.
package struct QueueInterest: Sendable {
    /// A question for one queue.
    package struct Question: Sendable, Hashable {
        /// The queue.
        package let queue: QueueName
        /// How many jobs to ask for.
        package let limit: Int
        /// Whether the queue has noted the worker as idle, as far as is known.
        package let isNoted: Bool
        /// Whether the worker was woken for the queue since it last asked.
        package let isWoken: Bool
    }

    private struct Entry: Sendable {
        var mayHaveMore = true
        var isNoted = false
        var isWoken = false
        /// Whether the worker wants nothing of it, so that a wake that is still on its way is for others.
        var isLeft = false
        /// When something falls due, by uptime.
        var due: Duration?
        /// What was said about that since it was last asked, which the answer may not know of.
        var announced: Duration?
        /// Until when it is left alone, because what is there cannot be used.
        var barred: Duration?

        func isAwake(at now: Duration) -> Bool {
            if let barred, barred > now { return false }
            return mayHaveMore || isWoken || due.map { $0 <= now } ?? false
        }
    }

    /// How many queues that nothing is known of are asked at once, so that an idle worker of many queues asks little.
    private static let rescan = 6

    private var entries: [QueueName: Entry] = [:]
    /// The last queue that was asked although nothing is known of it.
    private var lastRescanned: QueueName?
    /// Whether the last claim left the worker no room.
    private var isFull = false
    private var claims = 0

    package init() {}

    /// The queues that were ever asked.
    package var queues: [QueueName] { entries.keys.sorted() }

    /// The queues that have noted the worker as idle, as far as is known.
    package var noted: [QueueName] { entries.filter { $0.value.isNoted }.keys.sorted() }

    /// Whether a queue may count on the worker, or has woken it.
    package var isCountedOn: Bool { entries.values.contains { $0.isNoted || $0.isWoken } }

    /// Whether any of these queues may count on the worker, has woken it, or has not been told yet that it was left.
    package func isCountedOn(by queues: [QueueName]) -> Bool {
        queues.contains { entries[$0].map { $0.isNoted || $0.isWoken || !$0.isLeft } ?? false }
    }

    /// Whether the worker is told what concerns a queue, or leaves it alone for now.
    package func knows(_ queue: QueueName, at now: Duration) -> Bool {
        guard let entry = entries[queue] else { return false }
        return entry.barred.map { $0 > now } ?? true
    }

    /// Whether a queue is left alone.
    private func isBarred(_ queue: QueueName, at now: Duration) -> Bool {
        entries[queue]?.barred.map { $0 > now } ?? false
    }

    /// What is in a queue cannot be used: it is left alone for a while, so that it does not hold up the others.
    package mutating func bar(_ queue: QueueName, until time: Duration) {
        entries[queue, default: Entry()].barred = time
    }

    /// The worker will be told what concerns a queue from now on.
    package mutating func learn(_ queue: QueueName) {
        entries[queue, default: Entry()].barred = nil
    }

    /// A claim begins: what to ask, all at once.
    ///
    /// Several queues are asked for their fair shares; a queue that is alone for as much as it may give.
    package mutating func begin(_ request: ClaimRequest, at now: Duration) -> [Question] {
        claims += 1
        var questions: [Question] = []
        var left = request.limit
        var awake = request.shares.filter { share in
            (entries[share.queue] ?? Entry()).isAwake(at: now)
        }
        if awake.isEmpty { awake = rescan(request.shares.filter { !isBarred($0.queue, at: now) }) }
        for share in awake where left > 0 {
            let wanted = awake.count == 1 ? share.maximum : min(share.fair, share.maximum)
            // No more than a call gives, or a queue that gave all it may would pass for an empty one.
            let limit = min(wanted, left, StorageLimits.jobs)
            guard limit > 0 else { continue }
            questions.append(question(share.queue, limit))
            left -= limit
        }
        return questions
    }

    /// The first answers are in.
    ///
    /// - Parameters:
    ///   - request: What the worker can take.
    ///   - taken: What each queue has given.
    ///   - asked: What each was asked for.
    ///   - now: When this is, by uptime.
    /// - Returns: What else to ask, all at once.
    package mutating func goOn(
        _ request: ClaimRequest,
        taken: [QueueName: Int],
        asked: [QueueName: Int],
        at now: Duration
    ) -> [Question] {
        var left = request.limit - taken.values.reduce(0, +)
        var questions: [Question] = []
        for share in request.shares where left > 0 {
            guard (entries[share.queue] ?? Entry()).isAwake(at: now) else { continue }
            let limit = min(share.maximum - taken[share.queue, default: 0], left, StorageLimits.jobs)
            // One that gave less than it was asked for has nothing left.
            guard limit > 0, taken[share.queue, default: 0] >= asked[share.queue, default: 0] else { continue }
            questions.append(question(share.queue, limit))
            left -= limit
        }
        return questions
    }

    /// The worker asks although nothing is known to be there: a message may have been lost, or be on its way.
    ///
    /// The queues take turns by their names, for the order of shares is another one each time.
    private mutating func rescan(_ shares: [ClaimRequest.Share]) -> [ClaimRequest.Share] {
        guard shares.count > Self.rescan else { return shares }
        let sorted = shares.sorted { $0.queue < $1.queue }
        let start = lastRescanned.flatMap { last in sorted.firstIndex { $0.queue > last } } ?? 0
        let chosen = (0..<Self.rescan).map { sorted[(start + $0) % sorted.count] }
        lastRescanned = chosen.last?.queue
        return chosen
    }

    private mutating func question(_ queue: QueueName, _ limit: Int) -> Question {
        let entry = entries[queue] ?? Entry()
        defer {
            entries[queue] = entry
            entries[queue]?.isWoken = false
            entries[queue]?.isLeft = false
            entries[queue]?.announced = nil
        }
        return Question(queue: queue, limit: limit, isNoted: entry.isNoted, isWoken: entry.isWoken)
    }

    /// A queue has answered.
    ///
    /// - Parameters:
    ///   - question: What it was asked.
    ///   - count: How many jobs it gave.
    ///   - isNoted: Whether it has noted the worker as idle.
    ///   - hasMore: Whether it has more to do at once.
    ///   - delay: How long until something falls due there.
    ///   - now: When this is, by uptime.
    package mutating func answered(
        _ question: Question,
        count: Int,
        isNoted: Bool,
        hasMore: Bool,
        delay: Duration?,
        at now: Duration
    ) {
        var entry = entries[question.queue] ?? Entry()
        // A wake that came while the question was under way may be for a job that the answer does not know of.
        entry.mayHaveMore = hasMore || count >= question.limit || entry.isWoken
        // A question that was put before an answer to another one has noted the worker does not know of that note.
        entry.isNoted = (isNoted || entry.isNoted && !question.isNoted) && !entry.isWoken
        entry.due = [delay.map { now + $0 }, entry.announced].compactMap { $0 }.min()
        entries[question.queue] = entry
    }

    /// A question got no answer: nothing is known of the queue.
    package mutating func failed(_ question: Question) {
        entries[question.queue]?.mayHaveMore = true
        if question.isWoken { entries[question.queue]?.isWoken = true }
    }

    /// A claim is over.
    ///
    /// - Parameter isFull: Whether it left the worker no room.
    /// - Returns: The queues that have woken the worker meanwhile and that it has no room for: somebody else is to be woken.
    package mutating func end(isFull: Bool) -> [QueueName] {
        claims -= 1
        self.isFull = isFull
        return isFull && claims == 0 ? takeWoken() : []
    }

    /// A queue wakes the worker, which it has noted as idle until now.
    ///
    /// - Returns: Whether the worker is to be woken; if not, it has no room, and somebody else is.
    package mutating func wake(_ queue: QueueName) -> Bool {
        entries[queue, default: Entry()].isNoted = false
        entries[queue]?.mayHaveMore = true
        if isFull && claims == 0 || entries[queue]?.isLeft == true { return false }
        entries[queue]?.isWoken = true
        return true
    }

    /// Something will fall due in a queue.
    ///
    /// - Returns: Whether that is sooner than what is known.
    package mutating func expect(_ queue: QueueName, at time: Duration) -> Bool {
        guard var entry = entries[queue] else { return false }
        if let due = entry.due, due <= time { return false }
        entry.due = time
        if claims > 0 { entry.announced = time }
        entries[queue] = entry
        return true
    }

    /// The worker has given up room: nothing is noted any more.
    ///
    /// - Parameter left: The queues that it wants nothing of; `nil` for all.
    /// - Returns: The queues that may count on it, and must be told.
    package mutating func withdraw(from left: [QueueName]? = nil) -> [QueueName] {
        let left = left ?? queues
        let told = left.filter { queue in entries[queue].map { $0.isNoted || $0.isWoken } ?? false }
        for queue in left where entries[queue] != nil {
            entries[queue]?.isNoted = false
            entries[queue]?.isWoken = false
            entries[queue]?.isLeft = true
            // Nothing tells of its jobs from now on, so it is asked as soon as something of it is wanted again.
            entries[queue]?.mayHaveMore = true
        }
        return told.sorted()
    }

    /// Messages may have been lost: any queue may have jobs.
    package mutating func doubtEverything() {
        for queue in entries.keys { entries[queue]?.mayHaveMore = true }
    }

    /// How long until something falls due in any of the queues.
    package func nextDue(of request: ClaimRequest, at now: Duration) -> Duration? {
        request.shares.compactMap { share in
            entries[share.queue].flatMap { $0.barred ?? $0.due }
        }.min().map { max($0 - now, .zero) }
    }

    private mutating func takeWoken() -> [QueueName] {
        let woken = entries.filter { $0.value.isWoken }.keys.sorted()
        for queue in woken { entries[queue]?.isWoken = false }
        return woken
    }
}
