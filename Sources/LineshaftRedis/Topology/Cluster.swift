//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import UVEventLoop

/// The nodes of a Cluster, each with the queues whose slots it has.
final class Cluster: Topology {
    /// How often one command follows the nodes' word that it belongs elsewhere.
    private static let redirections = 8
    /// The least time between two questions for who has which slot.
    private static let refreshInterval = Duration.milliseconds(500)

    let listening: RedisLink.Setup
    private let factory: ConnectionFactory
    private let seeds: [RedisAddress]
    private var map = SlotMap()
    private var links: [RedisAddress: RedisLink] = [:]
    private var isRefreshing = false
    private let refreshTimer: UVTimer
    private var closing: BrokerError?

    init(seeds: [RedisAddress], _ factory: ConnectionFactory) {
        self.seeds = seeds
        self.factory = factory
        refreshTimer = UVTimer(on: factory.loop)
        listening = factory.setup(.clusterPrimary) { $0(.success(seeds)) }
    }

    func start(_ completion: @escaping (Result<Void, BrokerError>) -> Void) {
        askSeed(0, failure: nil, completion)
    }

    func post(_ command: RedisCommand, slot: ClusterSlot) {
        post(command, slot, redirections: 0)
    }

    func close(_ error: BrokerError) {
        closing = error
        refreshTimer.cancel()
        let links = self.links
        self.links = [:]
        for link in links.values { link.close(error) }
    }

    // MARK: Commands

    private func post(_ command: RedisCommand, _ slot: ClusterSlot, redirections: Int) {
        if let closing { return command.completion(.failure(closing)) }
        guard let address = map[slot] ?? map.masters.first ?? seeds.first else { return }
        send(command, slot, to: address, redirections: redirections)
    }

    private func send(_ command: RedisCommand, _ slot: ClusterSlot, to address: RedisAddress, redirections: Int) {
        var routed = command
        routed.completion = { [weak self] answer in
            guard let self, case .failure(let error) = answer, redirections < Self.redirections, closing == nil else {
                return command.completion(answer)
            }
            if let refusal = error.cause as? RedisServerError,
                let redirection = Redirection(refusal, asked: address)
            {
                follow(redirection, command, slot, redirections: redirections + 1)
            } else if error.cause is Retired {
                post(command, slot, redirections: redirections + 1)
            } else {
                command.completion(answer)
            }
        }
        link(to: address).post(routed)
    }

    private func follow(_ redirection: Redirection, _ command: RedisCommand, _ slot: ClusterSlot, redirections: Int) {
        switch redirection {
        case .moved(let slot, let address):
            map.move(slot, to: address)
            refreshSoon()
            send(command, slot, to: address, redirections: redirections)
        case .ask(_, let address):
            // Sent one after the other on one connection, so that the question stands right before the command.
            link(to: address).post(RedisCommand(["ASKING"]) { _ in })
            send(command, slot, to: address, redirections: redirections)
        }
    }

    // MARK: Nodes

    /// Says that a node has no slots any more, and its commands belong elsewhere.
    private struct Retired: Error {}

    private func link(to address: RedisAddress) -> RedisLink {
        if let link = links[address] { return link }
        let link = RedisLink(factory.setup(.clusterPrimary) { $0(.success([address])) })
        links[address] = link
        link.onLoss = { [weak self] in self?.refreshSoon() }
        link.open()
        return link
    }

    private func refreshSoon() {
        guard !isRefreshing, closing == nil else { return }
        isRefreshing = true
        do {
            try refreshTimer.start(after: Self.refreshInterval) { [weak self] in
                self?.askSeed(0, failure: nil) { [weak self] result in
                    self?.isRefreshing = false
                    if case .failure = result { self?.refreshSoon() }
                }
            }
        } catch {
            isRefreshing = false
        }
    }

    /// Asks one node after the other who has which slot.
    private func askSeed(
        _ index: Int,
        failure: BrokerError?,
        _ completion: @escaping (Result<Void, BrokerError>) -> Void
    ) {
        var candidates = map.masters
        for seed in seeds where !candidates.contains(seed) { candidates.append(seed) }
        guard index < candidates.count, closing == nil else {
            let unreachable = BrokerError(code: .unavailable, message: "No node of the Cluster can be reached.")
            return completion(.failure(closing ?? failure ?? unreachable))
        }
        let address = candidates[index]
        let probe = RedisLink(factory.setup(.clusterPrimary) { $0(.success([address])) })
        let end = { [weak self] (result: Result<SlotMap, BrokerError>) in
            probe.close(BrokerError(code: .closed, message: "The question has been answered."))
            guard let self else { return }
            switch result {
            case .success(let map):
                adopt(map)
                completion(.success(()))
            case .failure(let error): askSeed(index + 1, failure: error, completion)
            }
        }
        probe.start { result in
            if case .failure(let error) = result { return end(.failure(error)) }
            probe.post(
                RedisCommand(["CLUSTER", "SLOTS"]) { answer in
                    end(
                        answer.flatMap { reply in
                            do throws(SlotMap.Malformed) {
                                return .success(try SlotMap(clusterSlots: reply, asked: address))
                            } catch {
                                return .failure(BrokerError(code: .unavailable, message: "\(address): \(error)"))
                            }
                        }
                    )
                }
            )
        }
    }

    private func adopt(_ found: SlotMap) {
        map = found
        let masters = Set(found.masters)
        for (address, link) in links where !masters.contains(address) {
            links[address] = nil
            // What waits there is sent to whoever has its slot now.
            link.close(BrokerError(code: .unavailable, message: "\(address) has no slots any more.", cause: Retired()))
        }
    }
}
