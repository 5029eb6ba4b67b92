//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The places where a worker runs jobs.
///
/// A slot is a task that runs one job after another; one that waits for its next job is parked here.
struct SlotTable {
    /// What a slot is told to do next.
    enum Order: Sendable {
        /// Run this.
        case run(JobRunner.Assignment)
        /// See whether the broker has something.
        case look
        /// Start again in a new task, because this one is cancelled.
        case renew
        /// End.
        case stop
    }

    /// A slot that waits.
    struct Parked: Sendable {
        let slot: Int
        let continuation: UnsafeContinuation<Order, Never>
    }

    private var parked: [Parked] = []
    /// What cancels the job that a slot runs.
    private var signals: [Signal?] = []

    /// How many slots there are, parked or not.
    var count: Int { signals.count }

    /// Makes room for one more slot.
    mutating func open() -> Int {
        signals.append(nil)
        return signals.count - 1
    }

    /// A slot has a new task; the signal cancels what it runs.
    mutating func renew(_ slot: Int, _ signal: Signal) {
        signals[slot] = signal
    }

    mutating func park(_ slot: Parked) {
        parked.append(slot)
    }

    /// The slot that parked last: its task is the likeliest to be warm.
    mutating func unpark() -> Parked? {
        parked.popLast()
    }

    /// Cancels the job that a slot runs.
    func cancel(_ slot: Int) {
        signals[slot]?.raise()
    }
}
