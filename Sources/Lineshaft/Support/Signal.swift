//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// A flag that one task waits for and anybody raises, from any thread, without suspending.
///
/// Raising it several times before the waiter looks counts as once. It exists because a broker must be able to wake
/// a worker from inside its own isolation, from a C callback or from a lock, where nothing may suspend.
package final class Signal: Sendable {
    private enum State {
        case idle
        case raised
        case waiting(UnsafeContinuation<Void, Never>)
    }

    private let state = Mutex(State.idle)

    package init() {}

    /// Raises the flag and resumes the waiter, if there is one.
    package func raise() {
        let waiter = state.withLock { state -> UnsafeContinuation<Void, Never>? in
            guard case .waiting(let continuation) = state else {
                state = .raised
                return nil
            }
            state = .idle
            return continuation
        }
        waiter?.resume()
    }

    /// Takes the flag down if it is up, and says whether it was.
    package func take() -> Bool {
        state.withLock { state in
            guard case .raised = state else { return false }
            state = .idle
            return true
        }
    }

    /// Suspends until the flag is up, then takes it down.
    ///
    /// Also returns when the calling task is cancelled.
    ///
    /// Only one task at a time may wait.
    package func wait() async {
        if take() { return }
        await withTaskCancellationHandler {
            await park()
        } onCancel: {
            raise()
        }
    }

    /// Suspends until the flag is up, then takes it down, whether or not the calling task is cancelled.
    ///
    /// Only one task at a time may wait.
    package func waitUncancelled() async {
        if take() { return }
        await park()
    }

    private func park() async {
        await withUnsafeContinuation { continuation in
            let goesOn = state.withLock { state -> Bool in
                if case .waiting = state { preconditionFailure("Two tasks wait for one signal.") }
                if case .raised = state {
                    state = .idle
                    return true
                }
                state = .waiting(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }
}
