//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension QueueParts {
    /// A line whose turn it is.
    struct Stop: Sendable {
        let section: Int
        /// The tenant; `nil` for the queue's plain lines.
        let tenant: Int?
    }

    // MARK: Waiting

    /// A job of a tenant became ready.
    ///
    /// - Returns: Whether it may begin as far as its tenant is concerned.
    mutating func makeReady(_ entry: Line.Entry, tenant: TenantName, level: Int, inFront: Bool, at uptime: Int64)
        -> Bool
    {
        let number = number(of: tenant)
        tenants[number].waiting += 1
        place(entry, tenant: number, section: 0, level: level, inFront: inFront, at: uptime)
        return !tenants[number].isBlocked
    }

    /// A ready job of a tenant was ended or put off; what is left of it in its line is outdated.
    mutating func stopWaiting(tenant: TenantName) {
        guard let number = numbers[tenant] else { return }
        tenants[number].waiting = max(tenants[number].waiting - 1, 0)
    }

    // MARK: Turns

    /// The line whose turn it is, of those that may be served.
    func next(at uptime: Int64) -> Stop? {
        var first: (section: Int, entry: TimeLine.Entry)?
        for (number, section) in sections.enumerated() {
            guard let entry = section.ring.first, entry.time < first?.entry.time ?? .max else { continue }
            if section.use.hold(at: uptime) == nil { first = (number, entry) }
        }
        return first.map { Stop(section: $0.section, tenant: $0.entry.slot == Self.plain ? nil : Int($0.entry.slot)) }
    }

    /// Has the queue's plain lines stand in the ring, if they hold anything.
    mutating func setPlain(isWaiting: Bool) {
        guard isWaiting != (plainTurn != nil) else { return }
        if let turn = plainTurn {
            sections[0].ring.remove(TimeLine.Entry(time: turn, tie: 0))
            plainTurn = nil
        } else {
            let turn = nextTurn()
            plainTurn = turn
            sections[0].ring.insert(TimeLine.Entry(time: turn, tie: 0, slot: Self.plain))
        }
    }

    /// The section of a limited job type whose job must wait there, behind others or for a place.
    func detour(for job: JobName, at uptime: Int64) -> Int? {
        guard sections.count > 1, let section = sectionNumbers[job] else { return nil }
        return sections[section].count > 0 || sections[section].use.hold(at: uptime) != nil ? section : nil
    }

    /// A job begins.
    ///
    /// - Parameters:
    ///   - job: Its type.
    ///   - stop: The line it was in, which goes to the end of its ring, or leaves it for the tenant has reached a limit.
    ///   - uptime: When.
    mutating func begin(_ job: JobName, from stop: Stop, at uptime: Int64) {
        if let section = sectionNumbers[job] { sections[section].use.begin(at: uptime) }
        guard let number = stop.tenant else { return }
        guard tenants[number].name != Self.nobody else {
            requeue(tenant: number, section: stop.section)
            return leave(number, at: uptime)
        }
        tenants[number].waiting = max(tenants[number].waiting - 1, 0)
        tenants[number].use.begin(at: uptime)
        if tenants[number].use.hold(at: uptime) == nil { requeue(tenant: number, section: stop.section) }
        _ = review(number, at: uptime)
    }

    /// A job no longer runs, however that came about.
    ///
    /// - Returns: How many jobs may begin that could not before.
    mutating func end(_ job: JobName, tenant: TenantName?, isUnstarted: Bool, at uptime: Int64) -> Int {
        var freed = 0
        if let section = sectionNumbers[job] {
            let wasFull = sections[section].use.hold(at: uptime) == .place
            sections[section].use.end(isUnstarted: isUnstarted)
            if wasFull, sections[section].count > 0, sections[section].use.hold(at: uptime) == nil { freed += 1 }
        }
        if let tenant, let number = numbers[tenant] {
            tenants[number].use.end(isUnstarted: isUnstarted)
            freed += review(number, at: uptime)
            leave(number, at: uptime)
        }
        return freed
    }

    /// Takes entries out of a line until one is current.
    mutating func take(from stop: Stop, where isCurrent: (Line.Entry) -> Bool, at uptime: Int64) -> Line.Entry? {
        guard let number = stop.tenant else { return nil }
        while let entry = takeEntry(tenant: number, section: stop.section) {
            if isCurrent(entry) { return entry }
        }
        leave(number, at: uptime)
        return nil
    }

    /// Drops what is outdated once it outnumbers what is not.
    mutating func compact(ready: Int, at uptime: Int64, where isCurrent: (Line.Entry) -> Bool) {
        guard count > 2 * ready + 1_024 else { return }
        for number in tenants.indices where number < tenants.count && !tenants[number].lines.isEmpty {
            for section in tenants[number].lines.map(\.section) {
                var kept: [(Int, Line.Entry)] = []
                while let index = tenants[number].lines.firstIndex(where: { $0.section == section }) {
                    let level = tenants[number].lines[index].levels[0].level
                    guard let entry = takeEntry(tenant: number, section: section) else { break }
                    if isCurrent(entry) { kept.append((level, entry)) }
                }
                for (level, entry) in kept {
                    place(entry, tenant: number, section: section, level: level, inFront: false, at: uptime)
                }
            }
            _ = review(number, at: uptime)
            leave(number, at: uptime)
        }
    }

    /// Drops every entry, when no job is left that one could stand for.
    mutating func removeOutdated(at uptime: Int64) {
        compact(ready: -1_024, at: uptime) { _ in false }
        setPlain(isWaiting: false)
    }
}
