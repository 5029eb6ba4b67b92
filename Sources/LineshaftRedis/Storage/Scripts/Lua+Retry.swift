//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Makes dead letters ready again: identifiers with their envelopes as submitted anew.
    ///
    /// Answers with a letter for each: retried, or left alone because it is no dead letter.
    static let retry = #"""
        local answers = {}
        for i = 3, #ARGV, 2 do
            local id, h = ARGV[i], ARGV[i + 1]
            if call('ZSCORE', KEYS[9], id) then
                -- The first write, and the only one that can be refused for want of memory.
                call('HSET', home(id), id, h)
                call('ZREM', KEYS[9], id)
                call('HDEL', KEYS[11], 's' .. id)
                call('HDEL', KEYS[11], 'o' .. id)
                -- What has steps has a state.
                if call('HEXISTS', KEYS[11], 'T' .. id) == 1 then keep(id, 0, 0, 0, 0, 0, NOTOKEN, '') end
                local f = fields(h, 1)
                if f.key and f.window < 0 and call('HEXISTS', KEYS[11], 'u' .. f.key) == 0 then
                    call('HSET', KEYS[11], 'u' .. f.key, id .. NOTOKEN)
                end
                makeReady(id, byte(h, 3), false, ownerOf(h, 1))
                if f.expires or f.deadline then watchEnd(id, f, 0) end
                answers[#answers + 1] = 'r'
            else
                answers[#answers + 1] = 'l'
            end
        end
        catchUp()
        conclude()
        return table.concat(answers)
        """#
}
