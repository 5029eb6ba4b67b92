//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Pauses, resumes or limits a queue: `ARGV[3]` is `pause`, `resume` or `limit`.
    ///
    /// After `limit` come the number of jobs that may run at once, the microseconds between two starts and the burst, 0 for no
    /// limit; the limits as text, to tell whether they are others than before; and those of the queue's parts, as `lines` has them. What may be given out now and could not
    /// be before wakes idle workers.
    static let configure = #"""
        if ARGV[3] == 'pause' then
            if band(flags, 1) == 0 then flags = flags + 1 end
        elseif ARGV[3] == 'resume' then
            if band(flags, 1) ~= 0 then flags = flags - 1 end
        else
            -- Every process may say the same when it starts, so that must not refill the rate.
            if (call('HGET', KEYS[11], 'L') or '') == ARGV[7] then return 1 end
            slots, interval, burst = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
            arrival = math.min(arrival, now + burst * interval)
            lines().configure(ARGV[8])
            if ARGV[7] == '' then call('HDEL', KEYS[11], 'L') else call('HSET', KEYS[11], 'L', ARGV[7]) end
        end
        dirty = true
        -- First, for it is what may be refused.
        save()
        if P then
            P.save()
            save()
        end
        if band(flags, 1) == 0 then wake(readyCount()) end
        return 1
        """#
}
