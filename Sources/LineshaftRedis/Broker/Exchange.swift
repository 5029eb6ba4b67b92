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
}

/// An exchange whose turns, one for each queue, are under way at once.
///
/// It belongs to one event loop.
final class Exchange {
    private(set) var result = ExchangeResult()
    private(set) var failure: BrokerError?
    private var missing: Int

    init(turns: Int) {
        missing = turns
    }

    /// Takes an answer.
    ///
    /// - Returns: Whether it was the last.
    func take(_ answer: Turn, of turn: QueueTurn, deliveries: [Delivery]) -> Bool {
        result.deliveries += deliveries
        if !turn.settlements.isEmpty { result.results[turn.queue] = answer.results }
        if let question = turn.question {
            result.taken[turn.queue, default: 0] += answer.jobs.count
            result.asked[turn.queue, default: 0] += question.limit
            result.hasMore = result.hasMore || answer.hasMore
        }
        missing -= 1
        return missing == 0
    }

    /// Takes a failure.
    ///
    /// - Returns: Whether it was the last answer.
    func fail(_ error: BrokerError) -> Bool {
        failure = failure ?? error
        missing -= 1
        return missing == 0
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
