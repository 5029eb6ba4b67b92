//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The schedules, in two hashes of their own: `KEYS[1]` has their records and `KEYS[2]` their versions, eight bytes each.
    ///
    /// `ARGV[1]` is `versions`; `all`; `read`, with names behind it; `write`, with the name, the version that is to be
    /// there or nothing, the new version, the record and the channel to tell or nothing; or `remove`, with the name, the channel and
    /// perhaps the only version to remove. What reads answers with the time, and then with a name and what belongs to it in turn.
    static let schedules = #"""
        local operation, name = ARGV[1], ARGV[2]
        if operation == 'write' then
            -- A version without a record is the rest of a schedule that somebody has removed by hand.
            local known = redis.call('HEXISTS', KEYS[1], name) == 1
            local present = known and redis.call('HGET', KEYS[2], name) or ''
            if present == ARGV[4] then return 1 end
            if present ~= ARGV[3] then return 0 end
            redis.call('HSET', KEYS[1], name, ARGV[5])
            redis.call('HSET', KEYS[2], name, ARGV[4])
            if ARGV[6] ~= '' then redis.call('PUBLISH', ARGV[6], name) end
            return 1
        elseif operation == 'remove' then
            if ARGV[4] and redis.call('HGET', KEYS[2], name) ~= ARGV[4] then return 0 end
            redis.call('HDEL', KEYS[2], name)
            local count = redis.call('HDEL', KEYS[1], name)
            if count > 0 then redis.call('PUBLISH', ARGV[3], name) end
            return count
        end
        local found = { struct.pack('>I8', now) }
        local function add(name, value)
            found[#found + 1] = name
            found[#found + 1] = value
        end
        -- A record without a version is none of ours.
        local function addRecord(name, version)
            local record = version and #version == 8 and redis.call('HGET', KEYS[1], name)
            if record then add(name, version .. record) end
        end
        if operation == 'read' then
            for i = 2, #ARGV do addRecord(ARGV[i], redis.call('HGET', KEYS[2], ARGV[i])) end
            return found
        end
        local rows = redis.call('HGETALL', KEYS[2])
        for i = 1, #rows, 2 do
            if operation == 'all' then
                addRecord(rows[i], rows[i + 1])
            elseif #rows[i + 1] == 8 then
                add(rows[i], rows[i + 1])
            end
        end
        return found
        """#
}
