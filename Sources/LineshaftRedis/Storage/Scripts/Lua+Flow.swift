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
        local info = call('HMGET', INFO, 'phase', 'main', 'total', 'gen', 'end', 'expiry')
        local phase, main, total, gen, over = info[1], tonumber(info[2]), tonumber(info[3]), tonumber(info[4]), info[5]
        if not phase or info[6] and tonumber(info[6]) <= now then return false end
        local function generation(i)
            return gen > 0 and tonumber(call('HGET', INFO, 'g' .. i)) or 0
        end
        local function completed() return call('HLEN', OUT) end
        """#

    /// What follows from what in a workflow: the same as the core's state machine, for one event at a time.
    static let flowRules = #"""
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
            known = {isJob = isJob == 1, region = region, edges = edgesAt(text, 10, count)}
            nodes[i] = known
            return known
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
        local function isHeld(i)
            if not isStopping or i >= main then return false end
            local r = node(i).region
            while r >= 0 do
                if stopOf(r) then return true end
                r = region(r).parent
            end
            return false
        end
        local function arrive(edge)
            if edge.waits < 2 then return true end
            call('SETBIT', JOINS, edge.offset * 8 + edge.position, 1)
            local last = edge.offset + math.floor((edge.waits + 7) / 8) - 1
            return call('BITCOUNT', JOINS, edge.offset, last) == edge.waits
        end
        local function reach(i, isJob)
            if outcome(i) or isJob and call('ZSCORE', ACTIVE, i) then return end
            if isHeld(i) then
                call('ZADD', HELD, i, i)
            elseif isJob then
                call('ZADD', ACTIVE, i, i)
            else
                call('HSET', BESIDE, i, '\1')
                for _, edge in ipairs(node(i).edges) do
                    if arrive(edge) then reach(edge.target, edge.isJob) end
                end
            end
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
                    if part.exit and arrive(part.exit) then reach(part.exit.target, part.exit.isJob) end
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
                follow(i, step)
            end
        end
        follow = function(i, step)
            for _, edge in ipairs(node(i).edges) do followStart(edge.target, edge.isJob, step) end
        end
        local function tell(r, step)
            local part = region(r)
            for _, callback in ipairs(part.callbacks) do followStart(callback, true, step) end
            if part.exit then followStart(part.exit.target, part.exit.isJob, step) end
        end
        local function newStep() return {starts = {}, cancels = {}} end
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
            return table.concat(step.starts), table.concat(step.cancels), over or ''
        end
        local function consequences(i, body)
            local step = newStep()
            if byte(body) == 1 then follow(i, step) end
            if i < main and isStopping then
                local r, stopped = node(i).region, nil
                while r >= 0 do
                    if stopOf(r) then
                        stopped = r
                        if isClosed(r) then tell(r, step) end
                    end
                    r = region(r).parent
                end
                if stopped and byte(body) ~= 3 then cancelRest(stopped, step) end
            end
            return conclude(step)
        end
        """#
}
