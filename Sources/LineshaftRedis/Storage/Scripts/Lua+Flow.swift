//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// What scripts of workflows begin with.
    ///
    /// `KEYS` are: what is known of the whole, nodes, outcomes of jobs, outcomes of callbacks and of nodes that gather, arrivals at
    /// joins, jobs that were begun and have not ended, nodes whose turn had come in a part that had stopped, jobs that did not
    /// succeed, and stopped parts. The script ends here, without an answer, when there is no such workflow.
    static let flowBase = #"""
        local INFO, NODES, OUT, BESIDE, JOINS, ACTIVE, HELD, FAILED, STOPS = unpack(KEYS)
        local info = call('HMGET', INFO, 'phase', 'main', 'total', 'gen', 'end', 'expiry', 'first')
        local phase, main, total, gen, over = info[1], tonumber(info[2]), tonumber(info[3]), tonumber(info[4]), info[5]
        if not phase or info[6] and tonumber(info[6]) <= now then return false end
        local incarnation = tonumber(info[7])
        local function generation(i)
            return gen > incarnation and tonumber(call('HGET', INFO, 'g' .. i)) or incarnation
        end
        local function completed() return call('HLEN', OUT) end
        """#

    /// What follows from what in a workflow: the same as the core's state machine, for one event at a time.
    ///
    /// Those that wait for a node are told a page at a time. Until the last page, the node is among those that were begun and
    /// have not ended, although it has an outcome.
    static let flowRules = #"""
        local PAGE = 1000
        local function edgesAt(text, at, count)
            local edges = {}
            for k = 1, count do
                local target, position, offset, waits, isJob = read('>I4I4I4I4B', text, at)
                edges[k] = {target = target, position = position, offset = offset, waits = waits, isJob = isJob == 1}
                at = at + 17
            end
            return edges
        end
        local nodes, regions = {}, {}
        local function node(i)
            local known = nodes[i]
            if known then return known end
            local text = call('HGET', NODES, i)
            if not text then return nil end
            local isJob, region, count = read('>BI4I4', text)
            known = {isJob = isJob == 1, region = region, count = count, text = text}
            nodes[i] = known
            return known
        end
        -- A page of those that wait for a node, and whether there are more.
        local function pageOf(i, from)
            local own = node(i)
            local count = math.max(math.min(own.count - from, PAGE), 0)
            return edgesAt(own.text, 10 + 17 * from, count), own.count > from + PAGE
        end
        local function region(r)
            local known = regions[r]
            if known then return known end
            local text = call('HGET', INFO, 'r' .. r)
            local parent, first, last, callbacks, exits = read('>i4I4I4I4B', text)
            known = {parent = parent, first = first, last = last, callbacks = {}, exit = nil}
            for k = 1, callbacks do known.callbacks[k] = read('>I4', text, 14 + 4 * k) end
            known.exit = edgesAt(text, 18 + 4 * callbacks, exits)[1]
            regions[r] = known
            return known
        end
        local isStopping = call('EXISTS', STOPS) == 1
        local function stopOf(r) return isStopping and call('HGET', STOPS, r) end
        local function isClosed(r) return isStopping and call('HEXISTS', STOPS, 'k' .. r) == 1 end
        local function activeIn(r)
            local part = region(r)
            if part.last <= part.first then return 0 end
            return call('ZCOUNT', ACTIVE, part.first, part.last - 1)
        end
        local function outcome(i)
            return i < main and call('HGET', OUT, i) or call('HGET', BESIDE, i)
        end
        local function arrive(edge)
            if edge.waits < 2 then return true end
            call('SETBIT', JOINS, edge.offset * 8 + edge.position, 1)
            local last = edge.offset + math.floor((edge.waits + 7) / 8) - 1
            return call('BITCOUNT', JOINS, edge.offset, last) == edge.waits
        end
        -- Holds a node back whose part has stopped, and stops what is around it and has begun, so that it is told.
        local function hold(i, source)
            if not isStopping or i >= main then return false end
            local r, reason = node(i).region, nil
            while r >= 0 and not reason do
                reason = stopOf(r)
                r = region(r).parent
            end
            if not reason then return false end
            call('ZADD', HELD, i, i)
            r = node(i).region
            while source and not stopOf(r) do
                local part = region(r)
                if part.first <= source and source < part.last then call('HSET', STOPS, r, reason) end
                r = part.parent
            end
            return true
        end
        local pass
        local function reach(i, isJob, source)
            if outcome(i) or isJob and call('ZSCORE', ACTIVE, i) then return end
            if hold(i, source) then return end
            if isJob then
                call('ZADD', ACTIVE, i, i)
            else
                call('HSET', BESIDE, i, '\1')
                pass(i, 0)
            end
        end
        pass = function(i, from)
            local edges, isMore = pageOf(i, from)
            if isMore then call('ZADD', ACTIVE, i, i) end
            for _, edge in ipairs(edges) do
                if arrive(edge) then reach(edge.target, edge.isJob, i) end
            end
            if not isMore and (from > 0 or node(i).isJob) then call('ZREM', ACTIVE, i) end
        end
        local function stop(r, reason)
            isStopping = true
            while r >= 0 do
                call('HSETNX', STOPS, r, reason)
                if region(r).exit then return end
                r = region(r).parent
            end
        end
        local function closeStopped(r)
            while isStopping and r >= 0 do
                local part = region(r)
                if stopOf(r) and not isClosed(r) and activeIn(r) == 0 then
                    call('HSET', STOPS, 'k' .. r, 1)
                    for _, callback in ipairs(part.callbacks) do reach(callback, true) end
                    if part.exit and arrive(part.exit) then reach(part.exit.target, part.exit.isJob, part.first) end
                end
                r = part.parent
            end
        end
        local follow
        local function followStart(i, isJob, step)
            if isJob then
                if call('ZSCORE', ACTIVE, i) and not outcome(i) then
                    step.starts[#step.starts + 1] = pack('>I4I4', i, generation(i))
                end
            elseif outcome(i) then
                follow(i, 0, step)
            end
        end
        follow = function(i, from, step)
            local edges, isMore = pageOf(i, from)
            for _, edge in ipairs(edges) do followStart(edge.target, edge.isJob, step) end
            if isMore then step.rest[#step.rest + 1] = pack('>I4I4', i, from + PAGE) end
        end
        local function tell(r, step)
            local part = region(r)
            for _, callback in ipairs(part.callbacks) do followStart(callback, true, step) end
            if part.exit then followStart(part.exit.target, part.exit.isJob, step) end
        end
        -- Tells of the parts around that have ended; answers with the outermost that has stopped.
        local function tellStopped(r, step)
            local stopped
            while isStopping and r >= 0 do
                if stopOf(r) then
                    stopped = r
                    if isClosed(r) then tell(r, step) end
                end
                r = region(r).parent
            end
            return stopped
        end
        local function newStep() return {starts = {}, rest = {}, cancels = {}} end
        local function cancelRest(r, step)
            local part = region(r)
            if activeIn(r) > 0 then step.cancels[#step.cancels + 1] = pack('>I4I4', part.first, part.last) end
        end
        local function conclude(step)
            if phase == 'r' and not over and activeIn(0) == 0 then
                local reason = stopOf(0)
                over = not reason and 's' or reason == 'c' and 'c' or 'f' .. reason
                call('HSET', INFO, 'end', over)
            end
            return table.concat(step.starts), table.concat(step.rest), table.concat(step.cancels), over or ''
        end
        local function consequences(i, body)
            local step = newStep()
            if byte(body) == 1 then follow(i, 0, step) end
            if i < main then
                local stopped = tellStopped(node(i).region, step)
                if stopped and byte(body) ~= 3 then cancelRest(stopped, step) end
            end
            return conclude(step)
        end
        """#
}
