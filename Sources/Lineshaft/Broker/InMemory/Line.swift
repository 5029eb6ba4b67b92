//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule

/// Slots in the order in which they were placed, from either end.
///
/// Those whose record has moved on since are skipped.
package struct Line: Sendable {
    /// A slot, and the order number its record had when it was placed here.
    package struct Entry: Sendable {
        package let order: Int64
        package let slot: UInt32

        package init(order: Int64, slot: UInt32) {
            self.order = order
            self.slot = slot
        }
    }

    /// Sorted by order numbers: those placed at the back grow, those placed in front shrink.
    private var entries: Deque<Entry> = []

    package init() {}

    /// How many entries there are, outdated ones included.
    package var count: Int { entries.count }

    package mutating func append(_ entry: Entry) {
        entries.append(entry)
    }

    package mutating func prepend(_ entry: Entry) {
        entries.prepend(entry)
    }

    package mutating func popFirst() -> Entry? {
        entries.popFirst()
    }

    /// Drops the entries for which `isCurrent` does not hold.
    package mutating func compact(where isCurrent: (Entry) -> Bool) {
        entries = Deque(entries.lazy.filter(isCurrent))
    }

    /// The position of the first entry whose order number is greater than `order`.
    package func position(after order: Int64) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].order <= order { low = middle + 1 } else { high = middle }
        }
        return low
    }

    package subscript(position: Int) -> Entry { entries[position] }
}
