//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Begins to store a workflow, unless it is there: `ARGV` are the fields of what is known of the whole.
    ///
    /// Answers whether it is to be filled and launched.
    static let flowCreate = #"""
        local phase, shape = unpack(call('HMGET', KEYS[1], 'phase', 'shape'))
        if phase and phase ~= 'l' then return 0 end
        if phase then
            for k = 1, #ARGV, 2 do
                if ARGV[k] == 'shape' then return ARGV[k + 1] == shape and 1 or -1 end
            end
        end
        call('HSET', KEYS[1], unpack(ARGV))
        call('PEXPIRE', KEYS[1], 86400000)
        return 1
        """#

    /// Adds to a workflow that was not launched: `ARGV[1]` is the number of the key, then come fields and values.
    static let flowAppend = #"""
        if call('HGET', KEYS[1], 'phase') ~= 'l' then return 0 end
        local key = KEYS[tonumber(ARGV[1])]
        for k = 2, #ARGV, 2 do call('HSET', key, ARGV[k], ARGV[k + 1]) end
        call('PEXPIRE', key, 86400000)
        return 1
        """#

    /// Reads of a workflow what `ARGV[1]` says.
    static let flowRead = #"""
        local what, answers = ARGV[1], {}
        if what == 'head' then return call('HGET', INFO, 'head') end
        if what == 'summary' then
            return {over or '', call('HEXISTS', STOPS, 0), completed(), total, gen, phase == 'l' and 0 or 1,
                call('HEXISTS', INFO, 'expands')}
        end
        if what == 'open' then
            local open = call('ZRANGEBYSCORE', ACTIVE, ARGV[2], '(' .. ARGV[3], 'LIMIT', 0, ARGV[4])
            for k = 1, #open do answers[k] = pack('>I4I4', tonumber(open[k]), generation(tonumber(open[k]))) end
            return table.concat(answers)
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
                local failed = tonumber(call('HGET', STOPS, i) or '')
                answers[k - 1] = failed and pack('>I4I4', failed, generation(failed)) or false
            end
        end
        return answers
        """#
}
