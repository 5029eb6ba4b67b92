//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The short way of jobs that have tenants: puts them into their tenants' lines, as `lines` does.
    ///
    /// A part of `plainEnqueue`. It leaves to the long way all jobs of a call in which a tenant has lines of several priorities
    /// or types, or may have reached a limit.
    static let ownedEnqueue = #"""
        local names, fields, none = {}, {'q'}, {}
        unowned, woken = {}, 0
        for i = 1, count do
            local h = ARGV[3 + 2 * i]
            local _, bits, _, high, low = byte(h, 1, 5)
            if bits > 63 then
                local last = high * 256 + low
                local name = sub(h, last - byte(h, last), last - 1)
                local own = owners[name]
                if not own then
                    own = {}
                    owners[name] = own
                    names[#names + 1] = name
                    fields[#fields + 1] = '\0' .. name
                end
                own[#own + 1] = ids[i]
            else
                unowned[#unowned + 1] = ids[i]
            end
        end
        local found = call('HMGET', KEYS[14], unpack(fields))
        local version, flags = byte(call('GETRANGE', KEYS[1], 0, 1), 1, 2)
        plain = version == 1 and found[1] ~= false
        if plain then
            local turn, total, slots, interval = read(COMMON, found[1])
            local kept, notes, scores = {'q', ''}, {}, {}
            for k = 1, #names do
                local name, text = names[k], found[k + 1]
                local own, running, waiting, arrival, rest, marks, at = owners[name], 0, 0, 0, 0, 0, 26
                local first, last, left, front = 1073741824, 1073741824, 0, ''
                local isShort = interval == 0
                if text and byte(text) > 127 then
                    marks, running = read('>BI4', text)
                    front = sub(text, 6)
                    left = #front / 16
                    marks, waiting = marks - 128, left
                elseif text then
                    isShort = false
                    running, waiting, arrival, rest, marks = read(TENANT, text)
                    if #text >= at then
                        local section, level, length
                        section, level, first, last, left, length, at = read(SEGMENT, text, at)
                        if section ~= 0 or level ~= 5 or at + length - 1 ~= #text then plain = false break end
                        front = sub(text, at)
                    end
                end
                if left == 0 then
                    if marks % 2 == 1 or slots > 0 and running >= slots or interval > 0 and arrival > 0 then
                        plain = false
                        break
                    end
                    turn = turn + 1
                    scores[#scores + 1] = string.format('%.0f', turn)
                    scores[#scores + 1] = fields[k + 1]
                end
                if marks % 2 == 0 then woken = woken + #own end
                local from, behind = 1, 'c\0\5'
                if first == last and #front < CHUNK then
                    from = math.min(#own, (CHUNK - #front) / 16) + 1
                    front = front .. table.concat(own, '', 1, from - 1)
                end
                if from <= #own and last > first then
                    local field = behind .. pack('>I4', last - 1) .. name
                    local chunk = call('HGET', KEYS[11], field) or ''
                    if #chunk < CHUNK then
                        local to = math.min(#own, from + (CHUNK - #chunk) / 16 - 1)
                        notes[#notes + 1] = field
                        notes[#notes + 1] = chunk .. table.concat(own, '', from, to)
                        from = to + 1
                    end
                end
                while from <= #own do
                    local to = math.min(#own, from + CHUNK / 16 - 1)
                    notes[#notes + 1] = behind .. pack('>I4', last) .. name
                    notes[#notes + 1] = table.concat(own, '', from, to)
                    last = last + 1
                    from = to + 1
                end
                total = total + #own
                kept[#kept + 1] = fields[k + 1]
                if isShort and first == last then
                    kept[#kept + 1] = pack('>BI4', 128 + marks, running) .. front
                else
                    kept[#kept + 1] = pack(TENANT, running, waiting + #own, arrival, rest, marks)
                        .. pack(SEGMENT, 0, 5, first, last, left + #own, #front) .. front
                end
            end
            if plain then
                kept[2] = pack('>dd', turn, total) .. sub(found[1], 17)
                woken = woken + #unowned
                -- The first write may be refused. What follows one is not.
                call('HSET', KEYS[14], unpack(kept))
                if #notes > 0 then call('HSET', KEYS[11], unpack(notes)) end
                if #scores > 0 then call('ZADD', KEYS[15], unpack(scores)) end
                if band(flags, 8) == 0 then call('SETRANGE', KEYS[1], 1, string.char(flags + 8)) end
            end
        end
        """#
}
