//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The short way of a turn: plain jobs that have succeeded, and plain jobs to do, in a queue where nothing is due.
    ///
    /// It ends the script, or leaves to the long way what it has not done: `isSettled` says whether it has settled, `popped`
    /// holds what it has taken from the list. Defining the functions of the long way costs more than all of this. What counts
    /// most besides is the number of new strings for each job, so what jobs of one call have in common is made once.
    static let plainTurn =
        #"""
        local options, limit, lease, poison = read('>BI4I8I4', ARGV[3])
        local worker = sub(ARGV[3], 18)
        local count, ids, popped = (#ARGV - 3) / 3, {}, nil
        -- `early` is how many jobs may begin because of what is settled here.
        local freed, isSettled, early = 0, count == 0, 0
        do
        -- Jobs that take turns and those whose places are counted go the short way too; `parts` has what is theirs.
        local isQuiet = band(flags, 231) == 0 and watched + noted + slots + interval == 0
        local isShort, takesTurns, hasOwners = isQuiet and ghosts == 0 and upcoming > now, flags ~= 0, false
        local tokens, hows, texts, wheres, expiry8 = {}, {}, {}, {}, nil
        for i = 1, count do ids[i] = ARGV[3 * i + 1] end
        if count > 0 and (isShort or isQuiet and takesTurns) and purging > now then
            local kept8 = sub(ARGV[2], 1, 8)
            local expiry = math.floor(math.min(now + read('>i8', kept8) / 1000, NEVER))
            expiry8 = pack('>I8', expiry)
            local begin = '\0\0\0\1' .. expiry8 .. pack('>I8I2', now, 0) .. kept8
            isSettled = expiry > now
            for i = 1, count do
                local how = ARGV[3 * i + 2]
                if not hows[how] then
                    -- The bytes are: what it ended as, and what its envelope asks for.
                    local kind, bits = byte(how, 9), byte(how, 20)
                    if bits and bits > 63 then
                        bits = bits - 64
                        hasOwners = true
                    end
                    if kind ~= 1 or not bits or bits > 1 then
                        isSettled = false
                        break
                    end
                    local token8, reply = sub(how, 1, 8), nil
                    if bits == 1 then reply = sub(how, 24, 31) end
                    local where = wheres[token8]
                    if not where then
                        tokens[#tokens + 1] = token8
                        where = {count = 0}
                        wheres[token8] = where
                    end
                    local shared = where.shared
                    -- Of one claim only jobs that differ in their tenants alone come here again.
                    if not shared or shared[3] ~= reply then
                        shared = {token8, (reply and '\129\129' or '\129\1') .. begin .. token8 .. (reply or ''), reply}
                        where.shared = shared
                    end
                    hows[how] = shared
                end
            end
            if isSettled then
                local found = call('HMGET', KEYS[8], unpack(tokens))
                for k = 1, #tokens do
                    texts[tokens[k]] = found[k] or ''
                    wheres[tokens[k]].next = 14 + (byte(texts[tokens[k]], 13) or 0)
                end
                for i = 1, count do
                    local id, token8 = ids[i], hows[ARGV[3 * i + 2]][1]
                    local text, where = texts[token8], wheres[token8]
                    local at = where.next
                    if find(text, id, at, true) ~= at then
                        at = 14 + (byte(text, 13) or 0)
                        while at < #text and sub(text, at, at + 15) ~= id do at = at + 25 end
                    end
                    -- A job that has a state or is to be cancelled goes the long way, and all others with it.
                    if byte(text, at + 16) ~= 0 or where[at] then
                        isSettled = false
                        break
                    end
                    where[at] = true
                    where.count = where.count + 1
                    where.next = at + 25
                end
            end
        end

        """# + parts + "\n" + #"""

            if isSettled and count > 0 then
                freed = count
                -- Removing nothing cannot be refused for want of memory, and what follows it is not refused either: what
                -- runs can always end.
                local ended = {}
                call('ZREM', KEYS[7], '')
                for k = 1, #tokens do
                    local token8 = tokens[k]
                    local text, where = texts[token8], wheres[token8]
                    local first = 14 + byte(text, 13)
                    local rest = {sub(text, 1, first - 1)}
                    for at = first, where.count * 25 == #text - first + 1 and 0 or #text, 25 do
                        if not where[at] then rest[#rest + 1] = sub(text, at, at + 24) end
                    end
                    if #rest == 1 then
                        ended[#ended + 1] = token8
                    else
                        call('HSET', KEYS[8], token8, table.concat(rest))
                    end
                end
                if #ended > 0 then
                    call('HDEL', KEYS[8], unpack(ended))
                    call('ZREM', KEYS[7], unpack(ended))
                end
                active = math.max(active - count, 0)
                dirty = true
                local stored, client, isShared = {}, hows[ARGV[5]][3], false
                for i = 1, count do
                    local how, body = hows[ARGV[3 * i + 2]], ARGV[3 * i + 3]
                    stored[2 * i - 1] = ids[i]
                    stored[2 * i] = how[2] .. pack('>I4', #body) .. body
                    if how[3] ~= client then isShared = true end
                end
                -- The outcome takes the envelope's place.
                writeJobs(stored, 1)
                call('RPUSH', KEYS[10], expiry8 .. table.concat(ids))
                if isShared then
                    local letters = {}
                    for i = 1, count do
                        local reply = hows[ARGV[3 * i + 2]][3]
                        if reply then
                            local letter = letters[reply] or {'o'}
                            letters[reply] = letter
                            letter[#letter + 1] = ids[i]
                            letter[#letter + 1] = stored[2 * i]
                        end
                    end
                    for reply, letter in pairs(letters) do
                        call('PUBLISH', ARGV[1] .. 'client:' .. reply, table.concat(letter))
                    end
                elseif client then
                    call('PUBLISH', ARGV[1] .. 'client:' .. client, 'o' .. table.concat(stored))
                end
            end

            """# + partsFreed + "\n" + #"""

            local n, envelopes, shift, left, hasFresh = 0, nil, 0, 0, false
            if isSettled and isShort and takesTurns then

            """# + partsPicked + #"""

            elseif isSettled and isShort then
                if T then T.save() end
                if limit > 0 then popped = call('LPOP', KEYS[3], limit) end
                if popped then
                    n = #popped
                    envelopes = readJobs(popped)
                end
                shift = n
                -- A worker that was woken and may leave something passes the wake on, and goes the long way.
                hasFresh = band(options, 4) == 0 or n < limit
                for i = 1, n do
                    -- What has a state, a time at which it ends, or no envelope, goes the long way with all others.
                    local version, bits = byte(envelopes[i] or '\255', 1, 2)
                    if version > 127 or bits > 7 then hasFresh = false break end
                end
            elseif T then
                T.save()
            end
            if hasFresh then
                local reply = {string.rep('a', count), 0, -1, 0, 0}
                if n > 0 then
                    token = math.max(token + 1, now)
                    reply[4] = token
                    local deadline = now + lease
                    local start = pack('>I8I4B', now, poison, math.min(#worker, 255)) .. sub(worker, 1, 255)
                    local behind = '\0' .. pack('>I8', deadline)
                    -- Redis would print a number anew for each member, at half a microsecond.
                    local score, values, members = string.format('%.0f', deadline), {}, {}
                    for first = 1, n, 16 do
                        local token8 = pack('>I8', token)
                        values[#values + 1] = token8
                        values[#values + 1] = start .. table.concat(popped, behind, first, math.min(first + 15, n)) .. behind
                        members[#members + 1] = score
                        members[#members + 1] = token8
                        token = token + 1
                    end
                    token = token - 1
                    call('HSET', KEYS[8], unpack(values))
                    call('ZADD', KEYS[7], unpack(members))
                    for i = 1, n do
                        reply[4 + 2 * i] = popped[i]
                        reply[5 + 2 * i] = envelopes[i]
                    end
                    head = head + shift
                    active = active + n
                    if deadline < upcoming then upcoming = deadline end
                    if upcoming < firstUpcoming then tellSooner() end
                    dirty = true
                end
                if n < limit then
                    local time = NEVER
                    for i = 5, 7 do
                        local first = call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
                        if first[2] then time = math.min(time, tonumber(first[2])) end
                    end
                    if takesTurns then
                        local first = tonumber(call('ZRANGE', KEYS[15], 0, 0, 'WITHSCORES')[2] or 0)
                        if first < 0 then time = math.min(time, first + REST) end
                        if left > 0 then reply[2] = 2 end
                    end
                    if time ~= upcoming then upcoming = time dirty = true end
                    if band(options, 8) ~= 0 then
                        call('ZADD', KEYS[12], 'NX', now, worker)
                        reply[5] = 1
                    end
                elseif band(options, 2) ~= 0 then
                    call('ZREM', KEYS[12], worker)
                end
                if dirty then
                    call('SET', KEYS[1], pack(RECORD, 1, flags, token, head, upcoming, purging, seq, ghosts, watched, noted,
                        active, slots, arrival, interval, burst))
                end
                if upcoming < NEVER then reply[3] = math.max(upcoming - now, 0) end
                return reply
            end
            end
            """#
}
