//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// What is said to a scheduler from outside its isolation, where nothing may suspend.
final class SchedulerControl: Sendable {
    private struct State {
        var isStopped = false
        var hasChange = true
    }

    /// Wakes the scheduler's loop.
    let wake = Signal()
    private let state = Mutex(State())

    /// Whether the scheduler is to stop.
    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Has the scheduler stop.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake.raise()
    }

    /// Says that the store holds something new.
    func noteChange() {
        state.withLock { $0.hasChange = true }
        wake.raise()
    }

    /// Whether that was said since it was last asked.
    func takeChange() -> Bool {
        state.withLock { state in
            defer { state.hasChange = false }
            return state.hasChange
        }
    }
}
