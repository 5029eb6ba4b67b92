//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The lines of tenants and of limited job types, as `QueueParts` of the in-memory broker describes them.
    ///
    /// `tenants` holds a record for each tenant: how many of its jobs run and are ready, its rate, and its lines, the first
    /// jobs of each in place and the others in chunks among the `notes`. A tenant with no more than one such line of normal priority, all
    /// of it in place, and without a rate has the short form: a byte that is 128 and more, how many of its jobs run, and its
    /// jobs. The name of a record is that of its line in section 0. How many run is only counted while tenants are limited. Under `q`
    /// it holds what all have in common, and the sections. `ring` holds a member for each line, a byte for the section and the tenant, by section and turn; those of
    /// blocked tenants come last, and below zero are the times at which tenants' rates let go on.
    ///
    /// All of it is defined only when it is needed: `lines()` is what the others call.
    static let lines =
        #"""
        local arrivals, leavings = 0, 0
        -- The tenant in an envelope's head at `p`; its length is the head's last byte.
        local function ownerOf(h, p)
            if band(byte(h, p + 1), 64) == 0 then return nil end
            local last = p + byte(h, p + 3) * 256 + byte(h, p + 4) - 1
            return sub(h, last - byte(h, last), last - 1)
        end
        local P = false
        lines = function()
            if P then return P end
        """# + "\n" + partUse + #"""

                P = openParts()
                P.queues = {}
                local tenants, chunks, ring, isChanged = {}, {}, {}, P.isClamped
                local function holdTenant(t)
                    if t.name ~= '' then return hold(t, P) end
                end
                local function parse(name, text)
                    local t = {name = name, running = 0, waiting = 0, arrival = 0, rest = 0, segments = {}, counts = {}}
                    if text then
                        local marks, at
                        if byte(text) > 127 then text = expand(text) end
                        t.running, t.waiting, t.arrival, t.rest, marks, at = read(TENANT, text)
                        t.isBlocked, t.hasStates = marks % 2 == 1, marks > 1
                        t.isStored = true
                        -- What is further ahead was counted under another rate, or before the clock was set back.
                        if t.arrival > now + P.burst * P.interval then
                            t.arrival = now + P.burst * P.interval
                            t.isChanged = true
                        end
                        while at <= #text do
                            local g, length = {}, nil
                            g.section, g.level, g.first, g.last, g.count, length, at = read(SEGMENT, text, at)
                            g.front = sub(text, at, at + length - 1)
                            at = at + length
                            t.segments[#t.segments + 1] = g
                            t.counts[g.section] = (t.counts[g.section] or 0) + g.count
                        end
                    end
                    tenants[name] = t
                    return t
                end
                local function tenant(name) return tenants[name] or parse(name, call('HGET', KEYS[14], '\0' .. name)) end
                function P.preload(names)
                    local fields, wanted, seen = {}, {}, {}
                    for i = 1, #names do
                        local name = names[i]
                        if not tenants[name] and not seen[name] then
                            seen[name] = true
                            wanted[#wanted + 1] = name
                            fields[#fields + 1] = '\0' .. name
                        end
                    end
                    if #fields == 0 then return end
                    local texts = call('HMGET', KEYS[14], unpack(fields))
                    for i = 1, #wanted do parse(wanted[i], texts[i]) end
                end
                local function nextTurn()
                    isChanged = true
                    P.turn = P.turn + 1
                    return P.turn
                end
                local function join(t, section)
                    local member = string.char(section) .. t.name
                    local score = (t.isBlocked and BLOCKED or section * SPAN) + nextTurn()
                    ring[member] = score
                    local queue = not t.isBlocked and P.queues[section]
                    if queue then queue.again[#queue.again + 1] = {member, score} end
                end
                -- Puts a tenant where it belongs by its limits; answers how many of its lines may be served that could not before.
                local function review(t)
                    local h, freed = holdTenant(t), 0
                    local isBlocked = h ~= nil
                    if isBlocked ~= (t.isBlocked or false) then
                        t.isBlocked = isBlocked
                        t.isChanged = true
                        local last
                        for i = 1, #t.segments do
                            local section = t.segments[i].section
                            if section ~= last then
                                join(t, section)
                                if not isBlocked then freed = freed + 1 end
                            end
                            last = section
                        end
                    end
                    local rest = h and next(t.counts) and h or 0
                    if rest ~= t.rest then
                        ring['\255' .. t.name] = rest > 0 and rest - REST
                        t.rest = rest
                        t.isChanged = true
                        if rest > 0 then lower(rest) end
                    end
                    return freed
                end
                -- What has neither jobs nor a rate to recover from is forgotten.
                local function leave(t)
                    if next(t.counts) or t.running > 0 then return end
                    if P.interval > 0 and t.arrival > now then outlive('k' .. t.name, math.ceil(t.arrival)) else t.isGone = true end
                end
                function P.forget(name)
                    local t = tenant(name)
                    if t.isStored then leave(t) end
                end
            """# + "\n" + lineContents + "\n" + lineTurns + "\n" + lineKeeping
}
