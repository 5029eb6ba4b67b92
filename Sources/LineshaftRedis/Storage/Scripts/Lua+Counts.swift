//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Counts a queue's jobs; answers with scheduled, ready, running, dead, whether paused, and the limits.
    static let counts = #"""
        catchUp()
        conclude()
        return {
            call('ZCARD', KEYS[5]), readyCount(), active, call('ZCARD', KEYS[9]), band(flags, 1),
            slots, burst, tostring(interval),
        }
        """#
}
