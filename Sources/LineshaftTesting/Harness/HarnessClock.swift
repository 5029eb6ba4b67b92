//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// A virtual clock that knows who sleeps on it: handlers, or the worker's own alarm.
final class HarnessClock: QueueClock {
    private struct State {
        var deadlines: [UInt64: Duration] = [:]
        var lastID: UInt64 = 0
    }

    let base: VirtualClock
    /// Raised when somebody goes to sleep.
    private let activity: Signal
    private let state = Mutex(State())

    init(base: VirtualClock, activity: Signal) {
        self.base = base
        self.activity = activity
    }

    var now: Timestamp { base.now }
    var uptime: Duration { base.uptime }

    /// The earliest deadline that a handler sleeps for, or is about to.
    var nextHandlerDeadline: Duration? {
        let uptime = base.uptime
        return state.withLock { $0.deadlines.values.filter { $0 > uptime }.min() }
    }

    /// How many sleeps of handlers are under way; those whose time has come do not count.
    var handlerSleeps: Int {
        let uptime = base.uptime
        return state.withLock { $0.deadlines.values.count { $0 > uptime } }
    }

    func sleep(until deadline: Duration) async throws {
        if Alarm.isSleeper { return try await base.sleep(until: deadline) }
        // Noted before the sleep begins, so that time is never moved past a sleeper that is on its way.
        let id = state.withLock { state in
            state.lastID += 1
            state.deadlines[state.lastID] = deadline
            return state.lastID
        }
        activity.raise()
        defer { state.withLock { $0.deadlines[id] = nil } }
        try await base.sleep(until: deadline)
    }
}
