//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The steps of a job that runs: reads them, or records one, if the lease is still held.
    ///
    /// `ARGV[3]` is the identifier with the token, or, only to read and whoever has the lease, without it; to record a step, its number and its record follow. Answers with nothing when the
    /// lease is not the job's newest; else with the records in the order of their numbers, or with 1.
    ///
    /// A job's steps are fields of their own beside its state: `t`, the identifier and the number. The field without a number says
    /// up to which there may be some, and `T` that there are any: `forget` takes it away together with the state. A job that has
    /// steps has a state, so that it never ends on the short way.
    static let steps = #"""
        local id = sub(ARGV[3], 1, 16)
        local g, job
        if #ARGV[3] > 16 then
            g = group(sub(ARGV[3], 17, 24))
            job = g and g.jobs[id]
            if not job then return false end
        end
        local last = tonumber(call('HGET', KEYS[11], 't' .. id) or 0)
        if #ARGV == 3 then
            local found = {}
            for first = 1, last, 1000 do
                local names = {}
                for i = first, math.min(first + 999, last) do names[#names + 1] = 't' .. id .. pack('>I4', i) end
                local part = call('HMGET', KEYS[11], unpack(names))
                for i = 1, #part do
                    if part[i] then found[#found + 1] = part[i] end
                end
            end
            return found
        end
        local number = tonumber(ARGV[4])
        -- The first write, and the only one that can be refused for want of memory.
        call('HSET', KEYS[11], 't' .. id .. pack('>I4', number), ARGV[5], 't' .. id, math.max(number, last), 'T' .. id, '')
        if last == 0 then
            local failed, deliveries, lost, _, wait, applied, failures = state(id, 1)
            keep(id, failed, deliveries, lost, 1, wait, applied, failures)
            if band(job.flags, 2) == 0 then
                job.flags = job.flags + 2
                g.isChanged = true
                saveGroups()
                save()
            end
        end
        return 1
        """#
}
