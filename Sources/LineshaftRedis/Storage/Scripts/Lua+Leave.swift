//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Forgets that the worker `ARGV[3]` is idle; with `pass` in `ARGV[4]` another is woken in its place.
    static let leave = #"""
        call('ZREM', KEYS[12], ARGV[3])
        if ARGV[4] == 'pass' and band(flags, 1) == 0 then wake(readyCount()) end
        return 1
        """#
}
