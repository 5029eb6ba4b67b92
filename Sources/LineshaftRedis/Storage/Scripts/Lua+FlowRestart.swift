//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// What a restart begins again; the new generation is known already.
    static let flowRestart = #"""
        local function restart()
            local names, absorbed, open, isKept = call('HKEYS', STOPS), {}, {}, nil
            -- A failure is a result that stands, unless nobody has had it and only what is around had stopped.
            for _, name in ipairs(names) do
                local r = tonumber(name)
                local exit = r and isClosed(r) and region(r).exit
                if exit then
                    local i, part = tonumber(stopOf(r)), region(r)
                    local isOwn = i and part.first <= i and i < part.last
                    if outcome(exit.target) or isOwn and byte(outcome(i)) ~= 3 then absorbed[r] = true end
                end
            end
            isKept = function(r)
                while r >= 0 do
                    if absorbed[r] then return true end
                    r = region(r).parent
                end
                return false
            end
            for _, name in ipairs(names) do
                local r = tonumber(name)
                if r and not isKept(r) then
                    open[#open + 1] = r
                    local exit = region(r).exit
                    if exit and isClosed(r) then
                        if exit.waits > 1 then call('SETBIT', JOINS, exit.offset * 8 + exit.position, 0) end
                        call('ZREM', HELD, exit.target)
                    end
                end
            end
            local again = call('ZRANGE', HELD, 0, -1)
            call('DEL', HELD)
            for _, name in ipairs(call('ZRANGE', FAILED, 0, -1)) do
                if not isKept(node(tonumber(name)).region) then
                    call('HDEL', OUT, name)
                    call('ZREM', FAILED, name)
                    again[#again + 1] = name
                end
            end
            for _, r in ipairs(open) do
                call('HDEL', STOPS, r, 'k' .. r)
                for _, callback in ipairs(region(r).callbacks) do
                    call('HDEL', BESIDE, callback)
                    call('ZREM', ACTIVE, callback)
                    call('HSET', INFO, 'g' .. callback, gen)
                end
            end
            isStopping = call('EXISTS', STOPS) == 1
            table.sort(again, function(a, b) return tonumber(a) < tonumber(b) end)
            for _, name in ipairs(again) do
                local i = tonumber(name)
                call('HSET', INFO, 'g' .. i, gen)
                reach(i, node(i).isJob)
            end
        end
        """#
}
