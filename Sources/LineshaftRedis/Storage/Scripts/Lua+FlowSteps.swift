//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Something happens to a workflow: `ARGV[1]` says what, then come its arguments.
    ///
    /// Answers with how many jobs have ended and how many there are, the incarnation and the generation; then, for each event,
    /// the outcome that counts, the nodes to enqueue with their generations, the nodes to go on with, the ranges of which the
    /// rest is to be cancelled, and how the workflow is over.
    static let flow = #"""
        local what, answers = ARGV[1], {0, total, incarnation, gen}
        local function answer(body, starts, rest, cancels, ending)
            answers[#answers + 1] = body
            answers[#answers + 1] = starts
            answers[#answers + 1] = rest
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
        elseif what == 'launch' then
            if phase == 'l' then
                phase = 'r'
                call('HSET', INFO, 'phase', phase)
                persist()
                closeStopped(0)
            end
            local step = newStep()
            if isClosed(0) then tell(0, step) end
            answer('', conclude(step))
        elseif what == 'end' then
            for k = 2, #ARGV, 3 do
                local i, since, body = tonumber(ARGV[k]), tonumber(ARGV[k + 1]), ARGV[k + 2]
                local own = node(i)
                if not own or not own.isJob or since < generation(i) then
                    answer(body, '', '', '', '')
                else
                    local known = outcome(i)
                    if not known then
                        known = body
                        call('HSET', i < main and OUT or BESIDE, i, body)
                        if byte(body) == 1 then
                            pass(i, 0)
                        else
                            if i < main then
                                call('ZADD', FAILED, i, i)
                                stop(own.region, i)
                            end
                            call('ZREM', ACTIVE, i)
                        end
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
        elseif what == 'advance' then
            local i, from, step = tonumber(ARGV[2]), tonumber(ARGV[3]), newStep()
            local body = node(i) and outcome(i)
            if body and byte(body) == 1 then
                if call('ZSCORE', ACTIVE, i) then
                    pass(i, from)
                    if i < main then closeStopped(node(i).region) end
                end
                follow(i, from, step)
                if i < main then tellStopped(node(i).region, step) end
            end
            answer('', conclude(step))
        elseif what == 'restart' then
            if not over or over == 's' then return 0 end
            gen, over = gen + 1, nil
            answers[4] = gen
            call('HSET', INFO, 'gen', gen)
            call('HDEL', INFO, 'end', 'released')
            persist()
            restart()
            answer('', conclude(newStep()))
        elseif what == 'expand' then
            call('HSET', INFO, 'expands', 1)
        elseif what == 'adopt' then
            call('HSET', INFO, 'parent', ARGV[2])
        elseif what == 'release' then
            local stands = over and tonumber(ARGV[3]) == gen
            if stands then
                call('HSET', INFO, 'released', ARGV[2])
                call('HDEL', INFO, 'expiry')
            end
            answers = {stands and 1 or 0, call('HGET', INFO, 'parent') or ''}
        end
        if over and call('ZCARD', ACTIVE) == 0 then
            local kept = call('HMGET', INFO, 'released', 'expiry', 'kept')
            if not kept[2] then
                local retention = tonumber(kept[1] or kept[3])
                call('HSET', INFO, 'expiry', string.format('%.0f', now + retention))
                expire(math.ceil(retention / 1000) + 1000)
            end
        end
        -- Whatever was written meanwhile has to go with the rest.
        if phase == 'l' then expire(86400000) end
        if what == 'release' then return answers end
        answers[1] = completed()
        return answers
        """#
}
