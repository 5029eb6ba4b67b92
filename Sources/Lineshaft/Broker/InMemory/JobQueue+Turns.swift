//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobQueue {
    /// Whether the plain lines hold anything; what is outdated in front of those of other priorities is dropped.
    private mutating func hasPlain(_ records: Slab<JobRecord>) -> Bool {
        let normal = Int(JobPriority.normal.level)
        return levels[normal].count > 0 || levels.indices.contains { $0 != normal && hasCurrent(at: $0, records) }
    }

    /// Takes the next job, of the line whose turn it is.
    ///
    /// Jobs of limited types go to lines of their own when it is their turn and they may not begin.
    mutating func popInTurn(_ records: Slab<JobRecord>, at uptime: Int64) -> UInt32? {
        if hasPlain(records) { parts.setPlain(isWaiting: true) }
        while let stop = parts.next(at: uptime) {
            while let entry = takeEntry(from: stop, records, at: uptime) {
                let envelope = records[entry.slot].envelope
                if stop.section == 0, let section = parts.detour(for: envelope.name, at: uptime) {
                    let number = stop.tenant ?? parts.number(of: QueueParts.nobody)
                    let level = Int(envelope.priority.level)
                    parts.place(entry, tenant: number, section: section, level: level, inFront: false, at: uptime)
                    continue
                }
                parts.begin(envelope.name, from: stop, at: uptime)
                if stop.tenant == nil {
                    parts.setPlain(isWaiting: false)
                    parts.setPlain(isWaiting: hasPlain(records))
                }
                return entry.slot
            }
            if stop.tenant == nil { parts.setPlain(isWaiting: false) }
        }
        return nil
    }

    private mutating func takeEntry(
        from stop: QueueParts.Stop,
        _ records: Slab<JobRecord>,
        at uptime: Int64
    ) -> Line.Entry? {
        if stop.tenant != nil {
            return parts.take(from: stop, where: { records[$0.slot].order == $0.order }, at: uptime)
        }
        return popReady(records).map { Line.Entry(order: records[$0].order, slot: $0) }
    }
}
