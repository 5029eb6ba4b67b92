//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Logging

extension RedisBroker: ResultStore {
    /// Connects a process's inbox, and listens to what is published to it.
    ///
    /// - Parameter inbox: Where to deliver.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func attach(_ inbox: Inbox) async throws(BrokerError) {
        inboxes[inbox.client] = inbox
        try await listen(to: settings.channel(of: inbox.client))
    }

    /// Forgets an inbox and what it watches.
    ///
    /// - Parameter client: The inbox's client.
    public func detach(_ client: ClientID) async {
        guard inboxes.removeValue(forKey: client) != nil else { return }
        listener?.stopListening(to: settings.channel(of: client))
    }

    /// Stores outcomes of jobs that another broker moves.
    ///
    /// - Parameter records: The outcomes.
    /// - Returns: For each, the record that is now stored.
    /// - Throws: ``/Lineshaft/BrokerError`` when an unknown part was stored. Repeating the call is safe.
    public func record(_ records: [OutcomeRecord]) async throws(BrokerError) -> [OutcomeRecord] {
        var calls: [RecordCall] = []
        do throws(StorageError) {
            for part in records.parts {
                calls.append(try RecordCall(Array(part), keys: outcomeKeys, settings: settings))
            }
        } catch {
            throw BrokerError(error)
        }
        return try await call(all: calls).flatMap(\.self)
    }

    /// Reads outcomes.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: The outcomes that are there.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func outcomes(of ids: [JobID]) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        try await look(for: ids, watching: nil)
    }

    /// Reads outcomes and, for jobs without one, delivers outcome and progress to the client's inbox as they come.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - client: An attached inbox's client.
    /// - Returns: The outcomes that are there.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func watch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        try await look(for: ids, watching: client)
    }

    /// Stores the latest progress of a running job and delivers it to those who watch.
    ///
    /// - Parameters:
    ///   - progress: How far the job has come.
    ///   - id: The job.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func report(_ progress: JobProgress, of id: JobID) async throws(BrokerError) {
        // A job that runs here is known to; another one's report goes where it might be.
        let places: [QueueKeys]
        if let queue = heads.queue(of: id) {
            places = [keys(queue)]
        } else {
            places = try await allKeys()
        }
        _ = try await call(all: places.map { ReportCall([(id, progress)], keys: $0, settings: settings) })
    }

    /// The latest progress of a job that has not ended.
    ///
    /// - Parameter id: The job.
    /// - Returns: The progress, or `nil` when there is none.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func progress(of id: JobID) async throws(BrokerError) -> JobProgress? {
        var calls: [ProgressCall] = []
        for keys in try await allKeys() { calls.append(ProgressCall(of: [id], keys: keys, settings: settings)) }
        return try await call(all: calls).lazy.compactMap { $0[id] }.first
    }

    /// Reads the outcome of a workflow.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: The outcome, if it is there.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func outcome(ofWorkflow id: JobID) async throws(BrokerError) -> OutcomeRecord? {
        try await call(OutcomesCall(of: [id], .workflow, keys: outcomeKeys, settings: settings))[id]?.record
    }

    /// Reads the outcome of a workflow and, while there is none, delivers it and progress to the client's inbox.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - client: An attached inbox's client.
    /// - Returns: The outcome, if it is there.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func watch(workflow id: JobID, for client: ClientID) async throws(BrokerError) -> OutcomeRecord? {
        let question = OutcomesCall(of: [id], .workflow, watching: client, keys: outcomeKeys, settings: settings)
        return try await call(question)[id]?.record
    }

    /// Delivers the progress of a workflow to those who watch it.
    ///
    /// - Parameters:
    ///   - progress: How far it has come.
    ///   - id: The workflow.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func report(_ progress: JobProgress, ofWorkflow id: JobID) async throws(BrokerError) {
        _ = try await call(ReportCall([(id, progress)], keys: outcomeKeys, settings: settings))
    }

    /// Takes back the outcomes of failed jobs, because they are about to run again.
    ///
    /// - Parameter ids: The jobs; those that ended otherwise than by failing, or not at all, are left alone.
    /// - Throws: ``/Lineshaft/BrokerError`` when an unknown part was withdrawn. Repeating the call is safe.
    public func withdraw(_ ids: [JobID]) async throws(BrokerError) {
        let calls = ids.parts.map { WithdrawCall(Array($0), keys: outcomeKeys, settings: settings) }
        _ = try await call(all: calls)
    }

    // MARK: Where a job is

    private var outcomeKeys: QueueKeys { QueueKeys(outcomesUnder: settings.prefix) }

    /// The keys of all places where an outcome may be: an identifier does not tell its queue.
    private func allKeys() async throws(BrokerError) -> [QueueKeys] {
        try await queues().map { keys($0) } + [outcomeKeys]
    }

    private func look(
        for ids: [JobID],
        watching client: ClientID?
    ) async throws(BrokerError) -> [JobID: OutcomeRecord] {
        if ids.isEmpty { return [:] }
        var calls: [OutcomesCall] = []
        for keys in try await allKeys() {
            for part in ids.parts {
                calls.append(OutcomesCall(of: Array(part), watching: client, keys: keys, settings: settings))
            }
        }
        var found: [JobID: OutcomeRecord] = [:]
        for answer in try await call(all: calls) { found.merge(answer.mapValues(\.record)) { first, _ in first } }
        return found
    }

    /// Reads what an inbox waits for, because messages may have been missed.
    ///
    /// It needs no task: what comes is delivered on the loop's thread.
    func readAgain(_ inbox: Inbox) {
        let workflows = inbox.awaitedWorkflows
        if !workflows.isEmpty { readAgain(inbox, workflows, outcomeKeys, .workflow) }
        let ids = workflows.isEmpty ? inbox.awaited : Array(Set(inbox.awaited).subtracting(workflows))
        if ids.isEmpty { return }
        for queue in knownQueues.sorted() { readAgain(inbox, ids, keys(queue)) }
        readAgain(inbox, ids, outcomeKeys)
    }

    private func readAgain(
        _ inbox: Inbox,
        _ ids: [JobID],
        _ keys: QueueKeys,
        _ kind: OutcomesCall.Kind = .job
    ) {
        for part in ids.parts {
            // Watched as well, for what was asked of another process's job before is known to the server no more.
            let call = OutcomesCall(of: Array(part), kind, watching: inbox.client, keys: keys, settings: settings)
            post(call) { [logger] result in
                switch result {
                case .success(let found): inbox.deliver(found.values.map { .finished($0.record) })
                case .failure(let error):
                    // The connection for commands has its own troubles; when it is back, so may be this one.
                    logger.warning("Outcomes could not be read again", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

extension Array {
    /// Parts that are short enough for one call.
    var parts: [ArraySlice<Element>] {
        stride(from: 0, to: count, by: StorageLimits.jobs).map { self[$0..<Swift.min($0 + StorageLimits.jobs, count)] }
    }
}
