//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The name of a channel, which may be any bytes.
package struct RedisChannel: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The name.
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(stringLiteral name: String) {
        self.init(Array(name.utf8))
    }
}
