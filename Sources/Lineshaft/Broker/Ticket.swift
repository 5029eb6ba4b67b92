//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// What all handles of one job in one process share: its outcome once it has arrived, and whoever waits for it.
package final class Ticket: Sendable {
    private typealias Waiter = UnsafeContinuation<Result<OutcomeRecord, any Error>, Never>

    private struct State {
        var result: Result<OutcomeRecord, any Error>?
        /// Nearly always one task waits for a job, and needs no dictionary.
        var first: (id: UInt64, waiter: Waiter)?
        var others: [UInt64: Waiter] = [:]
        var cancelled: Set<UInt64> = []
        var nextWaiter: UInt64 = 0
        var progress: JobProgress?
        var followers: [UInt64: AsyncStream<JobProgress>.Continuation] = [:]

        mutating func add(_ waiter: Waiter, _ id: UInt64) {
            if first == nil { first = (id, waiter) } else { others[id] = waiter }
        }

        mutating func remove(_ id: UInt64) -> Waiter? {
            guard let first, first.id == id else { return others.removeValue(forKey: id) }
            self.first = nil
            return first.waiter
        }
    }

    private let state = Mutex(State())

    package init() {}

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
                    state.add(continuation, waiter)
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> Waiter? in
                if let waiting = state.remove(waiter) { return waiting }
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
        let parted = state.withLock { state -> State? in
            guard state.result == nil else { return nil }
            let parted = state
            state = State(result: result)
            return parted
        }
        guard let parted else { return }
        // In the order in which they came, so that a simulation replays.
        parted.first?.waiter.resume(returning: result)
        for (_, waiter) in parted.others.sorted(by: { $0.key < $1.key }) { waiter.resume(returning: result) }
        for (_, follower) in parted.followers.sorted(by: { $0.key < $1.key }) { follower.finish() }
    }
}
