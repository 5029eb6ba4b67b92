//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Cancels or deletes jobs: `ARGV[3]` is `cancel` or `delete`, then come identifiers.
    ///
    /// Answers with a letter for each: ended, requested, finished before, deleted from the dead letters, kept because it runs,
    /// or unknown.
    static let cancel = #"""
        catchUp()
        -- What has just ended by itself is to be found so.
        flush()
        local isDeletion, answers, told, gone, running = ARGV[3] == 'delete', {}, {}, {}, nil
        for i = 4, #ARGV do
            local id, answer = ARGV[i], nil
            local h = held(id)
            if gone[id] then
                answer = isDeletion and 'u' or 'f'
            elseif not h or byte(h) > 127 then
                answer = h ~= nil and outcome(id, h) and 'f' or 'u'
            else
                running = running or index()
                local g = groups[running[id]]
                if g then
                    answer = isDeletion and 'k' or 'q'
                    if not isDeletion then
                        local job = g.jobs[id]
                        if band(job.flags, 1) == 0 then
                            job.flags = job.flags + 1
                            g.isChanged = true
                        end
                        told[g.worker] = (told[g.worker] or 'c') .. id
                    end
                elseif call('ZSCORE', KEYS[9], id) then
                    answer = isDeletion and 'd' or 'f'
                    if isDeletion then
                        call('ZREM', KEYS[9], id)
                        forgetDead(id)
                        gone[id] = true
                    end
                else
                    local failed = state(id)
                    stopWaiting(id, h)
                    finish(id, h, 1, 3, failed, NOTOKEN, '')
                    forget(id)
                    answer = 'e'
                    gone[id] = true
                end
            end
            answers[i - 3] = answer
        end
        for worker, ids in pairs(told) do call('PUBLISH', ARGV[1] .. 'worker:' .. worker, ids) end
        conclude()
        return table.concat(answers)
        """#
}
