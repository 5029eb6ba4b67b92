//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Begins to store a workflow, unless it is there: `ARGV` are the fields of what is known of the whole.
    ///
    /// The incarnation is the time in seconds. Answers whether the workflow is to be filled and launched.
    static let flowCreate = #"""
        local phase, shape, expiry = unpack(call('HMGET', KEYS[1], 'phase', 'shape', 'expiry'))
        if phase and expiry and tonumber(expiry) <= now then
            call('DEL', unpack(KEYS))
            phase = nil
        end
        if phase and phase ~= 'l' then return 0 end
        if phase then
            local parent
            for k = 1, #ARGV, 2 do
                if ARGV[k] == 'shape' and ARGV[k + 1] ~= shape then return -1 end
                if ARGV[k] == 'parent' then parent = ARGV[k + 1] end
            end
            if parent then call('HSET', KEYS[1], 'parent', parent) end
            return 1
        end
        -- What was left of one whose launch was broken off, and which was dropped, is none of this one's.
        call('DEL', unpack(KEYS, 2, 9))
        local incarnation = string.format('%.0f', math.floor(now / 1000000))
        call('HSET', KEYS[1], 'gen', incarnation, 'first', incarnation, unpack(ARGV))
        call('PEXPIRE', KEYS[1], 86400000)
        return 1
        """#

    /// Adds to a workflow that was not launched: `ARGV[1]` is the number of the key, then come fields and values.
    static let flowAppend = #"""
        if call('HGET', KEYS[1], 'phase') ~= 'l' then return 0 end
        local key = KEYS[tonumber(ARGV[1])]
        for k = 2, #ARGV, 200 do call('HSET', key, unpack(ARGV, k, math.min(k + 199, #ARGV))) end
        call('PEXPIRE', key, 86400000)
        return 1
        """#

    /// Begins to store a workflow with all that belongs to it; what `flow` is then told comes next.
    ///
    /// `ARGV` begins with how many arguments belong to `flowCreate`, and how many are fields and values of parts and of nodes;
    /// then come all these, and then the arguments of `flow`. Answers as `flowCreate` does unless the workflow is to be filled, and as
    /// `flow` if it is.
    static let flowWhole =
        #"""
        local given, place = ARGV, 3
        local function takeNext(count)
            local taken = {}
            for k = 1, count do taken[k] = given[place + k] end
            place = place + count
            return taken
        end
        local function create(ARGV)

        """# + flowCreate + #"""

            end
            local answer = create(takeNext(tonumber(given[1])))
            if answer ~= 1 then return answer end
            for k = 1, 2 do
                local entries = takeNext(tonumber(given[k + 1]))
                for e = 1, #entries, 200 do
                    call('HSET', KEYS[k], unpack(entries, e, math.min(e + 199, #entries)))
                end
            end
            local ARGV = takeNext(#given - place)
            """#

    /// Reads of a workflow what `ARGV[1]` says.
    static let flowRead = #"""
        local what, answers = ARGV[1], {}
        if what == 'head' then
            return {call('HGET', INFO, 'head'), call('HGET', INFO, 'parent') or '', incarnation}
        end
        if what == 'summary' then
            return {over or '', call('HEXISTS', STOPS, 0), completed(), total, incarnation, gen, phase == 'l' and 0 or 1,
                call('HEXISTS', INFO, 'expands')}
        end
        if what == 'open' then
            local open, passing = call('ZRANGEBYSCORE', ACTIVE, ARGV[2], '(' .. ARGV[3], 'LIMIT', 0, ARGV[4]), {}
            for k = 1, #open do
                local i = tonumber(open[k])
                if call('HEXISTS', i < main and OUT or BESIDE, i) == 1 or call('HEXISTS', BESIDE, i) == 1 then
                    passing[#passing + 1] = pack('>I4', i)
                else
                    answers[#answers + 1] = pack('>I4I4', i, generation(i))
                end
            end
            return {table.concat(answers), table.concat(passing), open[#open] and tonumber(open[#open]) or -1}
        end
        if what == 'outcome' then
            local i = tonumber(ARGV[2])
            if tonumber(ARGV[3]) < generation(i) then return '\3' end
            return call('HGET', i < main and OUT or BESIDE, i) or ''
        end
        for k = 2, #ARGV do
            local i = tonumber(ARGV[k])
            if what == 'nodes' then
                answers[k - 1] = call('HGET', NODES, i)
            elseif what == 'outcomes' then
                answers[k - 1] = call('HGET', i < main and OUT or BESIDE, i)
            else
                local reason = call('HGET', STOPS, i)
                local failed = reason and tonumber(reason)
                answers[k - 1] = failed and pack('>I4I4', failed, generation(failed)) or reason
            end
        end
        return answers
        """#
}
