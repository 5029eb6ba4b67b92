//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// What other threads have for the loop, and the one wake-up that tells it.
///
/// The loop says before it sleeps that it wants to be woken. Whoever comes first after that wakes it, under the lock: the
/// loop cannot take what was put in before the wake-up has been sent, so it cannot end while somebody still uses its handle.
final class Inbox: Sendable {
    typealias Errand = @Sendable () -> Void

    private struct State {
        var jobs: [UnownedJob] = []
        var errands: [Errand] = []
        var wantsWaking = false
        var isStopped = false
        var isGone = false
        /// The handle that wakes the loop.
        let wake: WakeHandle

        mutating func wakeLoop() {
            guard wantsWaking else { return }
            wantsWaking = false
            wake.send()
        }
    }

    /// What the loop has to do before it may sleep.
    enum Rest {
        case work, sleep, stop
    }

    private let state: Mutex<State>

    /// - Parameter wake: The handle that wakes the loop, which must be initialised before anything is put in.
    init(wake: WakeHandle) {
        state = Mutex(State(wake: wake))
    }

    /// Puts in a job.
    func put(_ job: UnownedJob) {
        let isAccepted = state.withLock { state in
            if state.isGone { return false }
            state.jobs.append(job)
            state.wakeLoop()
            return true
        }
        precondition(isAccepted, "An actor outlived its event loop; keep the loop in a property of the actor.")
    }

    /// Puts in an errand, which is dropped when the loop has ended.
    func put(_ errand: @escaping Errand) {
        state.withLock { state in
            if state.isGone { return }
            state.errands.append(errand)
            state.wakeLoop()
        }
    }

    /// Asks the loop to end.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.wakeLoop()
        }
    }

    /// Exchanges what is in for empty arrays, whose memory is used again.
    func take(_ jobs: inout [UnownedJob], _ errands: inout [Errand]) {
        state.withLock { state in
            state.wantsWaking = false
            if !state.jobs.isEmpty { swap(&state.jobs, &jobs) }
            if !state.errands.isEmpty { swap(&state.errands, &errands) }
        }
    }

    /// Whether the loop may sleep; it is woken if so.
    func rest() -> Rest {
        state.withLock { state in
            if !state.jobs.isEmpty || !state.errands.isEmpty { return .work }
            if state.isStopped { return .stop }
            state.wantsWaking = true
            return .sleep
        }
    }

    /// Notes that the loop ends, and hands out what came in before.
    func leave() -> [Errand] {
        state.withLock { state in
            state.isGone = true
            let errands = state.errands
            state.errands = []
            return errands
        }
    }
}
