//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// How many jobs a rate lets begin now, and when it lets the next one begin if there are none: what `RateMeter` does.
    static let allowance = #"""
        local function allowance(arrival, interval, burst)
            local base = math.max(arrival, now)
            local free = math.max(math.floor((now + burst * interval - base) / interval + 1e-9), 0)
            return free, math.ceil(base + interval - burst * interval), base
        end
        """#

    /// How the records of tenants and sections are written; see `lines`.
    static let partForms = #"""
        local COMMON, SECTION, TENANT, SEGMENT = '>ddI4dI4', '>BBI4I4I4dI4dB', '>I4I4ddB', '>BBI4I4I4I2'
        local SPAN, BLOCKED, REST, CHUNK = 1099511627776, 280375465082880, 9007199254740992, 512
        """#

    /// What the short way and the long way have in common: what all tenants share, the sections, and what parts have used up.
    static let partUse =
        #"""
        local function openParts()
            local P = {turn = 0, count = 0, slots = 0, interval = 0, burst = 0, sections = {}, byJob = {}}
            local common = call('HGET', KEYS[14], 'q')
            if common then
                local at
                P.turn, P.count, P.slots, P.interval, P.burst, at = read(COMMON, common)
                while at <= #common do
                    local s, length = {}, nil
                    s.number, s.isLimited, s.count, s.running, s.slots, s.interval, s.burst, s.arrival, length, at =
                        read(SECTION, common, at)
                    s.job = sub(common, at, at + length - 1)
                    at = at + length
                    -- What is further ahead comes from before the clock was set back.
                    if s.arrival > now + s.burst * s.interval then
                        s.arrival = now + s.burst * s.interval
                        P.isClamped = true
                    end
                    P.sections[s.number] = s
                    if s.isLimited == 1 then P.byJob[s.job] = s end
                end
            end
            return P
        end
        local function packParts(P)
            local text = pack(COMMON, P.turn, P.count, P.slots, P.interval, P.burst)
            for number, s in pairs(P.sections) do
                text = text .. pack(SECTION, number, s.isLimited, s.count, s.running, s.slots, s.interval, s.burst,
                    s.arrival, #s.job) .. s.job
            end
            return text
        end
        -- A tenant's record in the long form.
        local function expand(text)
            local marks, running, at = read('>BI4', text)
            local size = #text - at + 1
            local start = pack(TENANT, running, size / 16, 0, 0, marks - 128)
            if size == 0 then return start end
            return start .. pack(SEGMENT, 0, 5, 1073741824, 1073741824, size / 16, size) .. sub(text, at)
        end
        -- Without limits for tenants it is not counted what they use.
        local function isCounted(P) return P.slots > 0 or P.interval > 0 end

        """# + allowance + #"""

            -- What keeps the next job back: nothing, 0 for a place, or when the rate lets it begin.
            local function hold(use, limits)
                if limits.slots > 0 and use.running >= limits.slots then return 0 end
                if limits.interval > 0 then
                    local free, time = allowance(use.arrival, limits.interval, limits.burst)
                    if free < 1 then return time end
                end
            end
            local function holdSection(s)
                if s.isLimited == 1 then return hold(s, s) end
            end
            local function begin(use, limits)
                use.running = use.running + 1
                if limits.interval > 0 then
                    local _, _, base = allowance(use.arrival, limits.interval, limits.burst)
                    use.arrival = base + limits.interval
                end
            end
            local function finished(use, limits, isUnstarted)
                use.running = math.max(use.running - 1, 0)
                if isUnstarted and limits.interval > 0 then use.arrival = use.arrival - limits.interval end
            end
            -- The section of a job's type, if that is limited; `h` is its whole envelope.
            local function sectionOf(P, h)
                if not h or byte(h) > 127 then return nil end
                local from = byte(h, 4) * 256 + byte(h, 5) + 1
                return P.byJob[sub(h, from + 1, from + byte(h, from))]
            end
            """#
}
