//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Accepts jobs: `ARGV[3]` holds their maximum lengths, four bytes each, or nothing; then identifiers and envelopes.
    ///
    /// Answers with a letter for each: accepted, full, or duplicate with the identifier of the one that is there.
    static let enqueue = #"""
        if plain then
            if band(flags, 1) == 0 then wake(count) end
            return string.rep('a', count)
        end
        local function isKnown(i)
            local id = ids[i]
            if seen[id] or known[i] and (byte(known[i]) < 128 or outcome(id, known[i])) then return true end
            seen[id] = true
        end
        -- The first write can be refused for want of memory or by a replica; then nothing must have changed.
        dirty = true
        save()
        local receipts, length = {}, nil
        catchUp()
        local owners = {}
        for i = 1, count do owners[#owners + 1] = ownerOf(ARGV[3 + 2 * i], 1) end
        if #owners > 0 then lines().preload(owners) end
        local fresh, none = {}, {}
        for i = 1, count do
            local id, h, f, receipt = ids[i], ARGV[3 + 2 * i], nil, nil
            if isKnown(i) then
                receipt = 'a'
            else
                f = band(byte(h, 2), 62) ~= 0 and fields(h, 1) or none
                local holder = f.key and call('HGET', KEYS[11], 'u' .. f.key)
                if holder and (sub(holder, 17) == NOTOKEN or read('>I8', holder, 17) > now) then
                    receipt = 'd' .. sub(holder, 1, 16)
                    seen[id] = nil
                elseif ARGV[3] ~= '' then
                    length = length or readyCount() + call('ZCARD', KEYS[5])
                    if length >= read('>I4', ARGV[3], 4 * i - 3) then
                        receipt = 'f'
                        seen[id] = nil
                    end
                end
            end
            if not receipt then
                receipt = 'a'
                if length then length = length + 1 end
                fresh[#fresh + 1] = id
                fresh[#fresh + 1] = h
                if f.key then
                    local last = 0
                    if f.window >= 0 then
                        last = math.min(now + math.floor(f.window / 1000), NEVER)
                        outlive('u' .. f.key, last)
                    end
                    call('HSET', KEYS[11], 'u' .. f.key, id .. pack('>I8', last))
                end
                local level, owner = byte(h, 3), ownerOf(h, 1)
                if f.start and f.start > now then
                    schedule(id, level, f.start, owner)
                elseif level == 5 and not owner then
                    call('RPUSH', KEYS[3], id)
                    arrivals = arrivals + 1
                else
                    makeReady(id, level, false, owner, true)
                end
                if f.expires or f.deadline then watchEnd(id, f, 0) end
            end
            receipts[i] = receipt
        end
        if #fresh > 0 then writeJobs(fresh, 1) end
        -- A job may have come too late already.
        catchUp()
        conclude()
        return table.concat(receipts)
        """#
}
