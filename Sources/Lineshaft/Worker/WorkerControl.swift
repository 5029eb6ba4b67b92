//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// What is said to a worker from outside its isolation, where nothing may suspend.
///
/// News of work goes straight to the leader: the idle slot that waits to claim for all. That saves a lone job the way
/// through the worker's own loop, which is woken for everything else.
final class WorkerControl: Sendable {
    /// What has been said since it was last asked.
    struct Messages: Sendable {
        var isWorkExpected = false
        var isShutdownRequested = false
        var isCancelled = false
        var cancelled: [JobID] = []
        /// When work may be there, by uptime.
        var expected: Duration?
    }

    private struct State {
        var messages = Messages()
        var leader: SlotTable.Parked?
        /// Whether a slot is about to see by itself whether work has been announced.
        var isSomebodyLooking = false
    }

    /// Wakes the worker's own loop.
    let wake = Signal()
    private let state = Mutex(State())

    /// Leaves a message for the worker's own loop and wakes it.
    func post(_ change: (inout Messages) -> Void) {
        state.withLock { change(&$0.messages) }
        wake.raise()
    }

    /// Says that work may be there.
    func announceWork() {
        let (leader, isSeen) = state.withLock { state -> (SlotTable.Parked?, Bool) in
            state.messages.isWorkExpected = true
            if state.isSomebodyLooking { return (nil, true) }
            defer { state.leader = nil }
            return (state.leader, false)
        }
        if let leader { leader.continuation.resume(returning: .look) } else if !isSeen { wake.raise() }
    }

    /// Says that the calling slot will see by itself, in a moment, whether work has been announced.
    ///
    /// - Returns: `false` when there is another one already.
    func beginLooking() -> Bool {
        state.withLock { state in
            if state.isSomebodyLooking || state.leader != nil { return false }
            state.isSomebodyLooking = true
            return true
        }
    }

    /// The slot sees.
    func endLooking() {
        state.withLock { $0.isSomebodyLooking = false }
    }

    /// What becomes of a slot that offers to lead.
    enum Leadership {
        /// It leads, and will be told to look.
        case leads
        /// Another slot leads.
        case follows
        /// Work was announced while nobody led: look at once.
        case looks
    }

    /// Makes a slot the leader if there is none.
    func lead(_ slot: SlotTable.Parked) -> Leadership {
        state.withLock { state in
            if state.messages.isWorkExpected { return .looks }
            if state.leader != nil { return .follows }
            state.leader = slot
            return .leads
        }
    }

    /// Takes the leader, to give it a job or an order.
    func takeLeader() -> SlotTable.Parked? {
        state.withLock { state in
            defer { state.leader = nil }
            return state.leader
        }
    }

    /// Whether work has been announced since this was last asked.
    func takeWorkExpected() -> Bool {
        state.withLock { state in
            defer { state.messages.isWorkExpected = false }
            return state.messages.isWorkExpected
        }
    }

    /// Whether something has been said that nobody has looked at.
    var hasNews: Bool {
        state.withLock { state in
            let messages = state.messages
            return messages.isWorkExpected || messages.isShutdownRequested || messages.isCancelled
                || messages.expected != nil
                || !messages.cancelled.isEmpty
        }
    }

    func takeMessages() -> Messages {
        state.withLock { state in
            defer {
                state.messages.isWorkExpected = false
                state.messages.expected = nil
                if !state.messages.cancelled.isEmpty { state.messages.cancelled = [] }
            }
            return state.messages
        }
    }
}
