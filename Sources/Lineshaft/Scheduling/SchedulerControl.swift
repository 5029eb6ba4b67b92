//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// What is said to a scheduler from outside its isolation, where nothing may suspend.
final class SchedulerControl: Sendable {
    /// What the store may hold that is new.
    struct Changes {
        /// Whether it may be anything.
        var isEverything = true
        /// The schedules that are known to be others now.
        var ids: Set<ScheduleID> = []
    }

    /// How a look at a schedule ended.
    struct Report {
        let id: ScheduleID
        let result: Result<ScheduleDesk.Look, any Error>
    }

    private struct State {
        var isStopped = false
        var changes = Changes()
        var reports: [Report] = []
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
    func noteChange(of id: ScheduleID?) {
        state.withLock { state in
            if let id { state.changes.ids.insert(id) } else { state.changes.isEverything = true }
        }
        wake.raise()
    }

    /// What was said of the store since this was last asked.
    func takeChanges() -> Changes {
        state.withLock { state in
            defer { state.changes = Changes(isEverything: false) }
            return state.changes
        }
    }

    /// Says how a look ended.
    func report(_ result: Result<ScheduleDesk.Look, any Error>, of id: ScheduleID) {
        state.withLock { $0.reports.append(Report(id: id, result: result)) }
        wake.raise()
    }

    /// The looks that have ended since this was last asked.
    func takeReports() -> [Report] {
        state.withLock { state in
            defer { state.reports = [] }
            return state.reports
        }
    }
}
