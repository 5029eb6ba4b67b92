//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// What time brings: leases run out, jobs expire, exceed their deadlines or fall due.
    ///
    /// `catchUp` does a bounded part of it and says whether more is left. `upcoming` is never later than the next such event.
    static let time = #"""
        local function endWaiting(id)
            local h = held(id)
            if not h or byte(h) > 127 then return end
            local f = fields(h, 1)
            local failed, deliveries, lost, started, _, applied, failures = state(id)
            stopWaiting(id, h)
            if started == 0 and f.expires and f.expires <= (f.deadline or NEVER) then
                finish(id, h, 1, 4, failed, NOTOKEN, '')
                forget(id)
            else
                local from = byte(h, 4) * 256 + byte(h, 5) + 1
                local failure = pack('>BI8I4', 3, now, failed) .. f.deadline8 .. sub(h, from, from + byte(h, from))
                bury(id, h, 1, failure, failed, NOTOKEN, deliveries, lost, applied, failures)
            end
        end
        -- See the core's `Suspicion`.
        local function suspension(id, lost)
            if lost < 3 then return 0 end
            local window = math.min(10 * 4 ^ (lost - 3), 120) * 1000000
            local dice = (byte(id, 15) * 256 + byte(id, 16) + lost * 7919) * 40503 % 65536
            return math.floor(window * dice / 65536)
        end
        local function lapseJob(id, g, bits)
            local h = held(id)
            if not h or byte(h) > 127 then return end
            local failed, deliveries, lost, _, _, applied, failures = state(id, 1)
            if ownerOf(h, 1) or lined() then lines().stopped(id, h, 1) end
            lost = lost + 1
            if band(bits, 1) ~= 0 then
                finish(id, h, 1, 3, failed, NOTOKEN, '')
                forget(id)
            elseif lost >= g.poison then
                local from = byte(h, 4) * 256 + byte(h, 5) + 1
                local failure = pack('>BI8I4I4B', 2, now, deliveries, lost, #g.worker) .. g.worker
                    .. sub(h, from, from + byte(h, from))
                bury(id, h, 1, failure, failed, NOTOKEN, deliveries, lost, applied, failures)
            else
                local wait = suspension(id, lost)
                keep(id, failed, deliveries, lost, 1, wait > 0 and 4 or 0, applied, failures)
                if wait > 0 then
                    schedule(id, byte(h, 3), now + wait, ownerOf(h, 1))
                else
                    makeReady(id, byte(h, 3), true, ownerOf(h, 1))
                end
                local f = band(byte(h, 2), 24) ~= 0 and fields(h, 1)
                if f and f.deadline and f.deadline <= now then
                    endWaiting(id)
                elseif f then
                    watchEnd(id, f, 1)
                end
            end
        end
        local function lapse()
            local tokens = call('ZRANGEBYSCORE', KEYS[7], '-inf', now, 'LIMIT', 0, 64)
            local count, passed = 0, 0
            for i = 1, #tokens do
                if count >= 64 then break end
                passed = i
                local g = group(tokens[i])
                if g then
                    for k = 1, #g.order do
                        local id = g.order[k]
                        local job = g.jobs[id]
                        if job and job.deadline <= now then
                            count = count + 1
                            stopRunning(g, id)
                            lapseJob(id, g, job.flags)
                        end
                    end
                    g.isChanged = true
                else
                    call('ZREM', KEYS[7], tokens[i])
                end
            end
            saveGroups()
            return passed == 64 or passed < #tokens
        end
        local function passEnds()
            local members = call('ZRANGEBYSCORE', KEYS[6], '-inf', now, 'LIMIT', 0, 64)
            if #members == 0 then return false end
            call('ZREM', KEYS[6], unpack(members))
            for i = 1, #members do endWaiting(sub(members[i], 2)) end
            return #members == 64
        end
        local function promote()
            local members = call('ZRANGEBYSCORE', KEYS[5], '-inf', now, 'LIMIT', 0, 128)
            if #members == 0 then return false end
            call('ZREMRANGEBYRANK', KEYS[5], 0, #members - 1)
            local plain = {}
            for i = 1, #members do
                local id, level = sub(members[i], 1, 16), byte(members[i], 17)
                if level == 5 then
                    plain[#plain + 1] = id .. 's'
                elseif level > 15 then
                    local h = held(id)
                    if h and byte(h) < 128 then makeReady(id, level - 16, false, ownerOf(h, 1)) end
                else
                    makeReady(id, level)
                end
            end
            if #plain > 0 then call('RPUSH', KEYS[3], unpack(plain)) end
            arrivals = arrivals + #plain
            return #members == 128
        end
        local function look()
            local time = NEVER
            for i = 5, 7 do
                local first = call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
                if first[2] then time = math.min(time, tonumber(first[2])) end
            end
            if lined() then time = math.min(time, lines().nextTime()) end
            if time ~= upcoming then upcoming = time dirty = true end
        end
        local function catchUp()
            if upcoming > now then return false end
            local more = lapse()
            more = passEnds() or more
            more = promote() or more
            if lined() then more = lines().wake() or more end
            look()
            -- Should the two ever disagree, the queue does not stay limited by what does not run.
            if active > 0 and call('ZCARD', KEYS[7]) == 0 then active = 0 dirty = true end
            return more
        end
        -- What scripts end with that are not about giving out jobs.
        local function conclude()
            saveGroups()
            -- Before `flush`, which may forget tenants, and after it.
            if P then P.save() end
            tellSooner()
            if arrivals > 0 and band(flags, 1) == 0 then wake(arrivals) elseif untold > 0 then wake(1) end
            offerRoom(leavings)
            flush()
            if P then P.save() end
            save()
        end
        """#
}
