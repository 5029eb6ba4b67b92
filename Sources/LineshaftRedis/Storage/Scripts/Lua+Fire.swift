//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Accepts one job as `enqueue` does, unless its number is not higher than all that were accepted under a fence before.
    ///
    /// The last key holds the highest one. The last argument is the number, eight bytes, and the one before it says for how
    /// many seconds it is remembered; the others are those of `enqueue`.
    ///
    /// - Parameter enqueue: The script of `enqueue`.
    /// - Returns: The script.
    static func fire(enqueue: String) -> String {
        #"""
        local sequence = table.remove(ARGV)
        local memory = table.remove(ARGV)
        local mark = redis.call('GET', KEYS[#KEYS])
        if mark and struct.unpack('>I8', mark) >= struct.unpack('>I8', sequence) then return 'a' end
        local function accept()

        """# + enqueue + #"""

            end
            local receipts = accept()
            -- Neither an error nor a job that a full queue did not take.
            if type(receipts) == 'string' and string.sub(receipts, 1, 1) ~= 'f' then
                redis.call('SET', KEYS[#KEYS], sequence, 'EX', memory)
            end
            return receipts
            """#
    }

    /// Begins to store a workflow of a schedule as `flowCreate` does, unless that was done before or it is too late.
    ///
    /// `KEYS[10]` says that it was done. The last argument is the last moment for it, and the one before it says for how many seconds it is
    /// remembered; the others are those of `flowCreate`. A single argument says for how many seconds more it is remembered.
    static let fireFlow =
        #"""
        if #ARGV == 1 then return call('EXPIRE', KEYS[10], ARGV[1]) end
        local deadline = tonumber(table.remove(ARGV))
        local memory = table.remove(ARGV)
        local phase, expiry = unpack(call('HMGET', KEYS[1], 'phase', 'expiry'))
        if not phase or expiry and tonumber(expiry) <= now then
            if call('EXISTS', KEYS[10]) == 1 then return 0 end
            if now > deadline then return -2 end
        end
        local function create()

        """# + flowCreate + #"""

            end
            local answer = create()
            if answer == 1 then call('SET', KEYS[10], '', 'EX', memory) end
            return answer
            """#
}
