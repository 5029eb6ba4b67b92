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
        weak var ticket: Ticket?
    }

    private struct State {
        var entries: [JobID: Entry] = [:]
        var closing: BrokerError?
    }

    /// The process's identity, for ``Envelope/replyTo``.
    public let client: ClientID
    private let state = Mutex(State())

    /// Creates an inbox.
    public init(client: ClientID) {
        self.client = client
    }

    /// Hands over what happened.
    ///
    /// Events for jobs that nobody here waits for are dropped.
    public func deliver(_ events: [ResultEvent]) {
        for event in events {
            switch event {
            case .finished(let record): existingTicket(for: record.id)?.finish(record)
            case .progressed(let id, let progress): existingTicket(for: id)?.progress(progress)
            }
        }
    }

    /// The jobs whose outcomes have not arrived yet.
    ///
    /// A store reads them again after it was cut off.
    public var awaited: [JobID] {
        let tickets = state.withLock { $0.entries.values.map(\.ticket) }
        return tickets.compactMap { $0 }.filter { !$0.isFinished }.map(\.id)
    }

    /// The ticket of `id`, made if there is none.
    ///
    /// It stays in the inbox for as long as somebody holds it.
    package func ticket(for id: JobID) -> Ticket {
        let fresh = Ticket(id: id, inbox: self)
        let (ticket, closing) = state.withLock { state -> (Ticket, BrokerError?) in
            if let known = state.entries[id]?.ticket { return (known, nil) }
            state.entries[id] = Entry(ticket: fresh)
            return (fresh, state.closing)
        }
        if let closing { ticket.fail(closing) }
        return ticket
    }

    /// Fails everybody who waits, now and from now on.
    package func close(_ error: BrokerError) {
        let tickets = state.withLock { state in
            state.closing = error
            return state.entries.values.map(\.ticket)
        }
        for ticket in tickets { ticket?.fail(error) }
    }

    /// Forgets a ticket that nobody holds any more.
    fileprivate func remove(_ id: JobID) {
        state.withLock { state in
            // Somebody may have made a new ticket for the same job since the old one began to go away.
            if state.entries[id]?.ticket == nil { state.entries[id] = nil }
        }
    }

    private func existingTicket(for id: JobID) -> Ticket? {
        state.withLock { $0.entries[id]?.ticket }
    }
}

/// What handles of one job share: its outcome once it has arrived, and whoever waits for it.
package final class Ticket: Sendable {
    private typealias Waiter = UnsafeContinuation<Result<OutcomeRecord, any Error>, Never>

    private struct State {
        var result: Result<OutcomeRecord, any Error>?
        var waiters: [UInt64: Waiter] = [:]
        var cancelled: Set<UInt64> = []
        var nextWaiter: UInt64 = 0
        var progress: JobProgress?
        var followers: [UInt64: AsyncStream<JobProgress>.Continuation] = [:]
    }

    package let id: JobID
    private let inbox: Inbox
    private let state = Mutex(State())

    fileprivate init(id: JobID, inbox: Inbox) {
        self.id = id
        self.inbox = inbox
    }

    deinit {
        inbox.remove(id)
    }

    /// Whether the outcome has arrived.
    package var isFinished: Bool {
        state.withLock { $0.result != nil }
    }

    /// Suspends until the outcome arrives.
    ///
    /// - Returns: The outcome.
    /// - Throws: `CancellationError` when the calling task is cancelled, which disturbs nobody else; ``BrokerError`` when
    ///   the system is shut down.
    package func outcome() async throws -> OutcomeRecord {
        if let result = state.withLock({ $0.result }) { return try result.get() }
        let waiter = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return try await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: Waiter) in
                let ready = state.withLock { state -> Result<OutcomeRecord, any Error>? in
                    if let result = state.result { return result }
                    if state.cancelled.remove(waiter) != nil { return .failure(CancellationError()) }
                    state.waiters[waiter] = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> Waiter? in
                if let waiting = state.waiters.removeValue(forKey: waiter) { return waiting }
                // The cancellation came before the wait was registered: leave word for it.
                if state.result == nil { state.cancelled.insert(waiter) }
                return nil
            }
            continuation?.resume(returning: .failure(CancellationError()))
        }.get()
    }

    /// The progress from now on, beginning with the latest; it ends with the job.
    ///
    /// Only the newest report is kept for a follower who is slower than the job.
    package func followProgress() -> AsyncStream<JobProgress> {
        let (stream, continuation) = AsyncStream.makeStream(of: JobProgress.self, bufferingPolicy: .bufferingNewest(1))
        let follower = state.withLock { state -> UInt64? in
            if let progress = state.progress { continuation.yield(progress) }
            guard state.result == nil else { return nil }
            state.nextWaiter += 1
            state.followers[state.nextWaiter] = continuation
            return state.nextWaiter
        }
        guard let follower else {
            continuation.finish()
            return stream
        }
        // The stream holds the ticket, so that events find it while somebody follows.
        continuation.onTermination = { _ in
            self.state.withLock { $0.followers[follower] = nil }
        }
        return stream
    }

    package func finish(_ record: OutcomeRecord) {
        complete(.success(record))
    }

    package func fail(_ error: BrokerError) {
        complete(.failure(error))
    }

    package func progress(_ progress: JobProgress) {
        let followers = state.withLock { state in
            state.progress = progress
            return Array(state.followers.values)
        }
        for follower in followers { follower.yield(progress) }
    }

    private func complete(_ result: Result<OutcomeRecord, any Error>) {
        let (waiters, followers) = state.withLock {
            state -> ([UInt64: Waiter], [AsyncStream<JobProgress>.Continuation]) in
            guard state.result == nil else { return ([:], []) }
            state.result = result
            defer {
                state.waiters = [:]
                state.followers = [:]
            }
            return (state.waiters, Array(state.followers.values))
        }
        for waiter in waiters.values { waiter.resume(returning: result) }
        for follower in followers { follower.finish() }
    }
}
