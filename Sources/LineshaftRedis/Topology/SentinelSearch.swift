//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Asks Sentinels where a master is.
///
/// Each search asks them in turn until one knows; the one that did is asked first the next time, and those that it knows of are
/// asked as well from then on.
final class SentinelSearch {
    typealias Completion = (Result<[RedisAddress], HandshakeFailure>) -> Void

    private let master: String
    private let factory: ConnectionFactory
    private var sentinels: [RedisAddress]
    private var waiting: [Completion] = []
    private var socket: RedisSocket?

    init(master: String, sentinels: [RedisAddress], _ factory: ConnectionFactory) {
        self.master = master
        self.sentinels = sentinels
        self.factory = factory
    }

    /// Finds the master's address.
    func find(_ completion: @escaping Completion) {
        waiting.append(completion)
        if waiting.count == 1 { ask(0, failures: []) }
    }

    private func ask(_ index: Int, failures: [HandshakeFailure]) {
        guard index < sentinels.count else {
            return finish(.failure(failure(of: failures)))
        }
        let sentinel = sentinels[index]
        var replies = 0
        var found: RedisAddress?
        let next = { [weak self] (failure: HandshakeFailure) in
            guard let self else { return }
            close()
            ask(index + 1, failures: failures + [failure])
        }
        let socket = RedisSocket(
            stream: factory.makeStream(sentinel),
            address: sentinel,
            handshake: factory.makeHandshake(sentinel, .sentinel),
            loop: factory.loop
        ) { [weak self] event in
            guard let self else { return }
            switch event {
            case .ready:
                self.socket?.write(SentinelReply.masterQuery(master).encoded)
                self.socket?.write(SentinelReply.sentinelsQuery(master).encoded)
            case .failed(let failure): next(failure)
            case .reply(let reply):
                replies += 1
                if replies == 1 {
                    found = SentinelReply.masterAddress(reply)
                    if found == nil { next(unknown(to: sentinel)) }
                } else if let found {
                    remember(sentinel, SentinelReply.sentinelAddresses(reply))
                    close()
                    finish(.success([found]))
                }
            }
        }
        self.socket = socket
        socket.open(timeout: factory.configuration.connectTimeout)
    }

    private func remember(_ sentinel: RedisAddress, _ others: [RedisAddress]) {
        var known = [sentinel]
        for address in sentinels + others where !known.contains(address) { known.append(address) }
        sentinels = known
    }

    private func unknown(to sentinel: RedisAddress) -> HandshakeFailure {
        let message = "\(sentinel) watches no master of that name. Check the name in the URL's path."
        return HandshakeFailure(reason: .refused, message: message)
    }

    /// Why none of them knows; final only if it is for each of them.
    private func failure(of failures: [HandshakeFailure]) -> HandshakeFailure {
        let reasons = failures.map(\.message).joined(separator: " ")
        return HandshakeFailure(
            reason: failures.contains(where: \.mayHeal) ? .closed : failures.last?.reason ?? .closed,
            message: "No Sentinel knows where the master “\(master)” is. \(reasons)"
        )
    }

    private func close() {
        socket?.close()
        socket = nil
    }

    private func finish(_ result: Result<[RedisAddress], HandshakeFailure>) {
        let completions = waiting
        waiting = []
        for completion in completions { completion(result) }
    }
}
