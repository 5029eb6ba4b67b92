//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Logging
internal import UVEventLoop

/// The nodes of a Cluster, each with the queues whose slots it has.
final class Cluster: Topology {
    /// How often one command follows the nodes' word that it belongs elsewhere.
    private static let redirections = 8
    /// The least time between two questions for who has which slot.
    private static let refreshInterval = Duration.milliseconds(500)
    /// How long a command waits that no node can take just now.
    private static let pause = Duration.milliseconds(50)

    private let factory: ConnectionFactory
    private let seeds: [RedisAddress]
    private var map = SlotMap()
    private var links: [RedisAddress: RedisLink] = [:]
    private var isRefreshing = false
    private let refreshTimer: UVTimer
    /// Whoever is asked for who has which slot.
    private var probe: RedisLink?
    /// Commands that are sent again after a pause.
    private var paused: [(command: RedisCommand, slot: ClusterSlot)] = []
    private let pauseTimer: UVTimer
    /// Where connections for messages begin to look, so that those of many processes spread over the nodes.
    private let firstListened: Int
    private var closing: BrokerError?

    init(seeds: [RedisAddress], _ factory: ConnectionFactory) {
        self.seeds = seeds
        self.factory = factory
        refreshTimer = UVTimer(on: factory.loop)
        pauseTimer = UVTimer(on: factory.loop)
        firstListened = factory.random.withGenerator { Int($0.next() >> 32) }
    }

    /// Any node gets all messages.
    var listening: RedisLink.Setup {
        factory.setup(.clusterNode) { [weak self] completion in
            guard let self else { return }
            // The same order as long as the nodes are the same, whichever of them said so.
            let nodes = map.masters.isEmpty ? seeds : map.masters.sorted { $0.description < $1.description }
            let first = firstListened % nodes.count
            completion(.success(Array(nodes[first...] + nodes[..<first])))
        }
    }

    func start(_ completion: @escaping (Result<Void, BrokerError>) -> Void) {
        askSeed(0, failure: nil, completion)
    }

    func post(_ command: RedisCommand, slot: ClusterSlot) {
        var command = command
        command.deadline = factory.clock.uptime + factory.configuration.commandTimeout
        post(command, slot, redirections: 0)
    }

    func close(_ error: BrokerError) {
        closing = error
        refreshTimer.cancel()
        pauseTimer.cancel()
        probe?.close(error)
        let (links, paused) = (self.links, self.paused)
        self.links = [:]
        self.paused = []
        for link in links.values { link.close(error) }
        for (command, _) in paused { command.completion(.failure(error)) }
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
            guard let self, case .failure(let error) = answer, closing == nil else { return command.completion(answer) }
            if error.cause is Retired { return post(command, slot, redirections: redirections) }
            guard let refusal = error.cause as? RedisServerError else { return command.completion(answer) }
            if let redirection = Redirection(refusal, asked: address) {
                if redirections >= Self.redirections { return pause(command, slot, refusal) }
                follow(redirection, command, slot, redirections: redirections + 1)
            } else if ["TRYAGAIN", "CLUSTERDOWN"].contains(refusal.code) {
                pause(command, slot, refusal)
            } else {
                command.completion(answer)
            }
        }
        link(to: address).post(routed)
    }

    /// Sends a command again a little later, within its time.
    ///
    /// A slot of which some keys are at one node and the rest at another serves no script, and a Cluster that has lost a
    /// node serves nothing until a replica has taken over; both pass.
    private func pause(_ command: RedisCommand, _ slot: ClusterSlot, _ refusal: RedisServerError) {
        factory.logger.debug(
            "The Cluster asks for patience",
            metadata: ["error": "\(refusal)", "slot": "\(slot.number)"]
        )
        guard let deadline = command.deadline, factory.clock.uptime + Self.pause < deadline else {
            return command.completion(.failure(BrokerError(refusal)))
        }
        if refusal.code != "TRYAGAIN" { refreshSoon() }
        paused.append((command, slot))
        guard !pauseTimer.isActive else { return }
        do {
            try pauseTimer.start(after: Self.pause) { [weak self] in self?.goOn() }
        } catch {
            close(BrokerError(code: .closed, message: error.message))
        }
    }

    private func goOn() {
        let paused = self.paused
        self.paused = []
        for (command, slot) in paused { post(command, slot, redirections: 0) }
    }

    private func follow(_ redirection: Redirection, _ command: RedisCommand, _ slot: ClusterSlot, redirections: Int) {
        switch redirection {
        case .moved(let slot, let address):
            factory.logger.debug("A slot has moved", metadata: ["slot": "\(slot.number)", "server": "\(address)"])
            map.move(slot, to: address)
            refreshSoon()
            send(command, slot, to: address, redirections: redirections)
        case .ask(let slot, let address):
            factory.logger.debug("A slot is moving", metadata: ["slot": "\(slot.number)", "server": "\(address)"])
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
        let probe = RedisLink(factory.setup(.clusterNode) { $0(.success([address])) })
        self.probe = probe
        let end = { [weak self] (result: Result<SlotMap, BrokerError>) in
            probe.close(BrokerError(code: .closed, message: "The question has been answered."))
            guard let self else { return }
            self.probe = nil
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
                                return .success(try SlotMap(clusterSlots: reply, asked: address).checked())
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
