//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Takes back the outcomes of failed jobs that this server does not hold; answers with how many.
    static let withdraw = #"""
        catchUp()
        local count = 0
        for i = 3, #ARGV do
            local id = ARGV[i]
            local record = held(id)
            if record and byte(record) > 127 and byte(record, 2) % 128 == 2 then
                call('HDEL', home(id), id)
                call('ZREM', KEYS[13], 'x' .. id)
                count = count + 1
            end
        end
        conclude()
        return count
        """#
}
