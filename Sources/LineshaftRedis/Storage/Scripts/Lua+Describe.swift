//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// What is known of one job, for `find` and `page`.
    ///
    /// The state's letter (scheduled, ready, running, dead), the envelope, the due time, what goes before it, the run, the state, the
    /// identifier, and what keeps it back.
    static let describe = #"""
        local running
        local function describe(id, wantsAhead)
            local h = held(id)
            if not h or byte(h) > 127 then return false end
            local s = call('HGET', KEYS[11], 's' .. id) or ''
            running = running or index()
            local g = groups[running[id]]
            if g then return {'r', h, -1, -1, pack('>I8B', g.since, g.jobs[id].flags) .. g.worker, s, id, ''} end
            if call('ZSCORE', KEYS[9], id) then return {'d', h, -1, -1, '', s, id, ''} end
            local level = byte(h, 3)
            local due = call('ZSCORE', KEYS[5], id .. mark(level, ownerOf(h, 1)))
            if due then return {'s', h, tonumber(due), -1, '', s, id, ''} end
            local ahead = -1
            if wantsAhead and ghosts == 0 and not lined() then
                local above = 0
                if band(flags, 4) ~= 0 then above = call('ZCOUNT', KEYS[4], '-inf', '(70368744177664') end
                if level ~= 5 then
                    ahead = call('ZRANK', KEYS[4], id) or -1
                    if ahead >= 0 and level < 5 then ahead = ahead + call('LLEN', KEYS[3]) end
                else
                    -- A list can only be searched from an end; far from it the answer would not be worth its price.
                    local place = call('LPOS', KEYS[3], id, 'MAXLEN', 1000) or call('LPOS', KEYS[3], id .. 's', 'MAXLEN', 1000)
                    if place then ahead = above + place end
                end
            end
            local hold = wantsAhead and (ownerOf(h, 1) or lined()) and lines().hold(h) or ''
            return {'e', h, -1, ahead, '', s, id, hold}
        end
        """#
}
