//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// How a queue remembers nodes of workflows that it has ended by itself, until somebody has told their workflows.
    ///
    /// Flag 32 says that there are any. They are among the remnants, each with the time from which it is to be given out, moved
    /// beyond all others' times so that nothing else finds it.
    static let flowTelling = #"""
        local TELLING, untold = 1e16, 0
        local function tellWorkflow(id, h, kind, body)
            -- Behind the head come the name, the version of its layout, a time, and then what other parts there are.
            local at = byte(h, 4) * 256 + byte(h, 5) + 1
            at = at + 1 + byte(h, at)
            while byte(h, at) > 127 do at = at + 1 end
            at = at + 9
            if band(byte(h, at), 64) == 0 then return end
            while byte(h, at) > 127 do at = at + 1 end
            local reference = sub(h, at + 1, at + 24)
            call('HSET', KEYS[11], 'm' .. id, pack('>I8', now) .. reference .. string.char(kind) .. body)
            call('ZADD', KEYS[13], TELLING + now, 'm' .. id)
            if band(flags, 32) == 0 then flags = flags + 32 end
            dirty = true
            untold = untold + 1
        end
        -- How long until one is to be given out; takes the flag away when there are none.
        local function untilTelling()
            if band(flags, 32) == 0 then return nil end
            local first = call('ZRANGEBYSCORE', KEYS[13], TELLING, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
            if first then return math.max(tonumber(first) - TELLING - now, 0) end
            flags = flags - 32
            dirty = true
        end
        """#

    /// Gives out what workflows are to be told, or forgets what they have been told: `ARGV[3]` says which.
    ///
    /// With `take` come the microseconds after which it is given out again, and the answer has identifiers and what is known;
    /// with `told` come identifiers and numbers.
    static let flowEndings = #"""
        local answers = {}
        if ARGV[3] == 'take' then
            local limit = string.format('%.0f', TELLING + now)
            local members = call('ZRANGEBYSCORE', KEYS[13], TELLING, limit, 'LIMIT', 0, 100)
            for k = 1, #members do
                call('ZADD', KEYS[13], TELLING + now + tonumber(ARGV[4]), members[k])
                answers[2 * k - 1] = sub(members[k], 2)
                answers[2 * k] = call('HGET', KEYS[11], members[k])
            end
        else
            for k = 4, #ARGV, 2 do
                local member = 'm' .. ARGV[k]
                local known = call('HGET', KEYS[11], member)
                if known and sub(known, 1, 8) == ARGV[k + 1] then
                    call('HDEL', KEYS[11], member)
                    call('ZREM', KEYS[13], member)
                end
            end
        end
        untilTelling()
        save()
        return answers
        """#
}
