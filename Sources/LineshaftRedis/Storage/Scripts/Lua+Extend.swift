//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Extends leases: `ARGV[3]` is how long they run from now, in microseconds; then come identifiers with tokens.
    ///
    /// Answers with a letter for each: held, cancel requested, or lost.
    static let extend = #"""
        local answers, deadline = {}, math.min(now + ARGV[3], NEVER)
        for i = 4, #ARGV do
            local id = sub(ARGV[i], 1, 16)
            local g = group(sub(ARGV[i], 17, 24))
            local job = g and g.jobs[id]
            if job then
                job.deadline = deadline
                g.isChanged = true
                answers[#answers + 1] = band(job.flags, 1) ~= 0 and 'c' or 'h'
            else
                answers[#answers + 1] = 'l'
            end
        end
        -- Removing nothing is a write that memory cannot refuse, and what follows one is not refused either.
        call('ZREM', KEYS[7], '')
        saveGroups()
        save()
        return table.concat(answers)
        """#
}
