//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Reads a page of a queue's tenants that have jobs ready: `ARGV[3]` is the last score, or nothing, `ARGV[4]` the limit.
    ///
    /// Answers with the score of the last one, or nothing after the last page; then for each the name, how many of its jobs
    /// are ready and run, and whether it has reached a limit.
    static let tenants = #"""
        catchUp()
        conclude()
        local reply, limit, after = {''}, tonumber(ARGV[4]), tonumber(ARGV[3]) or -1
        if not lined() then return reply end
        local last
        lines().visit(after, function(score, t, section)
            -- A tenant is listed once, with the first of its lines.
            if score <= after or t.name == '' or t.waiting == 0 or t.segments[1].section ~= section then return true end
            if #reply > 4 * limit then
                reply[1] = last
                return false
            end
            local at = #reply
            reply[at + 1], reply[at + 2], reply[at + 3] = t.name, t.waiting, lines().runningOf(t)
            reply[at + 4] = lines().isHeldBack(t) and 1 or 0
            last = string.format('%.0f', score)
            return true
        end)
        return reply
        """#
}
