//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Where jobs wait, and how they get there and away.
    ///
    /// A job of normal priority that is ready waits in a list, as an identifier, with an `s` behind it if it may have a state. One
    /// that is taken out of its middle leaves a ghost there, which is counted, and skipped when its turn comes. Tenants' jobs wait in
    /// `lines`; their ghosts are counted with the tenant, for an identifier may come again as another's job.
    static let places = #"""
        -- A job that has been given out has a state, but for one that is running for the first time.
        -- failed attempts, deliveries, lost leases, whether started, why it waits, the last applied token, failures
        local function state(id, deliveries)
            local s = call('HGET', KEYS[11], 's' .. id)
            if not s then return 0, deliveries or 0, 0, 0, 0, NOTOKEN, '' end
            local failed, lost, started, wait
            failed, deliveries, lost, started, wait = read('>I4I4I4BB', s)
            return failed, deliveries, lost, started, wait, sub(s, 15, 22), sub(s, 23)
        end
        local function keep(id, failed, deliveries, lost, started, wait, applied, failures)
            call('HSET', KEYS[11], 's' .. id, pack('>I4I4I4BB', failed, deliveries, lost, started, wait) .. applied .. failures)
        end
        local function append(failures, failure)
            local count, at = 0, 1
            while at <= #failures do
                count = count + 1
                at = at + 4 + read('>I4', failures, at)
            end
            if count >= 10 then failures = sub(failures, 5 + read('>I4', failures)) end
            return failures .. pack('>I4', #failure) .. failure
        end
        local function rank(level, front)
            seq = seq + 1
            flags = band(flags, 4) == 0 and flags + 4 or flags
            dirty = true
            return (9 - level) * 17592186044416 + 8796093022208 + (front and -seq or seq)
        end
        -- `owner` is its tenant, if it has one.
        local function makeReady(id, level, front, owner, isFresh)
            if owner then return lines().ready(id, level, front, owner, isFresh) end
            arrivals = arrivals + 1
            if level ~= 5 then
                call('ZADD', KEYS[4], rank(level, front), id)
            elseif front then
                call('LPUSH', KEYS[3], id .. 's')
                head = head - 1
                dirty = true
            else
                call('RPUSH', KEYS[3], id .. 's')
            end
        end
        -- Members of `due` end with their priority, so that promoting them reads no envelope; 16 more is for a tenant's.
        local function mark(level, owner) return string.char(owner and level + 16 or level) end
        local function schedule(id, level, time, owner)
            call('ZADD', KEYS[5], time, id .. mark(level, owner))
            lower(time)
        end
        local function watchEnd(id, f, started)
            local time = f.deadline or NEVER
            if started == 0 and f.expires and f.expires < time then time = f.expires end
            if time < NEVER then
                call('ZADD', KEYS[6], time, 'e' .. id)
                lower(time)
            end
        end
        -- Takes a waiting job out of wherever it waits; `h` holds its envelope's head at the start.
        local function stopWaiting(id, h)
            leavings = leavings + 1
            local level, owner = byte(h, 3), ownerOf(h, 1)
            if call('ZREM', KEYS[5], id .. mark(level, owner)) == 0 then
                if owner then lines().stopWaiting(owner) end
                -- What is not in `ranked` either waits in the line of its type.
                if owner or level == 5 or call('ZREM', KEYS[4], id) == 0 then
                    call('HINCRBY', KEYS[11], 'g' .. id .. (owner or ''), 1)
                    ghosts = ghosts + 1
                    dirty = true
                end
            end
            if band(byte(h, 2), 24) ~= 0 then call('ZREM', KEYS[6], 'e' .. id) end
        end
        -- The state goes with the job, and so do its steps. Where an outcome is kept it takes the envelope's place.
        local function forget(id)
            if stored[#stored - 1] ~= id then removed[#removed + 1] = id end
            if call('HDEL', KEYS[11], 's' .. id, 'T' .. id) == 2 then
                local last = tonumber(call('HGET', KEYS[11], 't' .. id))
                for first = 1, last, 1000 do
                    local names = {'t' .. id}
                    for i = first, math.min(first + 999, last) do names[#names + 1] = 't' .. id .. pack('>I4', i) end
                    call('HDEL', KEYS[11], unpack(names))
                end
            end
        end
        local function forgetDead(id)
            local record = call('HGET', KEYS[11], 'o' .. id)
            if record then
                call('HDEL', KEYS[11], 'o' .. id)
                stored[#stored + 1] = id
                stored[#stored + 1] = record
            end
            forget(id)
        end
        -- Puts a job that waits nowhere among the dead letters.
        local function bury(id, h, p, failure, attempts, token8, deliveries, lost, applied, failures)
            finish(id, h, p, 2, attempts, token8, failure)
            seq = seq + 1
            dirty = true
            call('ZADD', KEYS[9], seq, id)
            keep(id, attempts, deliveries, lost, 1, 0, applied, append(failures, failure))
            local surplus = call('ZCARD', KEYS[9]) - read('>I4', ARGV[2], 9)
            if surplus > 0 then
                local oldest = call('ZPOPMIN', KEYS[9], math.min(surplus, 100))
                for i = 1, #oldest, 2 do forgetDead(oldest[i]) end
            end
        end
        -- Tells idle workers of jobs that became ready, and submitters of room, if there are any.
        local function wake(count)
            while count > 0 do
                local idle = call('ZPOPMIN', KEYS[12], math.min(count, 16))
                if #idle == 0 then return end
                local queue = string.match(KEYS[1], '{(.*)}')
                for i = 1, #idle, 2 do
                    -- Nobody hears it: that worker is gone, and the next one is told. A node of a cluster cannot know.
                    local heard = call('PUBLISH', ARGV[1] .. 'worker:' .. idle[i], 'w' .. queue)
                    if heard > 0 or byte(ARGV[2], 13) == 1 then count = count - 1 end
                end
            end
        end
        local function offerRoom(count)
            if count == 0 or band(flags, 2) == 0 then return end
            local clients = call('HGET', KEYS[11], 'r') or ''
            local queue = string.match(KEYS[1], '{(.*)}')
            while count > 0 and #clients > 0 do
                local heard = call('PUBLISH', ARGV[1] .. 'client:' .. sub(clients, 1, 8), 'r' .. queue)
                if heard > 0 or byte(ARGV[2], 13) == 1 then count = count - 1 end
                clients = sub(clients, 9)
            end
            if #clients > 0 then
                call('HSET', KEYS[11], 'r', clients)
            else
                call('HDEL', KEYS[11], 'r')
                flags = flags - 2
                dirty = true
            end
        end
        -- Whether jobs are given out by turns.
        local function lined() return band(flags, 24) ~= 0 or P and P.isActive() end
        -- How many jobs could be given out now, paused or not.
        local function readyCount()
            local count = call('LLEN', KEYS[3]) - ghosts
            if lined() then count = count + lines().count end
            if band(flags, 4) ~= 0 then count = count + call('ZCARD', KEYS[4]) end
            return math.max(count, 0)
        end
        """#
}
