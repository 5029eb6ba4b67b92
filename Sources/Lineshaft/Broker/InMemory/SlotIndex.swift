//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Finds the slot of a job by its identifier: an open-addressing hash table that holds only slots and parts of hashes.
///
/// The identifiers themselves are where the slots lead, so an entry takes 8 bytes where a dictionary would need 20.
package struct SlotIndex: Sendable {
    /// The hash in the upper half, one more than the slot in the lower; 0 is an empty place.
    private var entries: [UInt64] = Array(repeating: 0, count: 16)
    private var mask = 15
    private let seed: UInt64

    package private(set) var count = 0

    /// Creates an empty index.
    ///
    /// - Parameter seed: What keeps others from choosing identifiers that collide.
    package init(seed: UInt64 = .random(in: 0 ... .max)) {
        self.seed = seed
    }

    /// The hash under which `id` is kept.
    @inline(__always)
    package func hash(_ id: JobID) -> UInt32 {
        let product = (id.low ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        let mixed = ((product.high ^ product.low) ^ id.high).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return UInt32(truncatingIfNeeded: mixed.high ^ mixed.low)
    }

    /// The slot with this hash for which `matches` holds.
    @inline(__always)
    package func find(_ hash: UInt32, where matches: (UInt32) -> Bool) -> UInt32? {
        var position = Int(hash) & mask
        while true {
            let entry = entries[position]
            if entry == 0 { return nil }
            if UInt32(truncatingIfNeeded: entry >> 32) == hash {
                let slot = UInt32(truncatingIfNeeded: entry) - 1
                if matches(slot) { return slot }
            }
            position = (position + 1) & mask
        }
    }

    /// Adds a slot that is not there.
    package mutating func insert(_ slot: UInt32, hash: UInt32) {
        if (count + 1) * 4 > entries.count * 3 { resize(to: entries.count * 2) }
        place(UInt64(hash) << 32 | UInt64(slot + 1))
        count += 1
    }

    /// Removes a slot; one that is not there is ignored.
    package mutating func remove(_ slot: UInt32, hash: UInt32) {
        let entry = UInt64(hash) << 32 | UInt64(slot + 1)
        var hole = Int(hash) & mask
        while entries[hole] != entry {
            if entries[hole] == 0 { return }
            hole = (hole + 1) & mask
        }
        // Those behind it move up, so that no search ends at the hole before it reaches them.
        var next = (hole + 1) & mask
        while entries[next] != 0 {
            let home = Int(entries[next] >> 32) & mask
            if (next &- home) & mask >= (next &- hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        entries[hole] = 0
        count -= 1
        if entries.count > 4096, count * 8 < entries.count { resize(to: entries.count / 4) }
    }

    private mutating func resize(to capacity: Int) {
        let old = entries
        entries = Array(repeating: 0, count: capacity)
        mask = capacity - 1
        for entry in old where entry != 0 { place(entry) }
    }

    private mutating func place(_ entry: UInt64) {
        var position = Int(entry >> 32) & mask
        while entries[position] != 0 { position = (position + 1) & mask }
        entries[position] = entry
    }
}
