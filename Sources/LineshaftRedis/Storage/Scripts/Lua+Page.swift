//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Reads a page of a queue: `ARGV[3]` is the state's letter, `ARGV[4]` the cursor or nothing, `ARGV[5]` the limit.
    ///
    /// Answers with the next cursor, or nothing after the last page, and the descriptions. A cursor is a part of the queue and a
    /// place in it: a score with the member that had it, or, in the list of ready jobs, a place counted from the first that was
    /// ever there, so that it holds whatever is taken from the front.
    static let page = #"""
        catchUp()
        conclude()
        local letter, limit, jobs, cursor = ARGV[3], tonumber(ARGV[5]), {}, ''
        local part, place, last = string.match(ARGV[4], '^(%d)|(-?[%d.e+]+)|(.*)$')
        part, place = tonumber(part or 0), tonumber(place)
        local function whole(number) return string.format('%.0f', number) end
        -- From a sorted set, by score and member; `most` bounds the scores.
        local function sorted(key, number, most, length)
            local score = place and whole(place) or '-inf'
            local from = 0
            local seen = last
            while #jobs < limit do
                local rows = call('ZRANGEBYSCORE', key, score, most, 'WITHSCORES', 'LIMIT', from, limit - #jobs + 1)
                if #rows == 0 then return false end
                for i = 1, #rows, 2 do
                    local isNew = not seen or tonumber(rows[i + 1]) > place or rows[i] > seen
                    if isNew then
                        if #jobs == limit then return true end
                        local job = describe(sub(rows[i], 1, 16))
                        if job then jobs[#jobs + 1] = job end
                        cursor = number .. '|' .. whole(tonumber(rows[i + 1])) .. '|' .. rows[i]
                    end
                end
                if #rows < 2 * (limit - #jobs + 1) and from == 0 and not seen then return false end
                from = from + #rows / 2
            end
            return #call('ZRANGEBYSCORE', key, score, most, 'LIMIT', from, 1) > 0
        end
        -- From the list, by windows; ghosts and what has moved on are left out.
        local function listed()
            local index, passed = math.max((place or head) - head, 0), 0
            while #jobs < limit and passed < limit + 1000 do
                local ids = call('LRANGE', KEYS[3], index, index + limit - #jobs - 1)
                if #ids == 0 then return false end
                for i = 1, #ids do
                    local job = describe(sub(ids[i], 1, 16))
                    if job and job[1] == 'e' then jobs[#jobs + 1] = job end
                end
                index = index + #ids
                passed = passed + #ids
                cursor = '1|' .. whole(head + index) .. '|'
            end
            return index < call('LLEN', KEYS[3])
        end
        -- From the lines, one after the other; a place is a line's score and the place in the line.
        local function inLines()
            local isFull, passed = false, 0
            lines().visit(place or 0, function(score, t, section)
                lines().jobs(t, section, score == place and last or '', function(id, spot)
                    local job = describe(id)
                    passed = passed + 1
                    if job and job[1] == 'e' then
                        if #jobs == limit then isFull = true return false end
                        jobs[#jobs + 1] = job
                    end
                    cursor = '3|' .. whole(score) .. '|' .. spot
                    -- Ghosts are left out, but not without end.
                    if passed > limit + 1000 then isFull = true return false end
                    return true
                end)
                return not isFull
            end)
            return isFull
        end
        -- Jobs that run, in the order in which they were given out; a place is the token and the place in its group.
        local function given()
            local tokens = call('HKEYS', KEYS[8])
            table.sort(tokens)
            index()
            for i = 1, #tokens do
                local g = groups[tokens[i]]
                for k = 1, #g.order do
                    local spot = read('>I8', tokens[i])
                    if not place or spot > place or spot == place and k > tonumber(last) then
                        if #jobs == limit then return true end
                        local job = describe(g.order[k])
                        if job then jobs[#jobs + 1] = job end
                        cursor = '0|' .. whole(spot) .. '|' .. k
                    end
                end
            end
            return false
        end
        local hasMore
        if letter == 's' then
            hasMore = sorted(KEYS[5], 0, '+inf')
        elseif letter == 'd' then
            hasMore = sorted(KEYS[9], 0, '+inf')
        elseif letter == 'r' then
            hasMore = given()
        else
            if part == 0 then
                hasMore = sorted(KEYS[4], 0, '(70368744177664')
                if not hasMore then part, place, last = 1, nil, nil end
            end
            if part == 1 then
                if #jobs == limit then
                    hasMore, cursor = true, '1|' .. whole(head) .. '|'
                else
                    hasMore = listed()
                end
                if not hasMore then part, place, last = 2, nil, nil end
            end
            if part == 2 then
                if #jobs == limit then
                    hasMore = call('ZCOUNT', KEYS[4], 70368744177664, '+inf') > 0 or lined() and lines().count > 0
                    cursor = '2|70368744177664|'
                else
                    place = place or 70368744177664
                    hasMore = sorted(KEYS[4], 2, '+inf')
                    if not hasMore then part, place, last = 3, nil, nil end
                end
            end
            if part == 3 and lined() then
                if #jobs == limit then
                    hasMore, cursor = lines().count > 0, '3|0|'
                else
                    hasMore = inLines()
                end
            end
        end
        return {hasMore and cursor or '', jobs}
        """#
}
