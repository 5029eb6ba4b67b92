//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Answers with the keys of a queue that hold something else than they should, each with what it holds.
    static let check = #"""
        local wrong = {}
        for i = 1, #KEYS do
            local kind = redis.call('TYPE', KEYS[i]).ok
            if kind ~= 'none' and kind ~= ARGV[i] then
                wrong[#wrong + 1] = KEYS[i]
                wrong[#wrong + 1] = kind
                wrong[#wrong + 1] = ARGV[i]
            end
        end
        local layout = wrong[1] == nil and redis.call('GETRANGE', KEYS[1], 0, 0) or ''
        if layout ~= '' and layout ~= '\1' then
            return redis.error_reply('NEWERLAYOUT ' .. KEYS[1] .. ' was written in layout ' .. string.byte(layout)
                .. ', this program knows 1')
        end
        return wrong
        """#
}
