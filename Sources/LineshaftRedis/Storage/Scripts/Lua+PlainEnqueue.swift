//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The short way of plain jobs: what they need is read and written with one command for all.
    ///
    /// Defining the functions of the long way costs more than all of this.
    static let plainEnqueue =
        #"""
        local count, ids, plain, owners = (#ARGV - 3) / 2, {}, ARGV[3] == '', nil
        for i = 1, count do
            ids[i] = ARGV[2 + 2 * i]
            local _, bits, level = byte(ARGV[3 + 2 * i], 1, 3)
            if bits > 63 then
                owners = owners or {}
                bits = bits - 64
            end
            if bits > 3 or level ~= 5 then plain = false end
        end
        local known = readJobs(ids)
        local seen = {}
        if plain then
            for i = 1, count do
                local id = ids[i]
                if known[i] or seen[id] then plain = false break end
                seen[id] = true
            end
            seen = {}
        end
        local unowned, woken = ids, count
        if plain and owners then

        """# + ownedEnqueue + #"""

            end
            if plain then
                -- The first write may be refused. And a list entry without a job is harmless, a job without a list entry is not.
                if #unowned > 0 then call('RPUSH', KEYS[3], unpack(unowned)) end
                writeJobs(ARGV, 4)
                if woken == 0 or call('ZCARD', KEYS[12]) == 0 then return string.rep('a', count) end
            end
            """#
}
