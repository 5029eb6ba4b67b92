//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import UVEventLoop

/// Promises that are passed on when replicas know of them: see ``Confirmation``.
extension RedisLink {
    /// Sends a command whose answer is passed on when enough replicas have what it did.
    func postPromise(_ command: RedisCommand, at now: Duration) {
        var command = command
        let deadline = command.deadline ?? now + setup.commandTimeout
        guard now < deadline else { return command.completion(.failure(Confirmation.lost(lastFailure?.message))) }
        let confirmation = confirmation ?? Confirmation()
        self.confirmation = confirmation
        command.deadline = deadline
        command.confirmation = confirmation
        queue.append(command.bytes, isIdempotent: true, deadline: deadline, waiter: command)
        if !deadlineTimer.isActive { watchDeadlines(at: now) }
        flushSoon()
    }

    /// Asks, once for all promises that have been posted since the last time, how many replicas have them.
    ///
    /// It is done before anything else is sent, and in any case when the loop turns.
    ///
    /// A server answers that for what the connection has written. A promise that is repeated, or was made to somebody else before,
    /// writes nothing; so something is published, which every server passes on to its replicas, and keeps nowhere.
    func askForConfirmation() {
        guard let replicas = setup.replicas, let confirmation else { return }
        self.confirmation = nil
        let deadline = setup.clock.uptime + setup.commandTimeout
        func append(_ command: RedisCommand) {
            // Never on another connection: what another server has answered is not known to this one's replicas.
            queue.append(command.bytes, isIdempotent: false, deadline: deadline, waiter: command)
        }
        append(
            RedisCommand(["PUBLISH", .string(setup.replicasChannel), ""]) { answer in
                if case .failure(let error) = answer, error.cause is RedisServerError { confirmation.refuse(error) }
            }
        )
        let milliseconds = String(replicas.timeout.saturatedNanoseconds / 1_000_000)
        append(
            RedisCommand(["WAIT", .string(String(replicas.count)), .string(milliseconds)]) { [weak self] answer in
                for command in confirmation.end(answer, replicas) { self?.post(command) }
            }
        )
    }

    /// Passes an answer on, or keeps it until replicas have what it tells of.
    func deliver(_ answer: RedisCommand.Answer, of command: RedisCommand) {
        guard let confirmation = command.confirmation, case .success = answer else { return command.completion(answer) }
        // Its connection broke, and with it the question whether the replicas have it.
        if !confirmation.hold(answer, of: command) { post(command) }
    }
}
