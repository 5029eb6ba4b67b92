//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule
internal import Synchronization

/// The submitters that wait for room in a full queue, first come, first served.
///
/// It is a lock and not part of the broker's actor because a cancelled waiter must be let go from anywhere, at once.
package final class RoomWaiters: Sendable {
    private typealias Waiter = UnsafeContinuation<Result<Void, BrokerError>, Never>

    /// Those who wait for the same queue to become shorter than the same length.
    private struct Group {
        let maximumLength: Int
        var waiters: Deque<UInt64> = []
    }

    /// How far a waiter has come.
    ///
    /// It enters in one step with finding no room. Its continuation exists only later, for the closure of a cancellation
    /// handler runs outside the actor's isolation; room that comes in between is kept for it.
    private enum Place {
        case entered
        case waiting(Waiter)
        case granted
        case cancelled

        var isInLine: Bool {
            switch self {
            case .entered, .waiting: true
            case .granted, .cancelled: false
            }
        }
    }

    private struct State {
        var groups: [QueueName: [Group]] = [:]
        var places: [UInt64: Place] = [:]
        var closing: BrokerError?
        var lastID: UInt64 = 0

        mutating func enter(_ queue: QueueName, maximumLength: Int) -> UInt64 {
            lastID += 1
            let id = lastID
            places[id] = .entered
            var groups = groups[queue] ?? []
            let found = groups.firstIndex { $0.maximumLength == maximumLength }
            if found == nil { groups.append(Group(maximumLength: maximumLength)) }
            let position = found ?? groups.count - 1
            groups[position].waiters.append(id)
            // Those who were cancelled leave their numbers behind.
            if groups[position].waiters.count > 2 * places.count + 16 {
                groups[position].waiters.removeAll { places[$0]?.isInLine != true }
            }
            self.groups[queue] = groups
            return id
        }

        mutating func take(_ queue: QueueName, length: Int) -> [Waiter] {
            guard var groups = groups[queue] else { return [] }
            var length = length
            var taken: [Waiter] = []
            for position in groups.indices {
                while length < groups[position].maximumLength, let id = groups[position].waiters.popFirst() {
                    switch places[id] {
                    case .entered: places[id] = .granted
                    case .waiting(let waiter):
                        places[id] = nil
                        taken.append(waiter)
                    case .granted, .cancelled, nil: continue
                    }
                    length += 1
                }
            }
            groups.removeAll { $0.waiters.isEmpty }
            self.groups[queue] = groups.isEmpty ? nil : groups
            return taken
        }

        /// Lets a waiter wait that has entered, unless there is an answer for it already.
        mutating func wait(_ id: UInt64, _ waiter: Waiter, for queue: QueueName) -> Result<Void, BrokerError>? {
            let place = places.removeValue(forKey: id)
            if let closing { return .failure(closing) }
            switch place {
            case .granted: return .success(())
            case .cancelled: return .failure(RoomWaiters.cancellation(queue))
            case .entered, .waiting, nil:
                places[id] = .waiting(waiter)
                return nil
            }
        }

        mutating func cancel(_ id: UInt64) -> Waiter? {
            switch places[id] {
            case .waiting(let waiter):
                places[id] = nil
                return waiter
            case .entered: places[id] = .cancelled
            case .granted, .cancelled, nil: break
            }
            return nil
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// The queues for which somebody waits.
    package var queues: [QueueName] { state.withLock { Array($0.groups.keys) } }

    /// How many wait.
    package var count: Int {
        state.withLock { state in
            state.places.values.count {
                if case .waiting = $0 { true } else { false }
            }
        }
    }

    /// Suspends until ``wake(_:length:)`` finds room.
    ///
    /// The caller has seen that there is none, and has not suspended since.
    package func wait(for queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        let id = state.withLock { $0.enter(queue, maximumLength: maximumLength) }
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (waiter: Waiter) in
                let answer = state.withLock { $0.wait(id, waiter, for: queue) }
                if let answer { waiter.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.cancel(id) }
            waiter?.resume(returning: .failure(Self.cancellation(queue)))
        }
        try result.get()
    }

    /// Lets as many go on as there is room for.
    package func wake(_ queue: QueueName, length: Int) {
        let waiters = state.withLock { $0.take(queue, length: length) }
        for waiter in waiters { waiter.resume(returning: .success(())) }
    }

    /// Fails whoever waits, now and from now on.
    package func close(_ error: BrokerError) {
        let waiters = state.withLock { state in
            state.closing = error
            defer {
                state.places = [:]
                state.groups = [:]
            }
            // In the order in which they came, so that a simulation replays.
            return state.places.sorted { $0.key < $1.key }.compactMap { _, place -> Waiter? in
                guard case .waiting(let waiter) = place else { return nil }
                return waiter
            }
        }
        for waiter in waiters { waiter.resume(returning: .failure(error)) }
    }

    package static func cancellation(_ queue: QueueName) -> BrokerError {
        BrokerError(
            code: .cancelled,
            message: "The task was cancelled while it waited for room in queue “\(queue)”; nothing was submitted."
        )
    }
}
