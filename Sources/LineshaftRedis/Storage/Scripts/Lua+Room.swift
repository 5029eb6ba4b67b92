//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Says whether a queue is shorter than `ARGV[3]`, and if not, that the client `ARGV[4]` is to be told of room.
    static let room = #"""
        catchUp()
        local isShort = readyCount() + call('ZCARD', KEYS[5]) < tonumber(ARGV[3])
        if not isShort then
            call('HSET', KEYS[11], 'r', (call('HGET', KEYS[11], 'r') or '') .. ARGV[4])
            if band(flags, 2) == 0 then flags = flags + 2 dirty = true end
        end
        conclude()
        return isShort and 1 or 0
        """#
}
