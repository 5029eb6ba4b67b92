//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Something happens to a workflow: `ARGV[1]` says what, then come its arguments.
    ///
    /// Answers with how many jobs have ended and how many there are; then, for each event, the outcome that counts, the nodes to
    /// enqueue with their generations, the ranges of which the rest is to be cancelled, and how the workflow is over.
    static let flow = #"""
        local what, answers = ARGV[1], {0, total}
        local function answer(body, starts, cancels, ending)
            answers[#answers + 1] = body
            answers[#answers + 1] = starts
            answers[#answers + 1] = cancels
            answers[#answers + 1] = ending
        end
        local function expire(milliseconds)
            for k = 1, #KEYS do call('PEXPIRE', KEYS[k], milliseconds) end
        end
        local function persist()
            call('HDEL', INFO, 'expiry')
            for k = 1, #KEYS do call('PERSIST', KEYS[k]) end
        end
        local function isAbsorbed(r)
            while r >= 0 do
                if region(r).exit and isClosed(r) then return true end
                r = region(r).parent
            end
            return false
        end
        -- The first write can be refused for want of memory or by a replica; then nothing must have changed.
        call('HSET', INFO, 'phase', phase)
        if what == 'begin' then
            local step = newStep()
            for k = 2, #ARGV do
                local i = tonumber(ARGV[k])
                reach(i, node(i).isJob)
            end
            for k = 2, #ARGV do
                local i = tonumber(ARGV[k])
                followStart(i, node(i).isJob, step)
            end
            answer('', conclude(step))
            if phase == 'l' then expire(86400000) end
        elseif what == 'launch' then
            if phase == 'l' then
                phase = 'r'
                call('HSET', INFO, 'phase', phase)
                persist()
                closeStopped(0)
            end
            answer('', conclude(newStep()))
        elseif what == 'end' then
            for k = 2, #ARGV, 3 do
                local i, since, body = tonumber(ARGV[k]), tonumber(ARGV[k + 1]), ARGV[k + 2]
                local own = node(i)
                if not own or not own.isJob or since < generation(i) then
                    answer(body, '', '', '')
                else
                    local known = outcome(i)
                    if not known then
                        known = body
                        call('HSET', i < main and OUT or BESIDE, i, body)
                        if byte(body) == 1 then
                            for _, edge in ipairs(own.edges) do
                                if arrive(edge) then reach(edge.target, edge.isJob) end
                            end
                        elseif i < main then
                            call('ZADD', FAILED, i, i)
                            stop(own.region, i)
                        end
                        call('ZREM', ACTIVE, i)
                        if i < main then closeStopped(own.region) end
                    end
                    answer(known, consequences(i, known))
                end
            end
        elseif what == 'cancel' then
            local step = newStep()
            if not over then
                isStopping = true
                call('HSETNX', STOPS, 0, 'c')
                if phase == 'r' then closeStopped(0) end
                cancelRest(0, step)
                if isClosed(0) then tell(0, step) end
            end
            answer('', conclude(step))
        elseif what == 'restart' then
            if not over or over == 's' then return 0 end
            gen, over = gen + 1, nil
            call('HSET', INFO, 'gen', gen)
            call('HDEL', INFO, 'end', 'released')
            persist()
            local again, failed = call('ZRANGE', HELD, 0, -1), call('ZRANGE', FAILED, 0, -1)
            call('DEL', HELD)
            for _, name in ipairs(failed) do
                if not isAbsorbed(node(tonumber(name)).region) then
                    call('HDEL', OUT, name)
                    call('ZREM', FAILED, name)
                    again[#again + 1] = name
                end
            end
            local open = {}
            for _, name in ipairs(call('HKEYS', STOPS)) do
                local r = tonumber(name)
                if r and not isAbsorbed(r) then open[#open + 1] = r end
            end
            for _, r in ipairs(open) do
                call('HDEL', STOPS, r, 'k' .. r)
                for _, callback in ipairs(region(r).callbacks) do
                    call('HDEL', BESIDE, callback)
                    call('ZREM', ACTIVE, callback)
                    call('HSET', INFO, 'g' .. callback, gen)
                end
            end
            isStopping = call('EXISTS', STOPS) == 1
            local step = newStep()
            table.sort(again, function(a, b) return tonumber(a) < tonumber(b) end)
            for _, name in ipairs(again) do
                local i = tonumber(name)
                call('HSET', INFO, 'g' .. i, gen)
                reach(i, node(i).isJob)
                followStart(i, node(i).isJob, step)
            end
            answer('', conclude(step))
        elseif what == 'expand' then
            call('HSET', INFO, 'expands', 1)
        elseif over then
            call('HSET', INFO, 'released', ARGV[2])
            call('HDEL', INFO, 'expiry')
        end
        if over and call('ZCARD', ACTIVE) == 0 then
            local kept = call('HMGET', INFO, 'released', 'expiry')
            if kept[1] and not kept[2] then
                call('HSET', INFO, 'expiry', string.format('%.0f', now + tonumber(kept[1])))
                expire(math.ceil(tonumber(kept[1]) / 1000) + 1000)
            end
        end
        answers[1] = completed()
        return answers
        """#
}
