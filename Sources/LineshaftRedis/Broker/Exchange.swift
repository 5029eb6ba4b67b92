//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// What the turns of one exchange have brought.
struct ExchangeResult: Sendable {
    var deliveries: [Delivery] = []
    var results: [QueueName: [SettlementResult]] = [:]
    /// How many jobs each queue has given, and how many it was asked for.
    var taken: [QueueName: Int] = [:]
    var asked: [QueueName: Int] = [:]
    /// Whether there is more to do at once.
    var hasMore = false
    /// The queues whose limits keep jobs back.
    var heldBack: [QueueName] = []
    /// The queues that have endings for workflows.
    var ending: [QueueName] = []
    /// How long until there is more to do, for all that is known.
    var nextDue: Duration?

    /// Takes in what more turns have brought.
    mutating func add(_ other: ExchangeResult) {
        deliveries += other.deliveries
        results.merge(other.results) { first, _ in first }
        hasMore = hasMore || other.hasMore
        heldBack += other.heldBack
        ending += other.ending
    }
}

/// An exchange whose turns, one for each queue, are under way at once.
// Sendable although it is not checked: it is made and touched on the loop's thread alone.
final class Exchange: @unchecked Sendable {
    private(set) var result = ExchangeResult()
    private(set) var failure: BrokerError?
    /// What is called at the end.
    let completion: (Result<ExchangeResult, BrokerError>) -> Void
    private var missing: Int

    init(turns: Int, completion: @escaping (Result<ExchangeResult, BrokerError>) -> Void) {
        missing = turns
        self.completion = completion
    }

    /// Whether all answers are in.
    var isOver: Bool { missing == 0 }

    /// Takes an answer.
    func take(_ answer: Turn, of turn: QueueTurn, deliveries: [Delivery]) {
        missing -= 1
        result.deliveries += deliveries
        if !turn.settlements.isEmpty { result.results[turn.queue] = answer.results }
        guard let question = turn.question else { return }
        result.taken[turn.queue, default: 0] += answer.jobs.count
        result.asked[turn.queue, default: 0] += question.limit
        // Jobs that cannot be read have taken the place of others that may be there.
        result.hasMore = result.hasMore || answer.hasMore || deliveries.count < answer.jobs.count
        if answer.hasEndings { result.ending.append(turn.queue) }
        if answer.isHeldBack { result.heldBack.append(turn.queue) }
    }

    /// Goes on without a queue that cannot be used: what was to be told there is refused, and the leases run out.
    func leaveOut(_ turn: QueueTurn) {
        missing -= 1
        if !turn.settlements.isEmpty {
            result.results[turn.queue] = [SettlementResult](repeating: .refused, count: turn.settlements.count)
        }
    }

    /// Takes a failure.
    func fail(_ error: BrokerError) {
        missing -= 1
        failure = failure ?? error
    }
}

/// What there is to tell and to ask one queue.
struct QueueTurn {
    let queue: QueueName
    let settlements: [Settlement]
    /// How many jobs to ask for, if any.
    let question: QueueInterest.Question?
    /// On whose behalf, if anybody's.
    let request: ClaimRequest?
    /// Whether that worker can be woken.
    var isAttached = false

    /// The question as it is put to the server.
    var claim: TurnCall.Request? {
        guard let question, let request else { return nil }
        return TurnCall.Request(
            worker: request.worker,
            limit: question.limit,
            lease: request.lease,
            poisonLimit: request.poisonLimit,
            registersIdle: isAttached,
            isRegistered: question.isNoted,
            wasWoken: question.isWoken
        )
    }
}
