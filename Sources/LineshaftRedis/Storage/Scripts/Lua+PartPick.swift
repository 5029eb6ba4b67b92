//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Picks jobs by turns into `popped`, `n` of them, which `plainTurn` leases.
    ///
    /// Whatever it comes upon that is not simple leaves all of it to the long way; nothing has been written then. A tenant's record
    /// in the short form is a string from which jobs are cut off; what is known of another one while it is worked on is in `long`.
    static let partsPicked = #"""
        local function pick()
            if limit == 0 then return band(options, 4) == 0 and (early == 0 or call('ZCARD', KEYS[12]) == 0) end
            for _, s in pairs(T.sections) do
                if s.count > 0 or s.isLimited == 0 then return false end
                s.wasRunning, s.wasArrival = s.running, s.arrival
            end
            local length, rows, slots = call('LLEN', KEYS[3]), {}, T.slots
            if T.count > 0 then rows = call('ZRANGEBYSCORE', KEYS[15], 0, '(1099511627776', 'LIMIT', 0, limit) end
            -- What belongs to a line is found by its number, that of the row in which it comes first.
            local turn, last, texts, scores, numbers, hasPlain = T.turn, #rows, {}, {}, {}, false
            for i = 1, last do
                if rows[i] == '\0' then hasPlain = true end
                numbers[i] = i
            end
            if last > 0 then texts = T.find(rows) end
            local lines = last
            -- The list of jobs without a tenant takes its place behind the others, unless it has one.
            local joinsPlain = length > 0 and not hasPlain
            if joinsPlain then
                turn = turn + 1
                if last < limit then
                    last, lines = last + 1, last + 1
                    rows[last], numbers[last] = '\0', last
                end
                joinsPlain = string.format('%.0f', turn)
            end
            local picked, places, uses, long, marked, dropped, rests = {}, {}, {}, {}, {}, {}, {}
            local count, total, passed, i, earliest, buffer = 0, 0, 0, 1, NEVER, nil
            while count < limit and i <= last do
                local member, k = rows[i], numbers[i]
                local text, id, isEmpty, held = texts[k] or '', nil, false, nil
                local tag = byte(text)
                i = i + 1
                if member == '\0' then
                    isEmpty = passed >= length
                    if not isEmpty then
                        buffer = buffer or call('LRANGE', KEYS[3], 0, limit - 1)
                        passed = passed + 1
                        id = buffer[passed]
                        -- What may have a state is longer.
                        if #id ~= 16 then return false end
                        isEmpty = passed == length
                    end
                elseif not tag or tag == 129 or tag == 131 then
                    return false
                elseif tag > 127 then
                    local at = places[k] or 6
                    id = sub(text, at, at + 15)
                    if id == '' then return false end
                    places[k] = at + 16
                    isEmpty = at + 15 >= #text
                    if slots > 0 then
                        local running = (uses[k] or read('>I4', text, 2)) + 1
                        uses[k] = running
                        -- One that was held before is so since the limits were changed.
                        if running > slots then return false end
                        if running == slots then held = 0 end
                    end
                    if tag > 129 then marked[#marked + 1] = 's' .. id end
                    total = total + 1
                else
                    local c = long[k]
                    if not c then
                        c = {text = text, taken = 0}
                        c.running, c.waiting, c.arrival, c.rest, c.marks = read(TENANT, text)
                        c.arrival = math.min(c.arrival, now + T.burst * T.interval)
                        if #text < 26 or c.marks % 2 == 1 or T.hold(c, T) then return false end
                        c.section, c.level, c.first, c.last, c.left, c.length, c.at = read(SEGMENT, text, 26)
                        c.stop = c.at + c.length
                        if c.section ~= 0 then return false end
                        long[k] = c
                    end
                    if c.at == c.stop then
                        local name = 'c\0' .. string.char(c.level) .. pack('>I4', c.first) .. sub(member, 2)
                        local front = call('HGET', KEYS[11], name)
                        if not front then return false end
                        dropped[#dropped + 1] = name
                        c.text = front .. sub(c.text, c.stop)
                        c.at, c.stop, c.first = 1, #front + 1, c.first + 1
                    end
                    id = sub(c.text, c.at, c.at + 15)
                    c.at, c.left, c.taken = c.at + 16, c.left - 1, c.taken + 1
                    if c.left == 0 then
                        isEmpty = c.stop > #c.text
                        if not isEmpty then
                            c.section, c.level, c.first, c.last, c.left, c.length, c.at = read(SEGMENT, c.text, c.stop)
                            c.stop = c.at + c.length
                        end
                    end
                    if T.isCounted then
                        T.begin(c, T)
                        held = T.hold(c, T)
                    end
                    c.isEmpty, c.isHeld, c.rest = isEmpty, held ~= nil, not isEmpty and held or 0
                    if c.rest > 0 then
                        rests[#rests + 1] = string.format('%.0f', held - REST)
                        rests[#rests + 1] = '\255' .. sub(member, 2)
                        earliest = math.min(earliest, held)
                    end
                    if c.marks > 1 then marked[#marked + 1] = 's' .. id end
                    total = total + 1
                end
                if id then
                    count = count + 1
                    picked[count] = id
                end
                turn = turn + 1
                if isEmpty then
                    scores[k] = false
                elseif held then
                    scores[k] = BLOCKED + turn
                else
                    last = last + 1
                    rows[last], numbers[last], scores[k] = member, k, turn
                end
            end
            -- What a worker leaves that was woken, or what may begin now, is for others, whom the long way tells.
            if count == limit and (band(options, 4) ~= 0 or early > 0 and call('ZCARD', KEYS[12]) > 0) then return false end
            if #marked > 0 then
                local states = call('HMGET', KEYS[11], unpack(marked))
                for k = 1, #marked do
                    if states[k] then return false end
                end
            end
            local found = count > 0 and readJobs(picked) or {}
            for k = 1, count do
                local version, bits = byte(found[k] or '\255', 1, 2)
                if version > 127 or bits % 64 > 7 then return false end
                local s = T.hasTypes and T.sectionOf(T, found[k])
                if s then
                    if T.holdSection(s) then return false end
                    T.begin(s, s)
                end
            end
            -- From here on things are written, and after this nothing of it can be refused.
            call('ZREM', KEYS[7], '')
            if joinsPlain then call('ZADD', KEYS[15], 'NX', joinsPlain, '\0') end
            local added, gone, kept, fresh = rests, {}, T.kept, T.fresh
            local to, put = #added, #kept
            for k = 1, lines do
                local score, member = scores[k], rows[k]
                if score then
                    added[to + 1], added[to + 2] = string.format('%.0f', score), member
                    to = to + 2
                elseif score == false then
                    gone[#gone + 1] = member
                end
                local at, c, text = places[k], long[k], nil
                if at then
                    local running, own = uses[k], texts[k]
                    if at > #own then
                        text = running and pack('>BI4', running == slots and 129 or 128, running) or ''
                    elseif running then
                        text = pack('>BI4', byte(own) + (running == slots and 1 or 0), running) .. sub(own, at)
                    else
                        text = sub(own, 1, 5) .. sub(own, at)
                    end
                elseif c then
                    local marks = (c.isEmpty and 0 or c.marks) + (c.isHeld and 1 or 0)
                    text = pack(TENANT, c.running, math.max(c.waiting - c.taken, 0), c.arrival, c.rest, marks)
                    if not c.isEmpty then
                        text = text .. pack(SEGMENT, 0, c.level, c.first, c.last, c.left, c.stop - c.at) .. sub(c.text, c.at)
                    elseif c.running == 0 then
                        text = ''
                    end
                end
                if text == '' then
                    T.gone[#T.gone + 1] = member
                elseif text then
                    kept[put + 1], kept[put + 2] = member, text
                    put = put + 2
                end
                if text and fresh[member] then fresh[member] = nil end
            end
            if to > 0 then call('ZADD', KEYS[15], unpack(added)) end
            if #gone > 0 then call('ZREM', KEYS[15], unpack(gone)) end
            if passed > 0 then call('LTRIM', KEYS[3], passed, -1) end
            T.turn, T.count, T.dropped, T.isChanged = turn, T.count - total, dropped, true
            if earliest < upcoming then upcoming = earliest dirty = true end
            popped, envelopes, n, shift, left = picked, found, count, passed, T.count + length - passed
            return true
        end
        hasFresh = pick()
        if not hasFresh then
            for _, s in pairs(T.sections) do s.running, s.arrival = s.wasRunning or s.running, s.wasArrival or s.arrival end
        end
        T.save()
        """#
}
