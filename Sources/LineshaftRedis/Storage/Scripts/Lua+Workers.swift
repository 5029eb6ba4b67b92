//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// The registry of workers, a hash of its own: `ARGV[1]` is `announce`, `forget` or `list`.
    ///
    /// A report has the time until which it holds in front. `ARGV[2]` is the worker, `ARGV[3]` how long its report holds in
    /// microseconds, `ARGV[4]` the report.
    static let workers = #"""
        if ARGV[1] == 'announce' then
            local last = math.min(now + ARGV[3], 9007199254740991)
            return redis.call('HSET', KEYS[1], ARGV[2], struct.pack('>I8', last) .. ARGV[4])
        elseif ARGV[1] == 'forget' then
            return redis.call('HDEL', KEYS[1], ARGV[2])
        end
        local rows, reports = redis.call('HGETALL', KEYS[1]), {}
        for i = 1, #rows, 2 do
            if struct.unpack('>I8', rows[i + 1]) > now then
                reports[#reports + 1] = string.sub(rows[i + 1], 9)
            else
                redis.call('HDEL', KEYS[1], rows[i])
            end
        end
        return reports
        """#
}
