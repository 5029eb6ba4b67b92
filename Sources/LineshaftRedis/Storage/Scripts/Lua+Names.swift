//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Lua {
    /// Short names for what every script calls.
    static let names = #"""
        local call, band, byte, sub = redis.call, bit.band, string.byte, string.sub
        local find, pack, read = string.find, struct.pack, struct.unpack
        """#
}
