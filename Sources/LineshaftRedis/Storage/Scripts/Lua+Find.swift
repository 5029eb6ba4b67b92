//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Looks for jobs by identifier; answers with the time and one description, or nothing, for each.
    static let find = #"""
        catchUp()
        conclude()
        local found = {now}
        for i = 3, #ARGV do found[i - 1] = describe(ARGV[i], true) end
        return found
        """#
}
