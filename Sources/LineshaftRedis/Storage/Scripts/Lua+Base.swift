//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The queue's own record, read once into local variables.
    ///
    /// They are changed there and written by `save`.
    static let base = #"""
        local NEVER, RECORD = 9007199254740991, '>BBI8i8I8I8I8I4I4I4I4I4ddI4'
        local NOTOKEN = '\0\0\0\0\0\0\0\0'
        -- flags: 1 paused, 2 submitters wait for room, 4 jobs of other priorities are in `ranked`, 8 jobs are in `lines`,
        -- 16 job types are limited
        local flags, token, head, upcoming, purging, seq, ghosts = 0, 0, 0, NEVER, 0, 0, 0
        local watched, noted, active, slots, arrival, interval, burst = 0, 0, 0, 0, 0, 0, 0
        local dirty, layout = false, call('GET', KEYS[1])
        if layout then
            if byte(layout) ~= 1 then
                return redis.error_reply('NEWERLAYOUT ' .. KEYS[1] .. ' was written in layout ' .. byte(layout)
                    .. ', this program knows 1')
            end
            layout, flags, token, head, upcoming, purging, seq, ghosts, watched, noted, active, slots, arrival, interval,
                burst = read(RECORD, layout)
        end
        -- What is further ahead comes from before the clock was set back.
        if interval > 0 and arrival > now + burst * interval then arrival = now + burst * interval dirty = true end
        local firstUpcoming = upcoming
        -- Idle workers may know of nothing that falls due so soon.
        local function tellSooner()
            if upcoming < firstUpcoming and call('ZCARD', KEYS[12]) > 0 then
                local queue = string.match(KEYS[1], '{(.*)}')
                call('PUBLISH', ARGV[1] .. 'queue:' .. queue, 'e' .. pack('>I8', math.max(upcoming - now, 0)) .. queue)
            end
        end
        """#
}
