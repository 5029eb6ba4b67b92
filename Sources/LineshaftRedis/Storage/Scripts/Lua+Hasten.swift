//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Makes the job `ARGV[3]` ready if it waits for its time; if it is running, as soon as it is put off.
    static let hasten = #"""
        local id = ARGV[3]
        local h = held(id)
        if not h or byte(h) > 127 then return 0 end
        local g = groups[index()[id]]
        if g then
            if band(g.jobs[id].flags, 4) == 0 then
                g.jobs[id].flags = g.jobs[id].flags + 4
                g.isChanged = true
            end
        elseif call('ZREM', KEYS[5], id .. mark(byte(h, 3), ownerOf(h, 1))) == 1 then
            makeReady(id, byte(h, 3), false, ownerOf(h, 1))
        else
            return 0
        end
        conclude()
        return 1
        """#
}
