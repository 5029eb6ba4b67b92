//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// One turn of a worker: settles what it ended and claims what it can take, either of which may be left out.
    ///
    /// `ARGV[3]` says what is wanted (options, limit, lease, poison limit, worker); then come three arguments for each
    /// settlement: the identifier; the token, the kind, whether it counts as an attempt, the delay and the envelope's head, which
    /// may be left out; and the body. Answers with a letter for each settlement, applied or refused, and with the claim: whether
    /// there is more to do at once, how long until something falls due, the first token, whether the worker is registered as
    /// idle, and for each job its identifier (with its counts behind it if it has any) and its envelope. Each sixteen jobs have
    /// the next token.
    static let turn = #"""
        local results = {}
        local function settleLate(id, token8, gone)
            if gone then return gone == token8 and 'a' or 'r' end
            local s = call('HGET', KEYS[11], 's' .. id)
            if s then return sub(s, 15, 22) == token8 and 'a' or 'r' end
            local record = outcome(id, held(id))
            if record and sub(record, 33, 40) == token8 then return 'a' end
            return 'r'
        end
        local function again(id, h, p, token8, d, counts, delay, body, isCancelled, isHastened)
            local failed, deliveries, lost, started, _, _, failures = state(id, 1)
            if d == 5 then failed = failed + counts end
            if isCancelled then
                -- The worker did not say so, and what it told of the job is not all of it.
                tellWorkflow(id, held(id), 3, '')
                finish(id, h, p, 3, failed, token8, '')
                return forget(id)
            end
            if d == 5 then failures = append(failures, body) end
            if d ~= 8 and d ~= 9 then started = 1 end
            if d == 8 and interval > 0 then arrival = arrival - interval end
            local level, owner = byte(h, p + 2), ownerOf(h, p)
            -- Why it waits: 1 retrying, 2 snoozed, 3 parked; 4, suspected, is for jobs whose lease has run out.
            local wait = d == 5 and 1 or d == 6 and 2 or d == 9 and 3 or 0
            keep(id, failed, deliveries, lost, started, wait, token8, failures)
            if d ~= 7 and d ~= 8 and delay > 0 and not isHastened then
                schedule(id, level, math.min(now + delay, NEVER), owner)
            else
                makeReady(id, level, d == 7 or d == 8, owner)
            end
            if band(byte(h, p + 1), 24) ~= 0 then watchEnd(id, fields(h, p), started) end
        end
        local function settle(id, how, body)
            local token8 = sub(how, 1, 8)
            local d, counts = byte(how, 9, 10)
            local h, p = how, 19
            if #how < 23 then h, p = held(id), 1 end
            if not h or p == 1 and byte(h) > 127 then return end
            local bits = groups[token8].jobs[id].flags
            local isCancelled, isHastened = band(bits, 1) ~= 0, band(bits, 4) ~= 0
            stopRunning(groups[token8], id)
            if ownerOf(h, p) or lined() then lines().stopped(id, h, p, d == 8) end
            if d > 4 then return again(id, h, p, token8, d, counts, read('>I8', how, 11), body, isCancelled, isHastened) end
            local failed, deliveries, lost, _, _, _, failures = state(id, 1)
            if d == 2 then
                return bury(id, h, p, body, failed + counts, token8, deliveries, lost, token8, failures)
            end
            finish(id, h, p, d, d == 4 and failed or failed + 1, token8, d == 1 and body or '')
            forget(id)
        end
        arrivals = early
        if not isSettled then
            local gone = {}
            -- Removing nothing cannot be refused for want of memory, and what follows it is not refused either.
            call('ZREM', KEYS[7], '')
            local owners = {}
            for i = 1, count do
                if #ARGV[3 * i + 2] > 22 then owners[#owners + 1] = ownerOf(ARGV[3 * i + 2], 19) end
            end
            if #owners > 0 then lines().preload(owners) end
            for i = 1, count do
                local id, how = ids[i], ARGV[3 * i + 2]
                local token8 = sub(how, 1, 8)
                local g = not gone[id] and group(token8)
                if g and g.jobs[id] then
                    settle(id, how, ARGV[3 * i + 3])
                    freed = freed + 1
                    gone[id] = token8
                    results[i] = 'a'
                else
                    results[i] = settleLate(id, token8, gone[id])
                end
            end
            saveGroups()
        end
        local more = catchUp()
        local reply = {isSettled and string.rep('a', count) or table.concat(results), 0, -1, 0, 0}
        -- How many may be given out, by the queue's own limits.
        local allowed = limit
        if band(flags, 1) ~= 0 then allowed = 0 end
        if slots > 0 then allowed = math.max(math.min(allowed, slots - active), 0) end
        if interval > 0 then allowed = math.min(allowed, (allowance(arrival, interval, burst))) end
        -- What `popped` holds has left the list whatever the limits say; there are none when it is not empty.
        local given, values, ends, taken = {}, {}, {}, 0
        local function give(entries, isList)
            local names, length = {}, #entries
            for i = 1, length do
                entries[i] = sub(entries[i], 1, 16)
                names[i] = 's' .. entries[i]
                if isList and ghosts > 0 then names[length + i] = 'g' .. entries[i] end
            end
            local states = call('HMGET', KEYS[11], unpack(names))
            local envelopes = readJobs(entries)
            for i = 1, #entries do
                local id, h, s = entries[i], envelopes[i], states[i]
                -- An identifier may be there twice: what counts is what is left now.
                local ghost = states[length + i] and tonumber(call('HGET', KEYS[11], 'g' .. id) or 0) or 0
                if ghost > 0 then
                    if ghost == 1 then call('HDEL', KEYS[11], 'g' .. id) else call('HINCRBY', KEYS[11], 'g' .. id, -1) end
                    ghosts = math.max(ghosts - 1, 0)
                    dirty = true
                elseif h and byte(h) < 128 then
                    taken = taken + 1
                    local job = {id, 0}
                    local at = #reply
                    reply[at + 1], reply[at + 2] = id, h
                    if s then
                        local failed, deliveries = read('>I4I4', s)
                        job[2] = 2
                        values[#values + 1] = 's' .. id
                        values[#values + 1] = sub(s, 1, 4) .. pack('>I4', deliveries + 1) .. sub(s, 9)
                        reply[at + 1] = id .. pack('>I4I4', failed, deliveries + 1)
                    end
                    if band(byte(h, 2), 24) ~= 0 then ends[#ends + 1] = 'e' .. id end
                    given[taken] = job
                end
            end
        end
        if allowed > 0 then
            local inTurn = false
            local function popRanked(most)
                local ranked = call('ZRANGEBYSCORE', KEYS[4], '-inf', most, 'LIMIT', 0, allowed - taken)
                if #ranked == 0 then return end
                call('ZREM', KEYS[4], unpack(ranked))
                give(ranked)
            end
            if lined() then
                local picked, isCut = lines().give(allowed)
                if #picked > 0 then give(picked) end
                if isCut then more = true end
                if taken < #picked then
                    for i = 1, taken do lines().taken[given[i][1]] = nil end
                    for i = 1, #picked do
                        if lines().taken[picked[i]] then lines().untake(picked[i]) end
                    end
                end
                inTurn = true
            elseif band(flags, 4) ~= 0 then
                popRanked(70368744177663)
            end
            -- Each round takes out as many ghosts as it gives too few jobs; a claim goes through so many and no more.
            for round = 1, inTurn and 0 or 16 do
                if taken == allowed then break end
                local entries = popped or call('LPOP', KEYS[3], allowed - taken)
                popped = nil
                if not entries then break end
                head = head + #entries
                dirty = true
                give(entries, true)
                if round == 16 and taken < allowed then more = true end
            end
            if band(flags, 4) ~= 0 and not inTurn then
                if taken < allowed and not more then popRanked('+inf') end
                if call('ZCARD', KEYS[4]) == 0 then flags = flags - 4 dirty = true end
            end
            token = math.max(token + 1, now)
            if taken > 0 then
                reply[4] = token
                token = token - 1
                local g
                for i = 1, taken do
                    if i % GROUP == 1 then
                        token = token + 1
                        g = {jobs = {}, order = {}, isChanged = true, poison = poison, worker = sub(worker, 1, 255)}
                        g.start = pack('>I8I4B', now, poison, #g.worker) .. g.worker
                        groups[pack('>I8', token)] = g
                    end
                    g.order[#g.order + 1] = given[i][1]
                    g.jobs[given[i][1]] = {flags = given[i][2], deadline = math.min(now + lease, NEVER)}
                end
                saveGroups()
                if #values > 0 then call('HSET', KEYS[11], unpack(values)) end
                if #ends > 0 then call('ZREM', KEYS[6], unpack(ends)) end
                active = active + taken
                leavings = leavings + taken
                dirty = true
                if interval > 0 then
                    local _, _, base = allowance(arrival, interval, burst)
                    arrival = base + taken * interval
                end
            end
        end
        if band(options, 1) ~= 0 then
            local isHungry = taken < limit
            if isHungry then
                look()
                if band(options, 8) ~= 0 then
                    call('ZREM', KEYS[12], '')
                    call('ZADD', KEYS[12], 'NX', now, worker)
                    reply[5] = 1
                end
            elseif band(options, 2) ~= 0 then
                call('ZREM', KEYS[12], worker)
            end
            local due = upcoming
            if interval > 0 and band(flags, 1) == 0 and isHungry then
                local free, time = allowance(arrival, interval, burst)
                -- Another job may start when one interval of the burst has been earned back.
                if free < 1 then due = math.min(due, time) end
            end
            if more and isHungry then reply[2] = 1 end
            -- What is ready and may not be given out is kept back by the queue's limits.
            if isHungry and not more and band(flags, 1) == 0 and (slots > 0 or interval > 0 or lined()) and readyCount() > 0 then
                reply[2] = reply[2] + 2
            end
            local telling = untilTelling()
            if telling == 0 then reply[2] = reply[2] + 4 elseif telling then due = math.min(due, now + telling) end
            if due < NEVER then reply[3] = math.max(due - now, 0) end
        end
        -- What became ready and was not taken here is for others, and so is what a woken worker leaves, or a freed slot lets in.
        local spare = arrivals
        if band(options, 4) ~= 0 or slots > 0 and freed > 0 then spare = math.max(spare, freed, 1) end
        if spare > 0 and band(flags, 1) == 0 and (taken == limit or band(options, 1) == 0) then
            local left = readyCount()
            if slots > 0 then left = math.min(left, slots - active) end
            if interval > 0 then left = math.min(left, (allowance(arrival, interval, burst))) end
            wake(math.min(spare, left))
        end
        -- What was not left to others was taken here, or may not begin.
        arrivals = 0
        conclude()
        return reply
        """#
}
