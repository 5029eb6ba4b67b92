//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The pieces of Lua that scripts are put together from, one in each file beside this one.
///
/// Every script of a queue gets the same keys (``QueueKeys``) and begins with the same two arguments: the prefix of keys
/// and channels, and the thirteen bytes of ``StorageSettings``. Numbers travel as big-endian integers. Times are in
/// microseconds, which Lua's numbers hold exactly until the year 2255.
enum Lua {
    /// The server's time.
    static let serverClock = """
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        """

    /// A time that a test keeps in a key.
    static func clock(key: String) -> String {
        "local now = tonumber(redis.call('GET', '\(key)'))"
    }
}
