//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The parts of one queue: the jobs of each tenant, and those of each limited job type, in lines of their own that are
/// served in turn.
///
/// A **section** holds one limited job type; section 0 holds all others. In each section a tenant has a **line**. Lines
/// that hold jobs stand in their section's **ring**, ordered by the turn at which they got there: the first is served one
/// job and goes to the end. A tenant that has reached a limit of its own leaves the rings with all its lines, and comes
/// back when a place or its rate is free; a section that has reached its limits is passed over. So whatever may run is
/// found without looking at what may not.
///
/// Jobs of nobody are not in here but in the queue's plain lines, which stand in section 0's ring as one more line. Jobs
/// of a type that is limited go to their section when their turn comes and the type is at its limit.
///
/// It is a plain value: it knows slots, and neither jobs nor clocks.
package struct QueueParts: Sendable {
    /// The jobs of one tenant in one section, by priority.
    struct WaitingLine: Sendable {
        let section: Int
        /// Its place in the ring, or among the blocked lines.
        var turn: Int64
        var levels: [(level: Int, line: Line)] = []
        var count = 0
    }

    /// One tenant; nobody has the empty name.
    struct Tenant: Sendable {
        let name: TenantName
        var use: PartUse
        /// How many of its jobs are ready.
        var waiting = 0
        /// Its lines that hold entries.
        var lines: [WaitingLine] = []
        /// Whether it has reached a limit, and its lines are in no ring.
        var isBlocked = false
        /// The uptime at which its rate lets its next job begin, if that is all it waits for.
        var rest: Int64?
        /// The uptime at which it is forgotten, if it has no jobs.
        var farewell: Int64?
    }

    /// One limited job type, or all others.
    struct Section: Sendable {
        var job: JobName?
        var use: PartUse
        /// The lines that may be served, by turn.
        var ring = TimeLine()
        /// How many entries its lines hold, those of blocked tenants included.
        var count = 0
    }

    static let nobody = TenantName("")
    /// The number under which the queue's plain lines stand in a ring.
    static let plain = UInt32.max

    var tenants: [Tenant] = []
    var free: [Int] = []
    var numbers: [TenantName: Int] = [:]
    var sections = [Section(use: PartUse(.none))]
    var sectionNumbers: [JobName: Int] = [:]
    /// The lines of tenants that have reached a limit, in the order in which they did.
    var blocked = TimeLine()
    /// When tenants' rates let go on.
    var rests = TimeLine()
    /// When tenants without jobs may be forgotten.
    var farewells = TimeLine()
    var perTenant = PartLimits.none
    var plainTurn: Int64?
    private var lastTurn: Int64 = 0
    /// How many entries all lines hold, outdated ones included.
    var count = 0

    /// Whether jobs are to be given out by turns.
    package var isActive: Bool { count > 0 || sections.count > 1 }

    /// How many tenants are remembered.
    package var tenantCount: Int { numbers.count }

    package init() {}

    // MARK: Lines

    mutating func nextTurn() -> Int64 {
        lastTurn += 1
        return lastTurn
    }

    /// The number of a tenant, which is made if it is new.
    mutating func number(of name: TenantName) -> Int {
        if let known = numbers[name] { return known }
        let tenant = Tenant(name: name, use: PartUse(name == Self.nobody ? .none : perTenant))
        let number: Int
        if let place = free.popLast() {
            number = place
            tenants[number] = tenant
        } else {
            number = tenants.count
            tenants.append(tenant)
        }
        numbers[name] = number
        return number
    }

    /// Puts an entry into a line, which stands in its ring then.
    mutating func place(
        _ entry: Line.Entry,
        tenant number: Int,
        section: Int,
        level: Int,
        inFront: Bool,
        at uptime: Int64
    ) {
        stay(number)
        let isNew = !tenants[number].lines.contains { $0.section == section }
        if isNew {
            let turn = nextTurn()
            tenants[number].lines.append(WaitingLine(section: section, turn: turn))
            tenants[number].lines.sort { $0.section < $1.section }
            let stop = TimeLine.Entry(time: turn, tie: 0, slot: UInt32(number))
            if tenants[number].isBlocked { blocked.insert(stop) } else { sections[section].ring.insert(stop) }
        }
        if let index = tenants[number].lines.firstIndex(where: { $0.section == section }) {
            tenants[number].lines[index].insert(entry, level: level, inFront: inFront)
        }
        sections[section].count += 1
        count += 1
        if isNew { _ = review(number, at: uptime) }
    }

    /// Takes the next entry out of a line, outdated or not; a line that is empty then leaves its ring.
    mutating func takeEntry(tenant number: Int, section: Int) -> Line.Entry? {
        guard let index = tenants[number].lines.firstIndex(where: { $0.section == section }) else { return nil }
        let entry = tenants[number].lines[index].popFirst()
        if entry != nil {
            sections[section].count -= 1
            count -= 1
        }
        if tenants[number].lines[index].count == 0 {
            remove(tenants[number].lines[index], of: number)
            tenants[number].lines.remove(at: index)
        }
        return entry
    }

    /// Takes a line out of its ring, or from among the blocked ones.
    private mutating func remove(_ line: WaitingLine, of number: Int) {
        let stop = TimeLine.Entry(time: line.turn, tie: 0)
        if tenants[number].isBlocked { blocked.remove(stop) } else { sections[line.section].ring.remove(stop) }
    }

    /// Sends a tenant's lines to the end of where they now belong.
    private mutating func moveLines(of number: Int, toBlocked isBlocked: Bool) {
        for index in tenants[number].lines.indices { remove(tenants[number].lines[index], of: number) }
        tenants[number].isBlocked = isBlocked
        for index in tenants[number].lines.indices {
            let turn = nextTurn()
            tenants[number].lines[index].turn = turn
            let stop = TimeLine.Entry(time: turn, tie: 0, slot: UInt32(number))
            let section = tenants[number].lines[index].section
            if isBlocked { blocked.insert(stop) } else { sections[section].ring.insert(stop) }
        }
    }

    /// Sends a line that was served to the end of its ring.
    mutating func requeue(tenant number: Int, section: Int) {
        guard let index = tenants[number].lines.firstIndex(where: { $0.section == section }) else { return }
        remove(tenants[number].lines[index], of: number)
        let turn = nextTurn()
        tenants[number].lines[index].turn = turn
        sections[section].ring.insert(TimeLine.Entry(time: turn, tie: 0, slot: UInt32(number)))
    }

    // MARK: Tenants

    /// Puts a tenant where it belongs by its limits, which may have been reached or be free again.
    ///
    /// - Returns: How many of its jobs may begin that could not before.
    mutating func review(_ number: Int, at uptime: Int64) -> Int {
        let hold = tenants[number].use.hold(at: uptime)
        var freed = 0
        if hold == nil, tenants[number].isBlocked {
            moveLines(of: number, toBlocked: false)
            freed = tenants[number].lines.count
        } else if hold != nil, !tenants[number].isBlocked {
            moveLines(of: number, toBlocked: true)
        }
        var rest: Int64?
        if case .rate(let wait) = hold, !tenants[number].lines.isEmpty {
            let (sum, overflow) = uptime.addingReportingOverflow(wait)
            rest = overflow ? .max : sum
        }
        if rest != tenants[number].rest {
            if let old = tenants[number].rest { rests.remove(TimeLine.Entry(time: old, tie: Int64(number))) }
            if let rest { rests.insert(TimeLine.Entry(time: rest, tie: Int64(number), slot: UInt32(number))) }
            tenants[number].rest = rest
        }
        return freed
    }

    /// Forgets a tenant without jobs, or says when to, which is when its rate has recovered.
    mutating func leave(_ number: Int, at uptime: Int64) {
        guard tenants[number].lines.isEmpty, tenants[number].use.running == 0, tenants[number].farewell == nil else {
            return
        }
        guard let recovery = tenants[number].use.recovery(at: uptime) else { return forget(number) }
        tenants[number].farewell = recovery
        farewells.insert(TimeLine.Entry(time: recovery, tie: Int64(number), slot: UInt32(number)))
    }

    private mutating func stay(_ number: Int) {
        guard let farewell = tenants[number].farewell else { return }
        farewells.remove(TimeLine.Entry(time: farewell, tie: Int64(number)))
        tenants[number].farewell = nil
    }

    private mutating func forget(_ number: Int) {
        numbers[tenants[number].name] = nil
        tenants[number] = Tenant(name: Self.nobody, use: PartUse(.none))
        free.append(number)
        // Whatever a hundred thousand of them took is given back once all are gone.
        if numbers.isEmpty {
            tenants = []
            free = []
        }
    }

    /// Does what time has brought: tenants whose rate lets go on take part again, some others are forgotten.
    ///
    /// - Returns: How many jobs may begin that could not before.
    mutating func advance(to uptime: Int64) -> Int {
        var freed = 0
        while let time = rests.first?.time, time <= uptime {
            var due: [Int] = []
            while let rest = rests.popFirst(through: time) { due.append(Int(rest.slot)) }
            // Of those that come back at one time the order is that of their names, for it must be some.
            for number in due.sorted(by: { tenants[$0].name < tenants[$1].name }) {
                tenants[number].rest = nil
                freed += review(number, at: uptime)
            }
        }
        // More than come in one call, so that they never pile up.
        for _ in 0..<4 {
            guard let farewell = farewells.popFirst(through: uptime) else { break }
            tenants[Int(farewell.slot)].farewell = nil
            leave(Int(farewell.slot), at: uptime)
        }
        return freed
    }
}

extension QueueParts.WaitingLine {
    mutating func insert(_ entry: Line.Entry, level: Int, inFront: Bool) {
        count += 1
        var index = 0
        while index < levels.count, levels[index].level > level { index += 1 }
        if index == levels.count || levels[index].level != level { levels.insert((level, Line()), at: index) }
        if inFront { levels[index].line.prepend(entry) } else { levels[index].line.append(entry) }
    }

    /// Takes the next entry of the highest priority.
    mutating func popFirst() -> Line.Entry? {
        guard !levels.isEmpty, let entry = levels[0].line.popFirst() else { return nil }
        count -= 1
        if levels[0].line.count == 0 { levels.removeFirst() }
        return entry
    }
}
