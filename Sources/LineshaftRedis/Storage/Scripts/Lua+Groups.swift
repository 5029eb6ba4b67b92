//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The jobs that run, in groups of at most sixteen that were given out by one claim under one token.
    ///
    /// A group is one field of a hash and one member of a sorted set, however many jobs it holds: since when, the poison limit,
    /// the worker, and for each job 25 bytes: the identifier, flags (1 cancel requested, 2 has a state), when the lease runs out.
    static let groups = #"""
        local GROUP = 16
        local groups = {}
        local function parse(token8, text)
            local group = {jobs = {}, order = {}, start = sub(text, 1, 13 + byte(text, 13))}
            group.since, group.poison = read('>I8I4', text)
            group.worker = sub(group.start, 14)
            for at = #group.start + 1, #text, 25 do
                local id = sub(text, at, at + 15)
                group.order[#group.order + 1] = id
                group.jobs[id] = {flags = byte(text, at + 16), deadline = (read('>I8', text, at + 17))}
            end
            groups[token8] = group
            return group
        end
        local function group(token8)
            local known = groups[token8]
            if known ~= nil then return known end
            local text = call('HGET', KEYS[8], token8)
            if text then return parse(token8, text) end
            groups[token8] = false
            return false
        end
        -- The groups of all jobs that run, by identifier: as many as workers have slots. For what is asked by hand.
        local function index()
            local rows, found = call('HGETALL', KEYS[8]), {}
            for i = 1, #rows, 2 do
                if groups[rows[i]] == nil then parse(rows[i], rows[i + 1]) end
                if groups[rows[i]] then
                    for id in pairs(groups[rows[i]].jobs) do found[id] = rows[i] end
                end
            end
            return found
        end
        local function saveGroups()
            for token8, g in pairs(groups) do
                if g and g.isChanged then
                    local parts, first = {g.start}, NEVER
                    for i = 1, #g.order do
                        local job = g.jobs[g.order[i]]
                        if job then
                            parts[#parts + 1] = g.order[i] .. string.char(job.flags) .. pack('>I8', job.deadline)
                            if job.deadline < first then first = job.deadline end
                        end
                    end
                    if #parts == 1 then
                        call('ZREM', KEYS[7], token8)
                        call('HDEL', KEYS[8], token8)
                    else
                        call('HSET', KEYS[8], token8, table.concat(parts))
                        call('ZADD', KEYS[7], string.format('%.0f', first), token8)
                        if first < upcoming then upcoming = first dirty = true end
                    end
                    g.isChanged = false
                end
            end
        end
        local function stopRunning(g, id)
            g.jobs[id] = nil
            g.isChanged = true
            active = math.max(active - 1, 0)
            dirty = true
        end
        """#
}
