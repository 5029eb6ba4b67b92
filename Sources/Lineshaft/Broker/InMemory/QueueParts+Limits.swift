//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension QueueParts {
    /// Sets the limits of the parts.
    ///
    /// - Parameters:
    ///   - limits: The queue's limits.
    ///   - running: The types of the jobs that run now.
    ///   - uptime: When.
    mutating func setLimits(_ limits: QueueLimits, running: [JobName], at uptime: Int64) {
        if perTenant != limits.perTenant ?? .none {
            perTenant = limits.perTenant ?? .none
            for (name, number) in numbers.sorted(by: { $0.key < $1.key }) where name != Self.nobody {
                tenants[number].use.change(to: perTenant, at: uptime)
                _ = review(number, at: uptime)
            }
        }
        for section in sections.indices.dropFirst() {
            guard let job = sections[section].job else { continue }
            sections[section].use.change(to: limits.perJob[job] ?? .none, at: uptime)
            if limits.perJob[job] == nil { sectionNumbers[job] = nil }
        }
        dropEmptySections()
        for (job, own) in limits.perJob.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where sectionNumbers[job] == nil {
            sectionNumbers[job] = makeSection(for: job, own, at: uptime)
        }
        for (job, section) in sectionNumbers { sections[section].use.running = running.count { $0 == job } }
    }

    private mutating func makeSection(for job: JobName, _ limits: PartLimits, at uptime: Int64) -> Int {
        // One whose limits were taken away may not be empty yet.
        if let known = sections.firstIndex(where: { $0.job == job }) {
            sections[known].use.change(to: limits, at: uptime)
            return known
        }
        let section = Section(job: job, use: PartUse(limits))
        if let free = sections.indices.dropFirst().first(where: { sections[$0].job == nil }) {
            sections[free] = section
            return free
        }
        sections.append(section)
        return sections.count - 1
    }

    /// Drops sections that have neither limits nor jobs; when nothing is left to take turns, so do the plain lines.
    mutating func dropEmptySections() {
        for section in sections.indices.dropFirst() where sections[section].count == 0 {
            if let job = sections[section].job, sectionNumbers[job] == nil { sections[section].job = nil }
        }
        while sections.count > 1, sections[sections.count - 1].job == nil { sections.removeLast() }
        if !isActive { setPlain(isWaiting: false) }
    }

    /// How many nanoseconds until a rate lets jobs begin that wait for nothing else; `nil` when none keeps any back.
    func nextWait(at uptime: Int64) -> Int64? {
        var next = rests.first.map { max($0.time - uptime, 0) }
        for section in sections.dropFirst() where section.ring.first != nil {
            if case .rate(let wait) = section.use.hold(at: uptime) { next = min(next ?? .max, wait) }
        }
        return next
    }

    /// What keeps a ready job back; `nil` when it waits for its turn.
    func hold(of job: JobName, tenant: TenantName?, at uptime: Int64) -> LimitHold? {
        func hold(_ part: LimitHold.Part, _ use: PartUse) -> LimitHold? {
            switch use.hold(at: uptime) {
            case .place: LimitHold(part)
            case .rate(let wait): LimitHold(part, rateDelay: .nanoseconds(wait))
            case nil: nil
            }
        }
        if let tenant, let number = numbers[tenant], let hold = hold(.tenant(tenant), tenants[number].use) {
            return hold
        }
        return sectionNumbers[job].flatMap { hold(.job(job), sections[$0].use) }
    }

    // MARK: Looking

    /// The lines in the order in which they would be served: section by section, and those of blocked tenants last.
    ///
    /// - Parameters:
    ///   - place: The part of the order to begin in, and the turn after which.
    ///   - body: Gets the part, the turn and the line; answers whether to go on.
    func visit(after place: (part: Int, turn: Int64)?, _ body: (Int, Int64, Tenant, WaitingLine) -> Bool) {
        var goesOn = true
        for part in (place?.part ?? 0)...max(sections.count, place?.part ?? 0) where goesOn && part <= sections.count {
            let stops = part == sections.count ? blocked : sections[part].ring
            let cursor = place.flatMap { $0.part == part ? TimeLine.Entry(time: $0.turn, tie: 0) : nil }
            stops.visit(after: cursor) { stop in
                guard stop.slot != Self.plain else { return true }
                let tenant = tenants[Int(stop.slot)]
                guard let line = tenant.lines.first(where: { $0.turn == stop.time }) else { return true }
                goesOn = body(part, stop.time, tenant, line)
                return goesOn
            }
        }
    }
}
