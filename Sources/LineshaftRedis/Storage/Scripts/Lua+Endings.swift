//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// How jobs end: records of outcomes, who is told, and what is given back.
    ///
    /// Endings are collected by `finish` and written by `flush`, one command for each structure however many there are.
    static let endings = #"""
        local lines
        local function save()
            if dirty then
                call('SET', KEYS[1], pack(RECORD, 1, flags, token, head, upcoming, purging, seq, ghosts, watched, noted,
                    active, slots, arrival, interval, burst))
            end
        end
        local kept8 = sub(ARGV[2], 1, 8)
        local kept = read('>i8', kept8) / 1000
        local stored, expiring, removed, mail = {}, {}, {}, nil
        local function post(client, kind, text)
            mail = mail or {}
            local letter = mail[client .. kind]
            if letter then letter[#letter + 1] = text else mail[client .. kind] = {kind, text} end
        end
        -- The fields of an envelope's head at `p` that only some jobs have.
        local function fields(h, p)
            local bits, at, f = byte(h, p + 1), p + 5, {}
            if band(bits, 1) ~= 0 then f.reply = sub(h, at, at + 7) at = at + 8 end
            if band(bits, 2) ~= 0 then f.kept8 = sub(h, at, at + 7) at = at + 8 end
            -- Nanoseconds do not fit a Lua number exactly; rounded to microseconds they do.
            if band(bits, 4) ~= 0 then f.start = math.floor(read('>i8', h, at) / 1000 + 0.5) at = at + 8 end
            if band(bits, 8) ~= 0 then f.expires = math.floor(read('>i8', h, at) / 1000 + 0.5) at = at + 8 end
            if band(bits, 16) ~= 0 then
                f.deadline8 = sub(h, at, at + 7)
                f.deadline = math.floor(read('>i8', f.deadline8) / 1000 + 0.5)
                at = at + 8
            end
            if band(bits, 32) ~= 0 then
                f.window, f.key = read('>i8I2', h, at)
                f.key = sub(h, at + 10, at + 9 + f.key)
            end
            return f
        end
        -- Has something dropped after a time, whenever there is time for it: nobody sees it after that anyway.
        local function outlive(member, time)
            call('ZADD', KEYS[13], time, member)
            if time < purging then purging = time dirty = true end
        end
        local function lower(time)
            if time < upcoming then upcoming = time dirty = true end
        end
        -- Who watches a job is told of its end and forgotten, and so is its progress.
        local function unwatch(id, text, reply)
            local clients = watched > 0 and call('HGET', KEYS[11], 'w' .. id)
            if clients then
                for at = 1, #clients, 8 do
                    local client = sub(clients, at, at + 7)
                    if client ~= reply then post(client, 'o', text) end
                end
                call('HDEL', KEYS[11], 'w' .. id)
                watched = watched - 1
                dirty = true
            end
            if noted > 0 and call('HDEL', KEYS[11], 'p' .. id) == 1 then noted = noted - 1 dirty = true end
        end
        -- `h` holds the envelope's head at `p`; `kind` is 1 succeeded, 2 failed, 3 cancelled, 4 expired.
        local function finish(id, h, p, kind, attempts, token8, body)
            local bits, reply, own8 = band(byte(h, p + 1), 63), nil, kept8
            local expiry = now + kept
            if bits == 1 then
                reply = sub(h, p + 5, p + 12)
            elseif bits > 1 then
                local f = fields(h, p)
                reply = f.reply
                if f.kept8 then
                    own8 = f.kept8
                    expiry = now + read('>i8', own8) / 1000
                end
                if f.key then
                    local holder = call('HGET', KEYS[11], 'u' .. f.key)
                    if holder == id .. NOTOKEN then call('HDEL', KEYS[11], 'u' .. f.key) end
                end
            end
            expiry = math.floor(math.min(expiry, NEVER))
            local expiry8 = pack('>I8', expiry)
            local record = pack('>BBI4', 129, reply and kind + 128 or kind, attempts) .. expiry8 .. pack('>I8I2', now, 0)
                .. own8 .. token8 .. (reply or '') .. pack('>I4', #body) .. body
            if expiry > now then
                if kind == 2 then
                    -- Its envelope stays where it is, for it is a dead letter now.
                    call('HSET', KEYS[11], 'o' .. id, record)
                else
                    stored[#stored + 1] = id
                    stored[#stored + 1] = record
                end
                if own8 == kept8 then
                    expiring[#expiring + 1] = id
                else
                    outlive('x' .. id, expiry)
                end
            end
            if reply or watched > 0 or noted > 0 then
                local text = id .. record
                if reply then post(reply, 'o', text) end
                unwatch(id, text, reply)
            end
            if token8 == NOTOKEN then tellWorkflow(id, h, kind, body) end
        end
        -- The outcome of a job as it is kept now, given what `jobs` holds under its identifier.
        local function outcome(id, value)
            if value and byte(value) < 128 then value = call('HGET', KEYS[11], 'o' .. id) end
            return value and read('>I8', value, 7) > now and value
        end
        -- What only some jobs leave behind: outcomes kept for a time of their own, windows, watchers and progress.
        local function purgeRemnants()
            local members = call('ZRANGEBYSCORE', KEYS[13], '-inf', now, 'LIMIT', 0, 64)
            if #members == 0 then return false end
            call('ZREM', KEYS[13], unpack(members))
            for i = 1, #members do
                local kind, name = sub(members[i], 1, 1), sub(members[i], 2)
                if kind == 'x' then
                    local value = held(name)
                    if value and byte(value) < 128 then
                        if not outcome(name, value) then call('HDEL', KEYS[11], 'o' .. name) end
                    elseif value and read('>I8', value, 7) <= now then
                        call('HDEL', home(name), name)
                    end
                elseif kind == 'k' then
                    lines().forget(name)
                elseif kind == 'u' then
                    local holder = call('HGET', KEYS[11], members[i])
                    if holder and sub(holder, 17) ~= NOTOKEN and read('>I8', holder, 17) <= now then
                        call('HDEL', KEYS[11], members[i])
                    end
                elseif call('HDEL', KEYS[11], members[i]) == 1 then
                    if kind == 'w' then watched = watched - 1 else noted = noted - 1 end
                    dirty = true
                end
            end
            return #members == 64
        end
        -- Drops outcomes that have outlived their time, some at once, so that the price is shared by many calls.
        local function purge()
            local more = purgeRemnants()
            local rows = call('LRANGE', KEYS[10], 0, 63)
            local ids, expiries, gone, passed = {}, {}, {}, 0
            for i = 1, #rows do
                if #ids > 256 or read('>I8', rows[i]) > now then break end
                local expiry8 = sub(rows[i], 1, 8)
                for at = 9, #rows[i], 16 do
                    ids[#ids + 1] = sub(rows[i], at, at + 15)
                    expiries[#ids] = expiry8
                end
                passed = i
            end
            if #ids > 0 then
                local values = readJobs(ids)
                for i = 1, #ids do
                    -- A job that was retried by hand may have another outcome since, or none yet.
                    local value = values[i]
                    if value and byte(value) < 128 then
                        value = call('HGET', KEYS[11], 'o' .. ids[i])
                        if value and sub(value, 7, 14) == expiries[i] then call('HDEL', KEYS[11], 'o' .. ids[i]) end
                    elseif value and sub(value, 7, 14) == expiries[i] then
                        gone[#gone + 1] = ids[i]
                    end
                end
                call('LPOP', KEYS[10], passed)
                if #gone > 0 then dropJobs(gone) end
            end
            local first, remnant = rows[passed + 1], call('ZRANGE', KEYS[13], 0, 0, 'WITHSCORES')[2]
            if more or passed > 0 and passed == #rows or first and read('>I8', first) <= now then
                purging = now
            else
                local time = first and read('>I8', first) or math.floor(math.min(now + kept, NEVER))
                if remnant then time = math.min(time, tonumber(remnant)) end
                purging = math.max(time, now + 100000)
            end
            dirty = true
        end
        local function flush()
            -- A call ends at most some hundreds of jobs, and Lua can pass 8,000 values at once.
            if #removed > 0 then dropJobs(removed) end
            if #stored > 0 then writeJobs(stored, 1) end
            if #expiring > 0 then
                local expiry8 = pack('>I8', math.floor(math.min(now + kept, NEVER)))
                call('RPUSH', KEYS[10], expiry8 .. table.concat(expiring))
            end
            if purging <= now then purge() end
            if mail then
                for client, letter in pairs(mail) do
                    call('PUBLISH', ARGV[1] .. 'client:' .. sub(client, 1, 8), table.concat(letter))
                end
            end
            stored, expiring, removed, mail = {}, {}, {}, nil
        end
        """#
}
