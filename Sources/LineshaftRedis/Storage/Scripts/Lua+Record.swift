//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Stores outcomes of jobs that this server does not hold: identifiers and records, the first of which wins.
    ///
    /// The record's expiry is reckoned here, from its retention. Answers with the records that are now stored.
    static let record = #"""
        catchUp()
        local records = {}
        for i = 3, #ARGV, 2 do
            local id, record = ARGV[i], ARGV[i + 1]
            local known = held(id)
            if known and byte(known) < 128 then
                -- This server holds the job, and says itself how it ends.
                record = outcome(id, known) or record
            elseif outcome(id, known) then
                record = known
            else
                local own8 = sub(record, 25, 32)
                local expiry = math.floor(math.min(now + read('>i8', own8) / 1000, NEVER))
                record = sub(record, 1, 6) .. pack('>I8', expiry) .. sub(record, 15)
                if expiry > now then
                    call('HSET', home(id), id, record)
                    outlive('x' .. id, expiry)
                end
                local text = id .. record
                local reply = byte(record, 2) > 127 and sub(record, 41, 48) or nil
                if reply then post(reply, 'o', text) end
                unwatch(id, text, reply)
            end
            records[#records + 1] = record
        end
        conclude()
        return records
        """#
}
