//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Reads outcomes; for `watch` and `await` in `ARGV[3]` also has a client told of those to come, for `progress` progress.
    ///
    /// What is awaited will end here, however long that takes. `ARGV[4]` is the client's eight bytes; then come identifiers.
    static let outcomes = #"""
        local ids, kind = {unpack(ARGV, 5)}, ARGV[3]
        if kind == 'progress' then
            local names = {}
            for i = 1, #ids do names[i] = 'p' .. ids[i] end
            return call('HMGET', KEYS[11], unpack(names))
        end
        catchUp()
        conclude()
        local records = readJobs(ids)
        for i = 1, #ids do
            local isThere = records[i]
            records[i] = outcome(ids[i], isThere) or false
            if not records[i] and kind ~= 'read' then
                local clients = call('HGET', KEYS[11], 'w' .. ids[i])
                local isNew, client = true, ARGV[4]
                for at = 1, #(clients or ''), 8 do
                    if sub(clients, at, at + 7) == client then isNew = false end
                end
                if isNew then
                    call('HSET', KEYS[11], 'w' .. ids[i], (clients or '') .. client)
                    if not clients then watched = watched + 1 end
                    dirty = true
                end
                if not isThere and kind == 'watch' then
                    -- Nobody knows whether such a job will ever end here.
                    outlive('w' .. ids[i], math.min(now + kept, NEVER))
                end
            end
        end
        save()
        return records
        """#
}
