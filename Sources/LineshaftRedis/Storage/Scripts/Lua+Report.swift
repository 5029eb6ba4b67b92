//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Notes how far jobs have come, unless they have ended: identifiers and reports.
    ///
    /// Nobody may ever say that such a job has ended, so a report is kept as long as an outcome.
    static let report = #"""
        local accepted = 0
        for i = 3, #ARGV, 2 do
            local id, text = ARGV[i], ARGV[i + 1]
            if not outcome(id, held(id)) then
                if call('HSET', KEYS[11], 'p' .. id, text) == 1 then
                    noted = noted + 1
                    dirty = true
                    outlive('p' .. id, math.min(now + kept, NEVER))
                end
                accepted = accepted + 1
                local clients = watched > 0 and call('HGET', KEYS[11], 'w' .. id) or ''
                for at = 1, #clients, 8 do
                    post(sub(clients, at, at + 7), 'p', id .. pack('>I4', #text) .. text)
                end
            end
        end
        conclude()
        return accepted
        """#
}
