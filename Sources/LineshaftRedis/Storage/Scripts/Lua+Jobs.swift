//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Where envelopes and outcomes are: each quarter of a second's jobs in a hash of their own, by the time in their identifiers.
    ///
    /// Jobs that were submitted together are run and forgotten together. So whatever is worked on is in a few small tables
    /// that stay in the processor's cache, however many millions of jobs are queued; in one large table each look at a job
    /// would wait for memory.
    ///
    /// In a cluster it is one hash for each queue: while a slot moves, a script must not come upon a key that it has not
    /// declared and that has gone ahead.
    static let jobs = #"""
        local spread = byte(ARGV[2], 13) == 0
        local function home(id)
            if spread then return KEYS[2] .. ':' .. sub(id, 1, 5) end
            return KEYS[2]
        end
        local function held(id) return call('HGET', home(id), id) end
        -- Calls `body` for each part of a list that is in one hash: its key, and from where to where it goes. From `from`
        -- on, every `width`th entry is an identifier.
        local function parts(list, from, width, body)
            local n, length = #list, spread and 5 or 0
            while from <= n do
                local last, window = from + width - 1, sub(list[from], 1, length)
                while last < n and sub(list[last + 1], 1, length) == window do last = last + width end
                body(home(list[from]), from, last)
                from = last + 1
            end
        end
        local function readJobs(ids)
            local found = {}
            parts(ids, 1, 1, function(key, first, last)
                local part = call('HMGET', key, unpack(ids, first, last))
                if first == 1 then
                    found = part
                else
                    for i = 1, #part do found[first + i - 1] = part[i] end
                end
            end)
            return found
        end
        local function writeJobs(list, from)
            parts(list, from, 2, function(key, first, last) call('HSET', key, unpack(list, first, last)) end)
        end
        local function dropJobs(ids)
            parts(ids, 1, 1, function(key, first, last) call('HDEL', key, unpack(ids, first, last)) end)
        end
        """#
}
