//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// The promises that one `WAIT` stands behind: their answers are held until enough replicas have what was done.
///
/// It belongs to one event loop.
final class Confirmation {
    private struct Held {
        let command: RedisCommand
        let answer: RedisCommand.Answer
    }

    private var held: [Held] = []
    private var isOver = false
    private var refusal: BrokerError?

    /// Keeps the server's answer to a promise.
    ///
    /// - Returns: Whether it is kept; otherwise the connection broke before, and the command has to be repeated.
    func hold(_ answer: RedisCommand.Answer, of command: RedisCommand) -> Bool {
        if isOver { return false }
        held.append(Held(command: command, answer: answer))
        return true
    }

    /// The server does not let its replicas be asked.
    func refuse(_ error: BrokerError) {
        refusal = refusal ?? error
    }

    /// Passes the answers on, or says why they cannot be relied on.
    ///
    /// - Parameters:
    ///   - answer: What `WAIT` came to.
    ///   - replicas: How many have to have it.
    /// - Returns: The commands to repeat, because the connection broke before the question was answered.
    func end(_ answer: RedisCommand.Answer, _ replicas: RedisConfiguration.Replicas) -> [RedisCommand] {
        isOver = true
        let held = self.held
        self.held = []
        let failure: BrokerError
        switch answer {
        case _ where refusal != nil: failure = refusal ?? Self.lost(nil)
        case .success(.integer(let count)) where count >= replicas.count:
            for promise in held { promise.command.completion(promise.answer) }
            return []
        case .success(.integer(let count)): failure = Self.tooFew(Int(count), replicas)
        case .success: failure = Self.lost("It answered something else than a number.")
        case .failure(let error) where error.cause is RedisServerError: failure = error
        case .failure: return held.map(\.command)
        }
        for promise in held { promise.command.completion(.failure(failure)) }
        return []
    }

    private static func tooFew(_ count: Int, _ replicas: RedisConfiguration.Replicas) -> BrokerError {
        BrokerError(
            code: .unavailable,
            message:
                "Redis has done what it was asked, but \(count) of \(replicas.count) replicas had it within "
                + "\(replicas.timeout), so a failover might undo it. Repeating the call is safe. See to the replicas, or ask for "
                + "fewer with `replicas` in the URL."
        )
    }

    /// The connection broke too often.
    static func lost(_ reason: String?) -> BrokerError {
        let reason = reason.map { " \($0)" } ?? ""
        return BrokerError(
            code: .unavailable,
            message: "Redis has not said how many replicas have what it was asked to do.\(reason)"
        )
    }
}
