//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// What time and people change of the lines, what is told of them, and how they are kept; a part of `lines`.
    static let lineKeeping = #"""
            -- Tenants whose rates let go on take part again, some in a call.
            function P.wake()
                flushRing()
                local rows = call('ZRANGEBYSCORE', KEYS[15], '-inf', string.format('%.0f', now - REST), 'LIMIT', 0, 64)
                if #rows == 0 then
                    -- No rate lets anyone wait for longer than one job takes, unless the clock was set back.
                    local latest = string.format('%.0f', math.ceil(now + P.interval + 1) - REST)
                    rows = call('ZRANGEBYSCORE', KEYS[15], latest, '(0', 'LIMIT', 0, 64)
                end
                for i = 1, #rows do
                    local t = tenant(sub(rows[i], 2))
                    ring[rows[i]] = false
                    t.rest = 0
                    t.isChanged = true
                    arrivals = arrivals + review(t)
                end
                return #rows == 64
            end
            -- When a rate lets jobs begin that wait for nothing else.
            function P.nextTime()
                flushRing()
                local time = NEVER
                local rest = call('ZRANGE', KEYS[15], 0, 0, 'WITHSCORES')[2]
                if rest and tonumber(rest) < 0 then
                    time = tonumber(rest) + REST
                    if time > now + P.interval + 1 then time = now end
                end
                for number, s in pairs(P.sections) do
                    local h = s.count > 0 and holdSection(s)
                    if h and h > 0 then
                        local from = string.format('%.0f', number * SPAN)
                        local to = string.format('(%.0f', (number + 1) * SPAN)
                        if call('ZRANGEBYSCORE', KEYS[15], from, to, 'LIMIT', 0, 1)[1] then time = math.min(time, h) end
                    end
                end
                return time
            end
            -- What keeps a ready job back: nothing, or a letter for the part and the microseconds, -1 for a place.
            function P.hold(h)
                local owner, s = ownerOf(h, 1), sectionOf(P, h)
                local own = owner and holdTenant(tenant(owner))
                if own then return 't' .. pack('>i8', own > 0 and own - now or -1) end
                own = s and holdSection(s)
                if own then return 'j' .. pack('>i8', own > 0 and own - now or -1) end
                return ''
            end
            -- Sets the limits of the parts: those of each tenant, then those of job types, by name.
            function P.configure(text)
                local wanted, slots, interval, burst, at = {}, read('>I4dI4', text)
                if slots ~= P.slots or interval ~= P.interval or burst ~= P.burst then
                    local wasCounted = isCounted(P)
                    P.slots, P.interval, P.burst = slots, interval, burst
                    if wasCounted ~= isCounted(P) then P.recount(not wasCounted) end
                    -- Tenants that were blocked are looked at again when it is their turn.
                    flushRing()
                    repeat
                        local rows = call('ZRANGEBYSCORE', KEYS[15], BLOCKED, '+inf', 'LIMIT', 0, 500)
                        for i = 1, #rows do ring[rows[i]] = byte(rows[i]) * SPAN + nextTurn() end
                        flushRing()
                    until #rows < 500
                    call('ZREMRANGEBYSCORE', KEYS[15], '-inf', '(0')
                end
                for number, s in pairs(P.sections) do s.isLimited = 0 end
                P.byJob = {}
                while at <= #text do
                    local limit, length = {}, nil
                    limit.slots, limit.interval, limit.burst, length, at = read('>I4dI4B', text, at)
                    limit.job = sub(text, at, at + length - 1)
                    at = at + length
                    wanted[#wanted + 1] = limit
                    -- One whose limits were taken away may not be empty yet.
                    for number, s in pairs(P.sections) do
                        if s.job == limit.job then s.isLimited = 1 limit.section = s end
                    end
                end
                P.dropSections()
                for i = 1, #wanted do
                    local limit = wanted[i]
                    local s = limit.section
                    if not s then
                        s = {number = 1, count = 0, arrival = 0, job = limit.job}
                        while P.sections[s.number] do s.number = s.number + 1 end
                        P.sections[s.number] = s
                    end
                    s.isLimited, s.running, s.slots, s.interval, s.burst = 1, 0, limit.slots, limit.interval, limit.burst
                    s.arrival = math.min(s.arrival, now + s.burst * s.interval)
                    P.byJob[s.job] = s
                end
                if #wanted > 0 then
                    for id in pairs(index()) do
                        local s = sectionOf(P, held(id))
                        if s then s.running = s.running + 1 end
                    end
                end
                isChanged = true
            end
            -- What runs is counted from now on, or no longer.
            function P.recount(counts)
                for id in pairs(index()) do
                    local h = held(id)
                    local owner = h and byte(h) < 128 and ownerOf(h, 1)
                    if owner then
                        local t = tenant(owner)
                        t.running = counts and t.running + 1 or 0
                        t.isChanged = true
                        t.isGone = nil
                        leave(t)
                    end
                end
            end
            -- How many jobs of a tenant run, for those who ask.
            function P.runningOf(t)
                if isCounted(P) then return t.running end
                if not P.running then
                    P.running = {}
                    for id in pairs(index()) do
                        local h = held(id)
                        local owner = h and byte(h) < 128 and ownerOf(h, 1)
                        if owner then P.running[owner] = (P.running[owner] or 0) + 1 end
                    end
                end
                return P.running[t.name] or 0
            end
            function P.dropSections()
                for number, s in pairs(P.sections) do
                    if s.isLimited == 0 and s.count == 0 then P.sections[number] = nil isChanged = true end
                end
            end
            function P.isActive() return P.count > 0 or next(P.sections) ~= nil end
            -- The lines by turn, from a score on: calls `body` with the score, the tenant and the section until it is false.
            function P.visit(from, body)
                flushRing()
                local start = string.format('%.0f', math.max(from, 0))
                while true do
                    local rows = call('ZRANGEBYSCORE', KEYS[15], start, '+inf', 'WITHSCORES', 'LIMIT', 0, 100)
                    local names = {}
                    for i = 1, #rows, 2 do names[#names + 1] = sub(rows[i], 2) end
                    P.preload(names)
                    for i = 1, #rows, 2 do
                        local t = tenant(sub(rows[i], 2))
                        if rows[i] ~= '\0' and not body(tonumber(rows[i + 1]), t, byte(rows[i])) then return end
                    end
                    if #rows < 200 then return end
                    start = string.format('(%.0f', tonumber(rows[#rows]))
                end
            end
            -- The jobs of a line in order, ghosts included, until `body` is false. `body` gets each job's identifier and its
            -- place: the level, the number of the chunk and the identifier; `after` is such a place, or nothing.
            function P.jobs(t, section, after, body)
                local level, from, last
                if after ~= '' then
                    level, from = read('>BI4', after)
                    last = sub(after, 6)
                end
                for i = 1, #t.segments do
                    local g = t.segments[i]
                    if g.section == section and (not level or g.level <= level) then
                        local isSame = g.level == level
                        for number = math.max(isSame and from or 0, g.first - 1), g.last - 1 do
                            local text = number < g.first and g.front or chunk(chunkName(t, g, number)).text
                            local at = isSame and find(text, last, 1, true)
                            for k = at and at + 16 or 1, #text, 16 do
                                local id = sub(text, k, k + 15)
                                if not body(id, pack('>BI4', g.level, number) .. id) then return end
                            end
                        end
                    end
                end
            end
            function P.isHeldBack(t) return holdTenant(t) ~= nil end
            local function written(t)
                local marks, g = (t.isBlocked and 1 or 0) + (t.hasStates and t.segments[1] and 2 or 0), t.segments[1]
                local isShort = P.interval == 0 and #t.segments < 2
                if g and isShort then
                    isShort = g.section == 0 and g.level == 5 and 16 * g.count == #g.front and t.waiting == g.count
                end
                if isShort then return pack('>BI4', 128 + marks, t.running) .. (g and g.front or '') end
                local parts = {pack(TENANT, t.running, t.waiting, t.arrival, t.rest, marks)}
                for i = 1, #t.segments do
                    g = t.segments[i]
                    parts[#parts + 1] = pack(SEGMENT, g.section, g.level, g.first, g.last, g.count, #g.front)
                    parts[#parts + 1] = g.front
                end
                return table.concat(parts)
            end
            function P.save()
                P.dropSections()
                local isActive = P.isActive()
                if not isActive then ring['\0'] = false end
                local kept, gone, notes, dropped = {}, {}, {}, {}
                for name, t in pairs(tenants) do
                    if t.isGone and not next(t.counts) and t.running == 0 then
                        if t.isStored then gone[#gone + 1] = '\0' .. name end
                        t.isStored = nil
                    elseif t.isChanged then
                        kept[#kept + 1] = '\0' .. name
                        kept[#kept + 1] = written(t)
                        t.isStored = true
                    end
                    t.isChanged = nil
                end
                for name, c in pairs(chunks) do
                    if c.isGone then
                        dropped[#dropped + 1] = name
                    elseif c.isChanged then
                        notes[#notes + 1] = name
                        notes[#notes + 1] = c.text
                        c.isChanged = nil
                    end
                end
                if isChanged then
                    kept[#kept + 1] = 'q'
                    kept[#kept + 1] = packParts(P)
                    isChanged = false
                end
                -- Lua hands on no more than some thousand values at once.
                local function inParts(command, key, values)
                    for i = 1, #values, 4000 do call(command, key, unpack(values, i, math.min(i + 3999, #values))) end
                end
                inParts('HSET', KEYS[11], notes)
                inParts('HSET', KEYS[14], kept)
                inParts('HDEL', KEYS[11], dropped)
                inParts('HDEL', KEYS[14], gone)
                flushRing()
                if not isActive and P.slots == 0 and P.interval == 0 and call('HLEN', KEYS[14]) == 1 then
                    call('DEL', KEYS[14])
                end
                local wanted = (P.count > 0 and 8 or 0) + (next(P.sections) and 16 or 0)
                if wanted ~= band(flags, 24) then
                    flags = flags - band(flags, 24) + wanted
                    dirty = true
                end
            end
            return P
        end
        """#
}
