//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// Opens once; until then any number of tasks wait before it.
final class Gate: Sendable {
    private typealias Waiter = UnsafeContinuation<Void, Never>

    private struct State {
        var isOpen = false
        var waiters: [(id: Int, waiter: Waiter)] = []
        var cancelled: Set<Int> = []
        var nextID = 0
    }

    private let state = Mutex(State())

    /// Whether it has been opened.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Lets everybody through, now and from now on.
    ///
    /// `false` when it was open before.
    @discardableResult
    func open() -> Bool {
        let waiters = state.withLock { state -> [Waiter]? in
            if state.isOpen { return nil }
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters.map(\.waiter)
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume() }
        return true
    }

    /// Suspends until the gate is open or the calling task is cancelled.
    func wait() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withUnsafeContinuation { (waiter: Waiter) in
                let passes = state.withLock { state in
                    if state.isOpen || state.cancelled.remove(id) != nil { return true }
                    state.waiters.append((id, waiter))
                    return false
                }
                if passes { waiter.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                if let index = state.waiters.firstIndex(where: { $0.id == id }) {
                    return state.waiters.remove(at: index).waiter
                }
                // The cancellation came before the wait was registered: leave word for it.
                if !state.isOpen { state.cancelled.insert(id) }
                return nil
            }
            waiter?.resume()
        }
        _ = state.withLock { $0.cancelled.remove(id) }
    }
}
