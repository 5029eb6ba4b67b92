//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension MemoryBroker: ResultStore {
    /// Connects a process's inbox.
    ///
    /// - Parameter inbox: Where to deliver.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func attach(_ inbox: Inbox) throws(BrokerError) {
        _ = try begin()
        inboxes[inbox.client] = inbox
        ledger.subscriptions.attach(inbox.client)
    }

    /// Forgets an inbox and what it watches.
    ///
    /// - Parameter client: The inbox's client.
    public func detach(_ client: ClientID) {
        inboxes[client] = nil
        ledger.subscriptions.detach(client)
    }

    /// Stores outcomes.
    ///
    /// The first one for a job wins.
    ///
    /// - Parameter records: The outcomes.
    /// - Returns: For each, the record that is now stored.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func record(_ records: [OutcomeRecord]) throws(BrokerError) -> [OutcomeRecord] {
        let moment = try begin()
        defer { finish(moment) }
        return records.map { ledger.record($0, at: moment) }
    }

    /// Reads outcomes.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: The outcomes that are there; jobs without one are missing.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func outcomes(of ids: [JobID]) throws(BrokerError) -> [JobID: OutcomeRecord] {
        ledger.outcomes(of: ids, at: try begin())
    }

    /// Reads outcomes and, for jobs without one, delivers outcome and progress to the client's inbox as they come.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - client: An attached inbox's client.
    /// - Returns: The outcomes that are there.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func watch(_ ids: [JobID], for client: ClientID) throws(BrokerError) -> [JobID: OutcomeRecord] {
        ledger.watch(ids, for: client, at: try begin())
    }

    /// Stops delivering what ``watch(_:for:)`` asked for.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - client: The inbox's client.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func unwatch(_ ids: [JobID], for client: ClientID) throws(BrokerError) {
        _ = try begin()
        for id in ids { ledger.subscriptions.unwatch(id, for: client) }
    }

    /// Takes back the outcomes of failed jobs, for they run again.
    ///
    /// - Parameter ids: The jobs; those that ended otherwise, or not at all, are left alone.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func withdraw(_ ids: [JobID]) throws(BrokerError) {
        _ = try begin()
        for id in ids { ledger.withdrawFailure(id) }
    }

    /// Stores the latest progress of a running job and delivers it to those who watch.
    ///
    /// - Parameters:
    ///   - progress: How far the job has come.
    ///   - id: The job.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func report(_ progress: JobProgress, of id: JobID) throws(BrokerError) {
        let moment = try begin()
        ledger.report(progress, of: id, at: moment)
        finish(moment)
    }

    /// The latest progress of a job that has not ended.
    ///
    /// - Parameter id: The job.
    /// - Returns: The progress, or `nil` when there is none.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func progress(of id: JobID) throws(BrokerError) -> JobProgress? {
        ledger.progress(of: id, at: try begin())
    }
}
