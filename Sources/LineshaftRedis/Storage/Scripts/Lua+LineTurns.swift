//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Giving out jobs by turns; a part of `lines`.
    static let lineTurns = #"""
            local function flushRing()
                local added, gone = {}, {}
                for member, score in pairs(ring) do
                    if score then
                        added[#added + 1] = string.format('%.0f', score)
                        added[#added + 1] = member
                    else
                        gone[#gone + 1] = member
                    end
                end
                for i = 1, #added, 4000 do call('ZADD', KEYS[15], unpack(added, i, math.min(i + 3999, #added))) end
                for i = 1, #gone, 4000 do call('ZREM', KEYS[15], unpack(gone, i, math.min(i + 3999, #gone))) end
                ring = {}
            end
            local function isGhost(id, owner)
                local name = 'g' .. id .. owner
                local count = ghosts > 0 and call('HGET', KEYS[11], name)
                if not count then return false end
                if count == '1' then call('HDEL', KEYS[11], name) else call('HINCRBY', KEYS[11], name, -1) end
                ghosts = ghosts - 1
                dirty = true
                return true
            end
            -- Takes up to so many jobs, one of each line in turn; answers with their identifiers and whether it has stopped
            -- early, for a call goes through so much and no more.
            function P.give(allowed)
                flushRing()
                local picked, budget, isCut, typed = {}, 4 * allowed + 256, false, next(P.byJob) ~= nil
                local length, passed, buffer, place0 = call('LLEN', KEYS[3]), 0, {}, 0
                local ranked = band(flags, 4) ~= 0 and call('ZCARD', KEYS[4]) or 0
                local queues = {}
                local envelopes = {}
                local function popRanked(most)
                    local id = call('ZRANGEBYSCORE', KEYS[4], '-inf', most, 'LIMIT', 0, 1)[1]
                    if id then
                        call('ZREM', KEYS[4], id)
                        ranked = ranked - 1
                    end
                    return id
                end
                local function popPlain()
                    local id = ranked > 0 and popRanked(70368744177663)
                    if id then return id end
                    while length > passed do
                        if budget <= 0 then isCut = true return nil end
                        budget = budget - 1
                        if place0 == #buffer then
                            buffer = call('LRANGE', KEYS[3], passed, passed + allowed - 1)
                            place0 = 0
                            for i = 1, #buffer do buffer[i] = sub(buffer[i], 1, 16) end
                            if typed then
                                local found = readJobs(buffer)
                                for i = 1, #buffer do envelopes[buffer[i]] = found[i] end
                            end
                        end
                        place0 = place0 + 1
                        passed = passed + 1
                        if not isGhost(buffer[place0], '') then return buffer[place0] end
                    end
                    return ranked > 0 and popRanked('+inf') or nil
                end
                -- The next of a line that is neither a ghost nor to wait in the line of its limited type.
                local function pop(t, number)
                    while true do
                        local id
                        if budget <= 0 then isCut = true return nil end
                        budget = budget - 1
                        if t then id = take(t, number) else id = popPlain() end
                        if not id then return nil end
                        if not t or not isGhost(id, t.name) then
                            local s = number > 0 and P.sections[number].isLimited == 1 and P.sections[number] or nil
                            local h
                            if typed and number == 0 then
                                h = envelopes[id] or held(id)
                                s = sectionOf(P, h)
                            end
                            if not (s and number == 0 and (s.count > 0 or holdSection(s))) then return id, s end
                            place(t or tenant(''), s.number, byte(h, 3), id)
                        end
                    end
                end
                local function open(number)
                    P.queues[number] = {entries = {}, at = 1, again = {}, number = number}
                    P.queues[number].from = string.format('%.0f', number * SPAN)
                    queues[#queues + 1] = P.queues[number]
                end
                local function first(queue)
                    while true do
                        local entry = queue.entries[queue.at]
                        if entry then
                            local known = ring[entry[1]]
                            if known == nil or known == entry[2] then return entry end
                            queue.at = queue.at + 1
                        elseif queue.isAll then
                            if #queue.again == 0 then return nil end
                            queue.entries, queue.at, queue.again = queue.again, 1, {}
                        else
                            -- No two lines have the same score, so it goes on behind the last one.
                            local to, most = string.format('(%.0f', (queue.number + 1) * SPAN), math.max(allowed, 64)
                            local rows = call('ZRANGEBYSCORE', KEYS[15], queue.from, to, 'WITHSCORES', 'LIMIT', 0, most)
                            local names = {}
                            queue.entries, queue.at = {}, 1
                            for i = 1, #rows, 2 do
                                queue.entries[#queue.entries + 1] = {rows[i], tonumber(rows[i + 1])}
                                if rows[i] ~= '\0' then names[#names + 1] = sub(rows[i], 2) end
                            end
                            queue.isAll = #rows < 2 * most
                            if #rows > 0 then queue.from = string.format('(%.0f', tonumber(rows[#rows])) end
                            P.preload(names)
                        end
                    end
                end
                if (length > 0 or ranked > 0) and not call('ZSCORE', KEYS[15], '\0') then
                    call('ZADD', KEYS[15], string.format('%.0f', nextTurn()), '\0')
                end
                open(0)
                for number, s in pairs(P.sections) do
                    if s.count > 0 and not holdSection(s) then open(number) end
                end
                P.taken = {}
                while #picked < allowed and not isCut do
                    local entry, queue
                    for i = 1, #queues do
                        local number = queues[i].number
                        if number == 0 or not holdSection(P.sections[number]) then
                            local other = first(queues[i])
                            if other and (not entry or other[2] % SPAN < entry[2] % SPAN) then
                                entry, queue = other, queues[i]
                            end
                        end
                    end
                    if not entry then break end
                    local member, number = entry[1], queue.number
                    local t = member ~= '\0' and tenant(sub(member, 2)) or nil
                    if t and (t.isBlocked or holdTenant(t)) then
                        -- The limits were changed since it joined. Its lines go where they belong now, wherever they were.
                        budget = budget - 1
                        if budget <= 0 then isCut = true end
                        t.isBlocked = holdTenant(t) == nil
                        t.rest = 0
                        review(t)
                    else
                        local id, s = pop(t, number)
                        if id then
                            picked[#picked + 1] = id
                            P.taken[id] = {t, s}
                            if s then begin(s, s) end
                            isChanged = true
                            if not t then
                                if length > passed or ranked > 0 then
                                    ring[member] = nextTurn()
                                    queue.again[#queue.again + 1] = {member, ring[member]}
                                else
                                    ring[member] = false
                                end
                            else
                                if t.name ~= '' then
                                    if isCounted(P) then begin(t, P) end
                                    t.waiting = math.max(t.waiting - 1, 0)
                                end
                                t.isChanged = true
                                if t.counts[number] and not holdTenant(t) then join(t, number) end
                                review(t)
                                leave(t)
                            end
                        elseif not isCut then
                            ring[member] = false
                            if t then leave(t) end
                        end
                    end
                end
                P.queues = {}
                if passed > 0 then
                    call('LTRIM', KEYS[3], passed, -1)
                    head = head + passed
                    dirty = true
                end
                if band(flags, 4) ~= 0 and ranked == 0 then flags = flags - 4 dirty = true end
                return picked, isCut
            end
            -- What was taken and is not given out, for there is no such job, takes no place.
            function P.untake(id)
                local t, s = P.taken[id][1], P.taken[id][2]
                if s then finished(s, s, true) end
                if t and t.name ~= '' and isCounted(P) then
                    finished(t, P, true)
                    review(t)
                    leave(t)
                end
            end
        """#
}
