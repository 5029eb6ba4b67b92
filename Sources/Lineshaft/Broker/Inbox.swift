//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// What a store delivers to a process.
public enum ResultEvent: Sendable {
    /// A job ended.
    case finished(OutcomeRecord)
    /// A job came further.
    case progressed(JobID, JobProgress)
}

/// Where the outcomes that one process waits for arrive, however many jobs that are.
///
/// Its methods neither block nor suspend and may be called from any thread, a C callback included.
public final class Inbox: Sendable {
    private struct Entry {
        let ticket: Ticket
        /// How many handles there are, in groups of copies.
        var holders: Int
        /// Whether the store was asked to deliver here what becomes of the job.
        var isWatched = false
        /// Whether it is a workflow and no job.
        var isWorkflow = false
    }

    private struct State {
        var entries: [JobID: Entry] = [:]
        /// Watched jobs whose last handle was let go.
        var abandoned: Set<JobID> = []
        var closing: BrokerError?
    }

    /// The process's identity, for ``Envelope/replyTo``.
    public let client: ClientID
    private let state = Mutex(State())
    /// For an inbox that only stands in for another one: that one, and what is done with events instead.
    private let relay: (target: Inbox, deliver: @Sendable ([ResultEvent]) -> Void)?

    /// Creates an inbox.
    public init(client: ClientID) {
        self.client = client
        self.relay = nil
    }

    /// Creates an inbox that stands in for another, so that a test can lose or delay what is delivered.
    package init(relayingTo target: Inbox, deliver: @escaping @Sendable ([ResultEvent]) -> Void) {
        self.client = target.client
        self.relay = (target, deliver)
    }

    /// Hands over what happened.
    ///
    /// Events for jobs that nobody here waits for are dropped.
    public func deliver(_ events: [ResultEvent]) {
        if let relay { return relay.deliver(events) }
        let tickets = state.withLock { state in
            events.map { event in
                switch event {
                // Nothing comes after the outcome, so the ticket need not be found again.
                case .finished(let record): state.entries.removeValue(forKey: record.id)?.ticket
                case .progressed(let id, _): state.entries[id]?.ticket
                }
            }
        }
        for (event, ticket) in zip(events, tickets) {
            switch event {
            case .finished(let record): ticket?.finish(record)
            case .progressed(_, let progress): ticket?.progress(progress)
            }
        }
    }

    /// The jobs whose outcomes have not arrived yet.
    ///
    /// A store reads them again after it was cut off.
    public var awaited: [JobID] {
        if let relay { return relay.target.awaited }
        return state.withLock { Array($0.entries.keys) }
    }

    /// Those of ``awaited`` that are workflows, which no queue knows of.
    public var awaitedWorkflows: [JobID] {
        if let relay { return relay.target.awaitedWorkflows }
        return state.withLock { state in state.entries.compactMap { $0.value.isWorkflow ? $0.key : nil } }
    }

    /// The ticket of `id`, made if there is none.
    ///
    /// The inbox forgets it when the outcome has arrived, or when nobody holds a claim to it any more.
    package func claim(_ id: JobID, isWorkflow: Bool = false) -> TicketClaim {
        let (ticket, closing) = state.withLock { state -> (Ticket, BrokerError?) in
            if state.entries[id] != nil {
                state.entries[id]?.holders += 1
            } else {
                state.entries[id] = Entry(ticket: Ticket(), holders: 1, isWorkflow: isWorkflow)
            }
            return (state.entries[id]?.ticket ?? Ticket(), state.closing)
        }
        if let closing { ticket.fail(closing) }
        return TicketClaim(id: id, ticket: ticket, inbox: self)
    }

    /// Fails everybody who waits, now and from now on.
    ///
    /// A store calls it when it is shut down, and so is a system that is.
    public func close(_ error: BrokerError) {
        let tickets = state.withLock { state in
            state.closing = error
            return state.entries.sorted { $0.key < $1.key }.map(\.value.ticket)
        }
        for ticket in tickets { ticket.fail(error) }
    }

    /// The store is about to be asked to deliver here what becomes of a job.
    package func noteWatched(_ id: JobID) {
        state.withLock { $0.entries[id]?.isWatched = true }
    }

    /// Takes the watched jobs whose last handle was let go, and for which there is no new one.
    package func takeAbandoned() -> [JobID] {
        state.withLock { state in
            if state.abandoned.isEmpty { return [] }
            defer { state.abandoned = [] }
            return state.abandoned.filter { state.entries[$0] == nil }.sorted()
        }
    }

    /// Those of the jobs for which there are handles again that rely on the store.
    package func watched(among ids: [JobID]) -> [JobID] {
        state.withLock { state in ids.filter { state.entries[$0]?.isWatched ?? false } }
    }

    /// A claim has gone away; `ticket` tells it from a later one to the same job.
    fileprivate func release(_ id: JobID, _ ticket: Ticket) {
        state.withLock { state in
            guard let entry = state.entries[id], entry.ticket === ticket else { return }
            if entry.holders > 1 {
                state.entries[id]?.holders -= 1
                return
            }
            state.entries[id] = nil
            if entry.isWatched { state.abandoned.insert(id) }
        }
    }
}

/// What the copies of one handle share: as long as it lives, the outcome of the job finds its way here.
package final class TicketClaim: Sendable {
    package let id: JobID
    package let ticket: Ticket
    private let inbox: Inbox

    fileprivate init(id: JobID, ticket: Ticket, inbox: Inbox) {
        self.id = id
        self.ticket = ticket
        self.inbox = inbox
    }

    deinit {
        // A finished ticket has left the inbox already.
        if !ticket.isFinished { inbox.release(id, ticket) }
    }
}
