//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// One server that has everything, at one of several addresses or at the one that Sentinels name.
final class SingleServer: Topology {
    let listening: RedisLink.Setup
    private let link: RedisLink

    /// A server whose addresses are known.
    convenience init(at addresses: [RedisAddress], _ factory: ConnectionFactory) {
        self.init(factory.setup(.primary) { $0(.success(addresses)) })
    }

    /// The master that Sentinels know by a name.
    convenience init(named master: String, sentinels: [RedisAddress], _ factory: ConnectionFactory) {
        let search = SentinelSearch(master: master, sentinels: sentinels, factory)
        self.init(factory.setup(.primary) { search.find($0) })
    }

    private init(_ setup: RedisLink.Setup) {
        listening = setup
        link = RedisLink(setup)
    }

    func start(_ completion: @escaping (Result<Void, BrokerError>) -> Void) {
        link.start(completion)
    }

    func post(_ command: RedisCommand, slot: ClusterSlot) {
        link.post(command)
    }

    func close(_ error: BrokerError) {
        link.close(error)
    }
}
