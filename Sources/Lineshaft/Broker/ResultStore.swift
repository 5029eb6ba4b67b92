//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Keeps write-once outcomes and the latest progress of jobs, and pushes both to whoever waits.
///
/// A store never blocks a thread of Swift's pool; its methods may be called from any task, at the same time.
public protocol ResultStore: Sendable {
    /// Connects a process's inbox. From then on outcomes whose ``OutcomeRecord/replyTo`` is this inbox's client are
    /// delivered to it, as well as what ``watch(_:for:)`` asks for. After a lost connection the store reads
    /// ``Inbox/awaited`` again by itself.
    ///
    /// - Parameter inbox: Where to deliver.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func attach(_ inbox: Inbox) async throws(BrokerError)

    /// Forgets an inbox and what it watches. Called when its ``JobSystem`` shuts down.
    ///
    /// - Parameter client: The inbox's client.
    func detach(_ client: ClientID) async

    /// Stores outcomes. The first one for a job wins; a later one changes nothing.
    ///
    /// Called by workers whose broker has no store of its own.
    ///
    /// - Parameter records: The outcomes.
    /// - Returns: For each, the record that is now stored, in the same order: the given one or an earlier one.
    /// - Throws: ``BrokerError`` when an unknown part was stored. Repeating the call is safe.
    func record(_ records: [OutcomeRecord]) async throws(BrokerError) -> [OutcomeRecord]

    /// Reads outcomes.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: The outcomes that are there; jobs without one are missing.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func outcomes(of ids: [JobID]) async throws(BrokerError) -> [JobID: OutcomeRecord]

    /// Reads outcomes and, for jobs without one, delivers outcome and progress to the client's inbox as they come.
    ///
    /// Reading and subscribing are one step: an outcome is either returned or delivered. A subscription ends with the
    /// job, or when the client is detached; making it twice is the same as once.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - client: An attached inbox's client.
    /// - Returns: The outcomes that are there.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func watch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) -> [JobID: OutcomeRecord]

    /// Stops delivering what ``watch(_:for:)`` asked for. Called some time after the last handle of a watched job was let
    /// go, together with others.
    ///
    /// It saves memory and traffic and is no promise: what is delivered all the same is dropped.
    ///
    /// - Parameters:
    ///   - ids: The jobs; those that are not watched are left alone.
    ///   - client: An attached inbox's client.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func unwatch(_ ids: [JobID], for client: ClientID) async throws(BrokerError)

    /// Takes back the outcomes of failed jobs, because they are about to run again. The next outcome is then the first.
    ///
    /// Called for dead letters that are retried, where the store is not the broker's own.
    ///
    /// - Parameter ids: The jobs; those that ended otherwise than by failing, or not at all, are left alone.
    /// - Throws: ``BrokerError`` when an unknown part was withdrawn. Repeating the call is safe.
    func withdraw(_ ids: [JobID]) async throws(BrokerError)

    /// Stores the latest progress of a running job and delivers it to those who watch.
    ///
    /// Progress is advice: it may be coalesced, and one that arrives after the outcome is dropped.
    ///
    /// - Parameters:
    ///   - progress: How far the job has come.
    ///   - id: The job.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func report(_ progress: JobProgress, of id: JobID) async throws(BrokerError)

    /// The latest progress of a job that has not ended.
    ///
    /// - Parameter id: The job.
    /// - Returns: The progress, or `nil` when there is none.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func progress(of id: JobID) async throws(BrokerError) -> JobProgress?

    /// Reads the outcome of a workflow.
    ///
    /// Workflows are in no queue, so a store need not look for them in queues.
    ///
    /// - Parameter id: The workflow.
    /// - Returns: The outcome, or `nil` when none is there.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func outcome(ofWorkflow id: JobID) async throws(BrokerError) -> OutcomeRecord?

    /// The same as ``watch(_:for:)`` for a workflow, however long that takes.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - client: An attached inbox's client.
    /// - Returns: The outcome if it is there.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func watch(workflow id: JobID, for client: ClientID) async throws(BrokerError) -> OutcomeRecord?

    /// The same as ``report(_:of:)`` for a workflow.
    ///
    /// - Parameters:
    ///   - progress: How far the workflow has come.
    ///   - id: The workflow.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func report(_ progress: JobProgress, ofWorkflow id: JobID) async throws(BrokerError)

    /// Closes connections. Called once, when the ``JobSystem`` shuts down.
    func shutdown() async
}

extension ResultStore {
    /// Does nothing: the subscription goes on until the job ends or the client is detached.
    public func unwatch(_ ids: [JobID], for client: ClientID) async throws(BrokerError) {}

    /// Reads it like that of a job.
    public func outcome(ofWorkflow id: JobID) async throws(BrokerError) -> OutcomeRecord? {
        try await outcomes(of: [id])[id]
    }

    /// Watches it like a job.
    public func watch(workflow id: JobID, for client: ClientID) async throws(BrokerError) -> OutcomeRecord? {
        try await watch([id], for: client)[id]
    }

    /// Reports it like that of a job.
    public func report(_ progress: JobProgress, ofWorkflow id: JobID) async throws(BrokerError) {
        try await report(progress, of: id)
    }
}
