//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Putting jobs into lines and taking them out; a part of `lines`.
    static let lineContents = #"""
            local function chunkName(t, g, number)
                return 'c' .. string.char(g.section, g.level) .. pack('>I4', number) .. t.name
            end
            local function chunk(name)
                chunks[name] = chunks[name] or {text = call('HGET', KEYS[11], name) or ''}
                return chunks[name]
            end
            local function place(t, section, level, id, front)
                local g, at = nil, #t.segments + 1
                for i = 1, #t.segments do
                    local other = t.segments[i]
                    if other.section == section and other.level == level then g = other break end
                    if other.section > section or other.section == section and other.level < level then at = i break end
                end
                if not g then
                    g = {section = section, level = level, first = 1073741824, last = 1073741824, count = 0, front = ''}
                    table.insert(t.segments, at, g)
                end
                if front then
                    g.front = id .. g.front
                    if #g.front > 2 * CHUNK then
                        g.first = g.first - 1
                        chunks[chunkName(t, g, g.first)] = {text = sub(g.front, CHUNK + 1), isChanged = true}
                        g.front = sub(g.front, 1, CHUNK)
                    end
                elseif g.first == g.last and #g.front < CHUNK then
                    g.front = g.front .. id
                else
                    local c = g.last > g.first and chunk(chunkName(t, g, g.last - 1))
                    if not c or #c.text >= CHUNK then
                        c = {text = ''}
                        chunks[chunkName(t, g, g.last)] = c
                        g.last = g.last + 1
                    end
                    c.text = c.text .. id
                    c.isChanged = true
                end
                g.count = g.count + 1
                P.count = P.count + 1
                if section > 0 then P.sections[section].count = P.sections[section].count + 1 end
                t.isChanged = true
                t.isGone = nil
                isChanged = true
                if t.counts[section] then
                    t.counts[section] = t.counts[section] + 1
                else
                    t.counts[section] = 1
                    join(t, section)
                    review(t)
                end
            end
            -- The first of a line, of the highest priority; a line that is empty then leaves its ring.
            local function take(t, section)
                for i = 1, #t.segments do
                    local g = t.segments[i]
                    if g.section == section then
                        if g.front == '' then
                            local name = chunkName(t, g, g.first)
                            g.front = chunk(name).text
                            chunks[name] = {text = '', isGone = true}
                            g.first = g.first + 1
                        end
                        local id, lost = sub(g.front, 1, 16), 1
                        g.front = sub(g.front, 17)
                        -- Should a chunk be missing, the line does not stay for ever.
                        if id == '' then lost = g.count end
                        g.count = g.count - lost
                        P.count = P.count - lost
                        if section > 0 then P.sections[section].count = P.sections[section].count - lost end
                        if g.count == 0 then table.remove(t.segments, i) end
                        t.counts[section] = t.counts[section] - lost
                        if t.counts[section] == 0 then
                            t.counts[section] = nil
                            ring[string.char(section) .. t.name] = false
                        end
                        t.isChanged = true
                        isChanged = true
                        if id ~= '' then return id end
                        return take(t, section)
                    end
                end
            end
            -- A job of a tenant became ready; unless it is fresh it may have a state.
            function P.ready(id, level, front, owner, isFresh)
                local t = tenant(owner)
                t.waiting = t.waiting + 1
                t.hasStates = t.hasStates or not isFresh
                place(t, 0, level, id, front)
                if not t.isBlocked then arrivals = arrivals + 1 end
            end
            -- A ready job of a tenant ended; what it leaves in its line is a ghost.
            function P.stopWaiting(owner)
                local t = tenant(owner)
                t.waiting = math.max(t.waiting - 1, 0)
                t.isChanged = true
            end
            -- A job no longer runs, however that came about.
            function P.stopped(id, h, p, isUnstarted)
                local owner = ownerOf(h, p)
                if next(P.byJob) then
                    local s = sectionOf(P, p == 1 and h or held(id))
                    if s then
                        local wasFull = holdSection(s) == 0
                        finished(s, s, isUnstarted)
                        isChanged = true
                        if wasFull and s.count > 0 and not holdSection(s) then arrivals = arrivals + 1 end
                    end
                end
                if owner and isCounted(P) then
                    local t = tenant(owner)
                    finished(t, P, isUnstarted)
                    t.isChanged = true
                    arrivals = arrivals + review(t)
                    leave(t)
                end
            end
        """#
}
