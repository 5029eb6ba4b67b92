//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension QueueTable {
    /// How many lines a part of a queue may have in a cursor, and jobs a line.
    private static let span: Int64 = 1 << 40

    /// Appends the ready jobs of tenants' lines to a page, line by line.
    ///
    /// For these the place's time is ten, for the plain levels, and the part; its tie is the line's turn and how many of the
    /// line's jobs were seen.
    func appendLines(
        of parts: QueueParts,
        after place: TimeLine.Entry?,
        count: Int,
        to page: inout [TimeLine.Entry]
    ) {
        let levels = Int64(JobPriority.levels)
        var start: (part: Int, turn: Int64)?
        var passed: Int64 = 0
        if let place, place.time >= levels {
            // The line itself is looked at again, for it may hold more.
            start = (Int(clamping: place.time - levels), place.tie / Self.span - 1)
            passed = place.tie % Self.span
        }
        var found = page
        parts.visit(after: start) { part, turn, _, line in
            var number: Int64 = 0
            let isStart = start.map { part == $0.part && turn == $0.turn + 1 } ?? false
            for level in line.levels {
                for position in 0..<level.line.count {
                    let entry = level.line[position]
                    guard records[entry.slot].order == entry.order else { continue }
                    number += 1
                    if isStart, number <= passed { continue }
                    let tie = min(turn, .max / Self.span - 1) * Self.span + number
                    found.append(TimeLine.Entry(time: levels + Int64(part), tie: tie, slot: entry.slot))
                    if found.count == count { return false }
                }
            }
            return true
        }
        page = found
    }

    /// A page of the tenants of a queue that have jobs ready.
    ///
    /// - Returns: The page, or `nil` when the cursor is none of this table's.
    package mutating func tenants(
        in queue: QueueName,
        after cursor: String?,
        limit: Int,
        at moment: Moment
    ) -> TenantPage? {
        var start: (part: Int, turn: Int64)?
        if let cursor {
            let numbers = cursor.split(separator: ".").map { Int64($0) }
            guard numbers.count == 2, let part = numbers[0], let turn = numbers[1], part >= 0 else { return nil }
            start = (Int(clamping: min(part, 1 << 20)), turn)
        }
        guard limit > 0, let number = existingNumber(of: queue) else { return TenantPage(tenants: [], cursor: nil) }
        lapse(number, at: moment)
        advance(number, to: moment)
        var page: [TenantCounts] = []
        var last: String?
        var hasMore = false
        queues[number].parts.visit(after: start) { part, turn, tenant, line in
            // A tenant is listed once, with the first of its lines.
            guard tenant.name != QueueParts.nobody, tenant.waiting > 0, tenant.lines.first?.section == line.section
            else {
                return true
            }
            if page.count == limit {
                hasMore = true
                return false
            }
            page.append(
                TenantCounts(
                    tenant: tenant.name,
                    ready: tenant.waiting,
                    running: tenant.use.running,
                    isHeldBack: tenant.isBlocked
                )
            )
            last = "\(part).\(turn)"
            return true
        }
        return TenantPage(tenants: page, cursor: hasMore ? last : nil)
    }
}
