//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

/// The runs of a worker, by slot, and the moments at which something must happen to one of them.
///
/// A plain value without clock or task.
package struct RunTable {
    /// One run.
    package struct Run: Sendable {
        package let delivery: Delivery
        /// What runs it; `nil` when the worker does not know the job's name or version.
        package let entry: JobRunner.Entry?
        package let claimed: Duration
        package let started: Duration
        /// How long its lease certainly runs, by the worker's uptime.
        package var heldUntil: Duration
        /// Which run of the worker this is, to tell it from others in the same slot.
        package let serial: UInt64
        package var cancellation: CancellationReason?
        /// Whether its handler ignored the cancellation so long that the lease was given up.
        package var isStuck = false
    }

    /// What a moment is for.
    package enum Alarm: Sendable, Hashable {
        case timeout(Duration)
        case deadline
        case stuck
    }

    private struct Moment: Comparable {
        let time: Duration
        let slot: Int
        let serial: UInt64
        let alarm: Alarm

        static func < (lhs: Moment, rhs: Moment) -> Bool { (lhs.time, lhs.serial) < (rhs.time, rhs.serial) }
        static func == (lhs: Moment, rhs: Moment) -> Bool { (lhs.time, lhs.serial) == (rhs.time, rhs.serial) }
    }

    private var runs: [Run?] = []
    private var moments = Heap<Moment>()
    private var lastSerial: UInt64 = 0
    package private(set) var count = 0
    package private(set) var stuckCount = 0

    package init() {}

    package subscript(slot: Int) -> Run? { slot < runs.count ? runs[slot] : nil }

    /// The runs that have not ended, with their slots.
    package var all: [(slot: Int, run: Run)] {
        runs.enumerated().compactMap { slot, run in run.map { (slot, $0) } }
    }

    /// A run begins.
    package mutating func begin(
        slot: Int,
        delivery: Delivery,
        entry: JobRunner.Entry?,
        claimed: Duration,
        heldUntil: Duration = .zero,
        at uptime: Duration
    ) {
        while runs.count <= slot { runs.append(nil) }
        lastSerial += 1
        runs[slot] = Run(
            delivery: delivery,
            entry: entry,
            claimed: claimed,
            started: uptime,
            heldUntil: heldUntil,
            serial: lastSerial
        )
        count += 1
    }

    /// The lease of a run has been extended.
    package mutating func extend(_ lease: Lease, until time: Duration) {
        for slot in runs.indices where runs[slot]?.delivery.lease == lease { runs[slot]?.heldUntil = time }
    }

    /// Something is to happen to the run of a slot unless it has ended by then.
    package mutating func schedule(_ alarm: Alarm, slot: Int, at time: Duration) {
        guard let run = self[slot] else { return }
        moments.insert(Moment(time: time, slot: slot, serial: run.serial, alarm: alarm))
        compact()
    }

    /// The run of a slot has ended.
    package mutating func end(slot: Int) -> Run? {
        guard let run = self[slot] else { return nil }
        runs[slot] = nil
        count -= 1
        if run.isStuck { stuckCount -= 1 }
        return run
    }

    /// Marks a run as cancelled; the first reason stays.
    ///
    /// `false` when it was cancelled before, or has ended.
    package mutating func cancel(slot: Int, _ reason: CancellationReason) -> Bool {
        guard let run = self[slot], run.cancellation == nil else { return false }
        runs[slot]?.cancellation = reason
        return true
    }

    /// Marks a run as stuck.
    ///
    /// `nil` when it was marked before, or has ended.
    package mutating func markStuck(slot: Int) -> Run? {
        guard let run = self[slot], !run.isStuck else { return nil }
        runs[slot]?.isStuck = true
        stuckCount += 1
        return run
    }

    /// When something is to happen next.
    package var nextMoment: Duration? { moments.min?.time }

    /// Takes out what is to happen by now, leaving out runs that have ended.
    package mutating func due(at uptime: Duration) -> [(slot: Int, alarm: Alarm)] {
        var due: [(slot: Int, alarm: Alarm)] = []
        while let moment = moments.min, moment.time <= uptime {
            moments.removeMin()
            if self[moment.slot]?.serial == moment.serial { due.append((moment.slot, moment.alarm)) }
        }
        return due
    }

    /// Most timeouts never strike: throws out those of ended runs once they are the larger part.
    private mutating func compact() {
        guard moments.count > 64, moments.count > 4 * count else { return }
        moments = Heap(moments.unordered.filter { self[$0.slot]?.serial == $0.serial })
    }
}
