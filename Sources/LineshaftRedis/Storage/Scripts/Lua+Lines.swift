//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The lines of tenants and of limited job types, as `QueueParts` of the in-memory broker describes them.
    ///
    /// `tenants` holds a record for each tenant: how many of its jobs run and are ready, its rate, and its lines, the first
    /// jobs of each in place and the others in chunks among the `notes`. Under `q` it holds what all have in common, and the
    /// sections. `ring` holds a member for each line, a byte for the section and the tenant, by section and turn; those of
    /// blocked tenants come last, and below zero are the times at which tenants' rates let go on.
    ///
    /// All of it is defined only when it is needed: `lines()` is what the others call.
    static let lines = #"""
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
            local SPAN, BLOCKED, REST = 1099511627776, 280375465082880, 9007199254740992
            P = {turn = 0, count = 0, slots = 0, interval = 0, burst = 0, sections = {}, byJob = {}, queues = {}}
            local tenants, chunks, ring, isChanged = {}, {}, {}, false
            local common = call('HGET', KEYS[14], 'q')
            if common then
                local at
                P.turn, P.count, P.slots, P.interval, P.burst, at = read('>ddI4dI4', common)
                while at <= #common do
                    local s, length = {}, nil
                    s.number, s.isLimited, s.count, s.running, s.slots, s.interval, s.burst, s.arrival, length, at =
                        read('>BBI4I4I4dI4dB', common, at)
                    s.job = sub(common, at, at + length - 1)
                    at = at + length
                    P.sections[s.number] = s
                    if s.isLimited == 1 then P.byJob[s.job] = s end
                end
            end
            -- What keeps the next job back: nothing, 0 for a place, or when the rate lets it begin.
            local function hold(use, slots, interval, burst)
                if slots > 0 and use.running >= slots then return 0 end
                if interval > 0 then
                    local base = math.max(use.arrival, now)
                    if math.floor((now + burst * interval - base) / interval + 1e-9) < 1 then
                        return math.ceil(base + interval - burst * interval)
                    end
                end
            end
            local function holdTenant(t)
                if t.name ~= '' then return hold(t, P.slots, P.interval, P.burst) end
            end
            local function holdSection(s)
                if s.isLimited == 1 then return hold(s, s.slots, s.interval, s.burst) end
            end
            local function begin(use, interval)
                use.running = use.running + 1
                if interval > 0 then use.arrival = math.max(use.arrival, now) + interval end
            end
            local function finished(use, interval, isUnstarted)
                use.running = math.max(use.running - 1, 0)
                if isUnstarted and interval > 0 then use.arrival = use.arrival - interval end
            end
            local function parse(name, text)
                local t = {name = name, running = 0, waiting = 0, arrival = 0, rest = 0, segments = {}, counts = {}}
                if text then
                    local blocked, at
                    t.running, t.waiting, t.arrival, t.rest, blocked, at = read('>I4I4ddB', text)
                    t.isBlocked = blocked == 1
                    t.isStored = true
                    t.arrival = math.min(t.arrival, now + P.burst * P.interval)
                    while at <= #text do
                        local g, length = {}, nil
                        g.section, g.level, g.first, g.last, g.count, length, at = read('>BBI4I4I4I2', text, at)
                        g.front = sub(text, at, at + length - 1)
                        at = at + length
                        t.segments[#t.segments + 1] = g
                        t.counts[g.section] = (t.counts[g.section] or 0) + g.count
                    end
                end
                tenants[name] = t
                return t
            end
            local function tenant(name) return tenants[name] or parse(name, call('HGET', KEYS[14], 't' .. name)) end
            function P.preload(names)
                local fields, wanted, seen = {}, {}, {}
                for i = 1, #names do
                    local name = names[i]
                    if not tenants[name] and not seen[name] then
                        seen[name] = true
                        wanted[#wanted + 1] = name
                        fields[#fields + 1] = 't' .. name
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
