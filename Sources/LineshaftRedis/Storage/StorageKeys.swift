//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The keys of a call, as they are sent, and the slot that all of them are in.
package struct StorageKeys: Sendable, Hashable {
    /// The keys.
    package let all: [[UInt8]]
    /// The keys as words of a command.
    let words: RESPWords
    /// Where they are in a Cluster.
    let slot: ClusterSlot

    /// - Parameter keys: At least one, all in one slot.
    init(_ keys: [[UInt8]]) {
        all = keys
        words = RESPWords(keys)
        slot = ClusterSlot(key: keys.first ?? [])
    }
}
