//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The short way of a turn where jobs take turns or places are counted: what is read before anything is written.
    ///
    /// `plainTurn` has it in three places: `parts`, then `partsFreed` once jobs are settled, then `partsPicked` for jobs to do. What
    /// these have found stays in `T`, and what they have changed is written by its `save`: the tenants' records in `fresh`, of which
    /// empty ones are to go, and in `kept` and `gone`. The formats are those of `lines`.
    static let parts =
        #"""
        local T
        if isSettled and (takesTurns and isQuiet or hasOwners) then

        """# + partUse + #"""

                T = openParts()
                T.isChanged = T.isClamped
                T.fresh, T.kept, T.gone, T.dropped, T.joined = {}, {'q', ''}, {}, {}, {}
                T.isCounted, T.hasTypes = isCounted(T), next(T.byJob) ~= nil
                T.hold, T.holdSection, T.begin, T.finished, T.sectionOf = hold, holdSection, begin, finished, sectionOf
                -- The outcomes take the place of the envelopes, which say what type a job is of.
                if count > 0 and T.hasTypes then T.envelopes = readJobs(ids) end
                -- The records of tenants, in the long form where it takes what a rate needs, for which the short one has no room.
                function T.find(fields)
                    local texts, isKnown = call('HMGET', KEYS[14], unpack(fields)), next(T.fresh)
                    if isKnown or T.interval > 0 then
                        for i = 1, #fields do
                            local text = T.fresh[fields[i]] or texts[i]
                            if text and T.interval > 0 and text ~= '' and byte(text) > 127 then text = expand(text) end
                            texts[i] = text
                        end
                    end
                    return texts
                end
                -- Puts the lines of a tenant in their rings, at the end.
                function T.join(field, text)
                    local at, last, joined = 26, nil, T.joined
                    if byte(text) > 127 then
                        if #text == 5 then return end
                        T.turn = T.turn + 1
                        joined[#joined + 1] = string.format('%.0f', T.turn)
                        joined[#joined + 1] = field
                        return
                    end
                    while at <= #text do
                        local section, _, _, _, _, length, start = read(SEGMENT, text, at)
                        if section ~= last then
                            T.turn = T.turn + 1
                            joined[#joined + 1] = string.format('%.0f', section * SPAN + T.turn)
                            joined[#joined + 1] = string.char(section) .. sub(field, 2)
                        end
                        last = section
                        at = start + length
                    end
                end
                function T.save()
                    if not T.isChanged then return end
                    local kept, gone = T.kept, T.gone
                    kept[2] = packParts(T)
                    for field, text in pairs(T.fresh) do
                        if text == '' then
                            gone[#gone + 1] = field
                        else
                            kept[#kept + 1] = field
                            kept[#kept + 1] = text
                        end
                    end
                    call('HSET', KEYS[14], unpack(kept))
                    if #gone > 0 then call('HDEL', KEYS[14], unpack(gone)) end
                    if #T.dropped > 0 then call('HDEL', KEYS[11], unpack(T.dropped)) end
                    if T.count == 0 and not next(T.sections) then
                        call('ZREM', KEYS[15], '\0')
                        if not T.isCounted and call('HLEN', KEYS[14]) == 1 then call('DEL', KEYS[14]) end
                    end
                    local wanted = (T.count > 0 and 8 or 0) + (next(T.sections) and 16 or 0)
                    if wanted ~= flags then flags = wanted dirty = true end
                end
            end
            """#

    /// Gives back the places of the jobs that were settled.
    static let partsFreed = #"""
        if T and count > 0 and (T.isCounted or T.hasTypes) then
            local ended, fields = {}, {}
            if T.isCounted then
                for i = 1, count do
                    local how = ARGV[3 * i + 2]
                    if byte(how, 20) > 63 then
                        local last = 18 + byte(how, 22) * 256 + byte(how, 23)
                        local field = '\0' .. sub(how, last - byte(how, last), last - 1)
                        if not ended[field] then fields[#fields + 1] = field end
                        ended[field] = (ended[field] or 0) + 1
                    end
                end
            end
            local function free(field, text)
                local running, waiting, arrival, rest, marks, line
                if byte(text) > 127 then
                    marks, running = read('>BI4', text)
                    waiting, arrival, rest, line = 0, 0, 0, sub(text, 6)
                else
                    running, waiting, arrival, rest, marks = read(TENANT, text)
                    arrival = math.min(arrival, now + T.burst * T.interval)
                    line = sub(text, 26)
                end
                running = math.max(running - ended[field], 0)
                if marks % 2 == 1 then
                    local held = T.hold({running = running, arrival = arrival}, T)
                    if not held then
                        marks = marks - 1
                        T.join(field, text)
                    end
                    -- What waited for a place may have to wait for its rate now.
                    local next = line ~= '' and held or 0
                    if next > 0 and next ~= rest then
                        call('ZADD', KEYS[15], string.format('%.0f', next - REST), '\255' .. sub(field, 2))
                        if next < upcoming then upcoming = next dirty = true end
                    elseif next == 0 and rest > 0 then
                        call('ZREM', KEYS[15], '\255' .. sub(field, 2))
                    end
                    rest = next
                end
                if running == 0 and line == '' then
                    if T.interval == 0 or arrival <= now then return '' end
                    local time = math.ceil(arrival)
                    call('ZADD', KEYS[13], time, 'k' .. sub(field, 2))
                    if time < purging then purging = time dirty = true end
                end
                if marks > 127 then return pack('>BI4', marks, running) .. line end
                return pack(TENANT, running, waiting, arrival, rest, marks) .. line
            end
            if #fields > 0 then
                local texts = T.find(fields)
                for k = 1, #fields do
                    if texts[k] then T.fresh[fields[k]] = free(fields[k], texts[k]) end
                end
            end
            if #T.joined > 0 then
                call('ZADD', KEYS[15], unpack(T.joined))
                early = early + #T.joined / 2
            end
            for i = 1, T.hasTypes and count or 0 do
                local s = T.sectionOf(T, T.envelopes[i])
                if s then
                    local wasFull = T.holdSection(s) == 0
                    T.finished(s, s)
                    if wasFull and s.count > 0 and not T.holdSection(s) then early = early + 1 end
                end
            end
            T.isChanged = true
        end
        """#
}
