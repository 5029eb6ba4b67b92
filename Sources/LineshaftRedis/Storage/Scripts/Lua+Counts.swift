//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Counts a queue's jobs; answers with scheduled, ready, running, dead, whether paused, the limits as text, and how
    /// many microseconds the rate keeps the next ready job back; -1 if it is not what that waits for.
    static let counts = #"""
        catchUp()
        conclude()
        local ready, delay = readyCount(), -1
        if interval > 0 and ready > 0 and band(flags, 1) == 0 and (slots == 0 or active < slots) then
            local free, time = allowance(arrival, interval, burst)
            if free < 1 then delay = time - now end
        end
        return {
            call('ZCARD', KEYS[5]), ready, active, call('ZCARD', KEYS[9]), band(flags, 1),
            call('HGET', KEYS[11], 'L') or '', delay,
        }
        """#
}
