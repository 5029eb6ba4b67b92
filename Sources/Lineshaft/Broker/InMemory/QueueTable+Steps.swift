//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension QueueTable {
    /// The steps that earlier runs of a job have recorded; `nil` when the lease is not the job's newest.
    package func steps(of lease: Lease) -> [StepRecord]? {
        guard let slot = heldSlot(lease) else { return nil }
        return records[slot].flags.contains(.steps) ? steps[slot] ?? [] : []
    }

    /// The steps that runs of a job have recorded, whoever holds its lease.
    package func steps(of id: JobID) -> [StepRecord] { slot(of: id).flatMap { steps[$0] } ?? [] }

    /// Records a step, or another time the same one, if its lease is still held.
    package mutating func record(_ step: StepRecord, under lease: Lease) -> SettlementResult {
        guard let slot = heldSlot(lease) else { return .refused }
        records[slot].flags.insert([.steps, .started])
        var known = steps[slot, default: []]
        // Steps of child tasks may arrive in another order than they were numbered in.
        let place = known.lastIndex { $0.number <= step.number } ?? -1
        if place >= 0, known[place].number == step.number {
            known[place] = step
        } else {
            known.insert(step, at: place + 1)
        }
        steps[slot] = known
        return .applied
    }

    /// How many jobs have steps.
    package var stepJobs: Int { steps.count }

    private func heldSlot(_ lease: Lease) -> UInt32? {
        guard let slot = slot(of: lease.id), records[slot].state == .running,
            records[slot].order == Int64(clamping: lease.token)
        else { return nil }
        return slot
    }
}
