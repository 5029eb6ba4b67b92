//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Pauses, resumes or limits a queue: `ARGV[3]` is `pause`, `resume` or `limit`.
    ///
    /// After `limit` come the number of jobs that may run at once, the microseconds between two starts and the burst; 0 for no
    /// limit. What may be given out now and could not be before wakes idle workers.
    static let configure = #"""
        if ARGV[3] == 'pause' then
            if band(flags, 1) == 0 then flags = flags + 1 end
        elseif ARGV[3] == 'resume' then
            if band(flags, 1) ~= 0 then flags = flags - 1 end
        else
            slots, interval, burst = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
            -- Whoever changes the limit gets all of it at once, whatever the last one had left.
            arrival = 0
        end
        dirty = true
        -- First, for it is what may be refused.
        save()
        if band(flags, 1) == 0 then wake(readyCount()) end
        return 1
        """#
}
