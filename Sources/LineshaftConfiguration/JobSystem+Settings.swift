//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

extension JobSystem {
    /// Opens the broker that is configured, and the result store if that is apart.
    ///
    /// - Parameters:
    ///   - settings: What is configured.
    ///   - adapters: What opens the schemes beside `memory:`.
    /// - Throws: `ConfigurationError` when no broker is named, a URL cannot be read or no adapter knows its scheme;
    ///   `BrokerError` when nothing answers there. Neither repeats a password.
    public convenience init(_ settings: Settings, adapters: [BrokerAdapter] = []) async throws {
        guard let url = settings.url else {
            throw ConfigurationError(
                code: .invalidURL,
                message: "No broker is named. Set the environment variable \(Setting.url.environmentName), or "
                    + "`\(Setting.url.key)` in the configuration file, to its URL, such as `redis://127.0.0.1:6379/0`."
            )
        }
        guard let results = settings.results else {
            try await self.init(url: url.text, adapters: adapters, configuration: settings.system)
            return
        }
        try settings.system.validate()
        let known = [.memory] + adapters
        let environment = BrokerAdapter.Environment(
            clock: settings.system.clock,
            resultRetention: settings.system.resultRetention,
            logger: settings.system.logger
        )
        // Both are looked up before either is opened.
        let brokerAdapter = try BrokerAdapter.find(for: url.text, among: known)
        let storeAdapter = try BrokerAdapter.find(for: results.text, among: known)
        let connection = try await brokerAdapter.open(url.text, environment)
        do {
            let other = try await storeAdapter.open(results.text, environment)
            do {
                let store = try SeparateResultStore(other)
                try await self.init(broker: connection.broker, results: store, configuration: settings.system)
            } catch {
                await other.close()
                throw error
            }
        } catch {
            await connection.close()
            throw error
        }
        // What came with the broker to keep outcomes has nothing to keep.
        await connection.results?.shutdown()
    }
}

extension BrokerConnection {
    fileprivate func close() async {
        await results?.shutdown()
        await broker.shutdown()
    }
}

/// The result store of a connection whose broker moves no jobs: both end together.
private final class SeparateResultStore: ResultStore {
    private let store: any ResultStore
    private let connection: BrokerConnection

    init(_ connection: BrokerConnection) throws(ConfigurationError) {
        guard let store = connection.results ?? connection.broker.results else {
            throw ConfigurationError(
                code: .unsupported,
                message: "The URL in `\(Setting.results.key)` leads to a broker that keeps no outcomes. "
                    + "Name one that does, such as Redis, or leave the setting out."
            )
        }
        self.store = store
        self.connection = connection
    }

    func attach(_ inbox: Inbox) async throws(BrokerError) {
        try await store.attach(inbox)
    }

    func detach(_ client: ClientID) async {
        await store.detach(client)
    }

    func record(_ records: [OutcomeRecord]) async throws(BrokerError) -> [OutcomeRecord] {
        try await store.record(records)
    }

    func outcomes(of ids: [JobID]) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        try await store.outcomes(of: ids)
    }

    func watch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        try await store.watch(ids, for: client)
    }

    func outcome(ofWorkflow id: JobID) async throws(BrokerError) -> OutcomeRecord? {
        try await store.outcome(ofWorkflow: id)
    }

    func watch(workflow id: JobID, for client: ClientID) async throws(BrokerError) -> OutcomeRecord? {
        try await store.watch(workflow: id, for: client)
    }

    func report(_ progress: JobProgress, ofWorkflow id: JobID) async throws(BrokerError) {
        try await store.report(progress, ofWorkflow: id)
    }

    func unwatch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) {
        try await store.unwatch(ids, for: client)
    }

    func withdraw(_ ids: [JobID]) async throws(BrokerError) {
        try await store.withdraw(ids)
    }

    func report(_ progress: JobProgress, of id: JobID) async throws(BrokerError) {
        try await store.report(progress, of: id)
    }

    func progress(of id: JobID) async throws(BrokerError) -> JobProgress? {
        try await store.progress(of: id)
    }

    func shutdown() async {
        await store.shutdown()
        await connection.broker.shutdown()
    }
}
