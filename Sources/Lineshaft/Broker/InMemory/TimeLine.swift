//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule

/// Slots in the order of their times: a sorted list in pieces, where any entry can be found, removed and paged from.
///
/// A heap would be a little faster to fill, but could neither be read in order nor forget a cancelled job.
package struct TimeLine: Sendable {
    /// A slot and when its time comes.
    ///
    /// No two entries have the same time and tie.
    package struct Entry: Sendable, Hashable, Comparable {
        /// The time in nanoseconds, by whatever clock the list is for.
        package let time: Int64
        /// What orders entries of the same time.
        package let tie: Int64
        /// What the entry is about.
        package let slot: UInt32

        package init(time: Int64, tie: Int64, slot: UInt32 = 0) {
            self.time = time
            self.tie = tie
            self.slot = slot
        }

        package static func < (lhs: Entry, rhs: Entry) -> Bool {
            lhs.time == rhs.time ? lhs.tie < rhs.tie : lhs.time < rhs.time
        }
    }

    private static let longestPiece = 512

    /// None is empty; every entry of a piece comes before every entry of the next.
    private var pieces: Deque<Deque<Entry>> = []

    /// How many entries there are.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The entry whose time comes first.
    package var first: Entry? { pieces.first?.first }

    package mutating func insert(_ entry: Entry) {
        count += 1
        guard !pieces.isEmpty else {
            pieces.append([entry])
            return
        }
        let piece = self.piece(for: entry)
        let position = Self.position(of: entry, in: pieces[piece])
        pieces[piece].insert(entry, at: position)
        guard pieces[piece].count > Self.longestPiece else { return }
        // Entries mostly come in order: leave a full piece behind and go on in a short one.
        let kept = position == pieces[piece].count - 1 ? Self.longestPiece : Self.longestPiece / 2
        let rest = Deque(pieces[piece][kept...])
        pieces[piece].removeLast(rest.count)
        pieces.insert(rest, at: piece + 1)
    }

    /// Removes the entry with this time and tie.
    ///
    /// - Returns: Whether it was there.
    @discardableResult
    package mutating func remove(_ entry: Entry) -> Bool {
        guard !pieces.isEmpty else { return false }
        let piece = self.piece(for: entry)
        let position = Self.position(of: entry, in: pieces[piece])
        guard position < pieces[piece].count, pieces[piece][position].tie == entry.tie,
            pieces[piece][position].time == entry.time
        else { return false }
        pieces[piece].remove(at: position)
        if pieces[piece].isEmpty { pieces.remove(at: piece) }
        count -= 1
        return true
    }

    /// Removes the first entry if its time has come.
    package mutating func popFirst(through time: Int64) -> Entry? {
        guard let entry = pieces.first?.first, entry.time <= time else { return nil }
        pieces[0].removeFirst()
        if pieces[0].isEmpty { pieces.removeFirst() }
        count -= 1
        return entry
    }

    /// Calls `body` with the entries after `cursor`, in order, until it returns `false`.
    package func visit(after cursor: Entry?, _ body: (Entry) -> Bool) {
        guard !pieces.isEmpty else { return }
        let start = cursor.map { piece(for: $0) } ?? 0
        for piece in start..<pieces.count {
            var position = 0
            if piece == start, let cursor {
                position = Self.position(of: cursor, in: pieces[piece])
                if position < pieces[piece].count, pieces[piece][position] <= cursor { position += 1 }
            }
            while position < pieces[piece].count {
                if !body(pieces[piece][position]) { return }
                position += 1
            }
        }
    }

    /// The last piece that begins at or before `entry`, or the first one.
    private func piece(for entry: Entry) -> Int {
        var low = 0
        var high = pieces.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if pieces[middle][0] <= entry { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// Where `entry` is or belongs in a piece.
    private static func position(of entry: Entry, in piece: Deque<Entry>) -> Int {
        if let last = piece.last, last < entry { return piece.count }
        var low = 0
        var high = piece.count
        while low < high {
            let middle = (low + high) / 2
            if piece[middle] < entry { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
