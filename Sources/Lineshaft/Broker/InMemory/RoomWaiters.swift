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

    private struct State {
        var groups: [QueueName: [Group]] = [:]
        var waiting: [UInt64: Waiter] = [:]
        var cancelled: Set<UInt64> = []
        var closing: BrokerError?
        var lastID: UInt64 = 0

        mutating func add(_ id: UInt64, to queue: QueueName, maximumLength: Int) {
            var groups = groups[queue] ?? []
            let found = groups.firstIndex { $0.maximumLength == maximumLength }
            if found == nil { groups.append(Group(maximumLength: maximumLength)) }
            let position = found ?? groups.count - 1
            groups[position].waiters.append(id)
            // Those who were cancelled leave their numbers behind.
            if groups[position].waiters.count > 2 * waiting.count + 16 {
                groups[position].waiters.removeAll { $0 != id && waiting[$0] == nil }
            }
            self.groups[queue] = groups
        }

        mutating func take(_ queue: QueueName, length: Int) -> [Waiter] {
            guard var groups = groups[queue] else { return [] }
            var taken: [Waiter] = []
            for position in groups.indices {
                while length + taken.count < groups[position].maximumLength,
                    let id = groups[position].waiters.popFirst()
                {
                    if let waiter = waiting.removeValue(forKey: id) { taken.append(waiter) }
                }
            }
            groups.removeAll { $0.waiters.isEmpty }
            self.groups[queue] = groups.isEmpty ? nil : groups
            return taken
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// The queues for which somebody waits.
    package var queues: [QueueName] { state.withLock { Array($0.groups.keys) } }

    /// How many wait.
    package var count: Int { state.withLock { $0.waiting.count } }

    /// Suspends until ``wake(_:length:)`` finds room.
    ///
    /// The caller has seen that there is none, and has not suspended since.
    package func wait(for queue: QueueName, maximumLength: Int) async throws(BrokerError) {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (waiter: Waiter) in
                let answer = state.withLock { state -> Result<Void, BrokerError>? in
                    if let closing = state.closing { return .failure(closing) }
                    // The cancellation may have come before the wait was registered.
                    if state.cancelled.remove(id) != nil { return .failure(Self.cancellation(queue)) }
                    state.waiting[id] = waiter
                    state.add(id, to: queue, maximumLength: maximumLength)
                    return nil
                }
                if let answer { waiter.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                if let waiter = state.waiting.removeValue(forKey: id) { return waiter }
                state.cancelled.insert(id)
                return nil
            }
            waiter?.resume(returning: .failure(Self.cancellation(queue)))
        }
        // The cancellation may also have come after the wait was over.
        _ = state.withLock { $0.cancelled.remove(id) }
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
                state.waiting = [:]
                state.groups = [:]
            }
            return state.waiting.sorted { $0.key < $1.key }.map(\.value)
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
