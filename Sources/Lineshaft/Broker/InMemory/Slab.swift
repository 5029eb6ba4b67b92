//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Numbered places for values, reused when they come free.
///
/// It grows by whole chunks, so that a million values are neither copied when the next one comes nor given twice the
/// space they need.
package struct Slab<Element> {
    private static var shift: UInt32 { 8 }
    private static var mask: UInt32 { (1 << shift) - 1 }

    private let placeholder: Element
    private var chunks: [[Element]] = []
    private var free: [UInt32] = []
    private var end: UInt32 = 0

    /// Creates an empty slab.
    ///
    /// Free places hold the placeholder.
    package init(placeholder: Element) {
        self.placeholder = placeholder
    }

    /// How many places are taken.
    package var count: Int { Int(end) - free.count }

    /// Takes a place for `element`.
    package mutating func insert(_ element: consuming Element) -> UInt32 {
        if let slot = free.popLast() {
            self[slot] = element
            return slot
        }
        let slot = end
        if slot & Self.mask == 0 {
            var chunk: [Element] = []
            chunk.reserveCapacity(1 << Self.shift)
            chunks.append(chunk)
        }
        chunks[Int(slot >> Self.shift)].append(element)
        end += 1
        return slot
    }

    /// Gives a place back.
    package mutating func remove(_ slot: UInt32) {
        self[slot] = placeholder
        free.append(slot)
    }

    /// How many places there are, free ones included.
    package var capacity: Int { Int(end) }

    /// Gives back all memory.
    ///
    /// Slots that were handed out are no longer valid.
    package mutating func removeAll() {
        chunks = []
        free = []
        end = 0
    }

    package subscript(slot: UInt32) -> Element {
        @inline(__always) _read { yield chunks[Int(slot >> Self.shift)][Int(slot & Self.mask)] }
        @inline(__always) _modify { yield &chunks[Int(slot >> Self.shift)][Int(slot & Self.mask)] }
    }
}

extension Slab: Sendable where Element: Sendable {}
