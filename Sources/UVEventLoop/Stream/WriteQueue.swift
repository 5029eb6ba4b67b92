//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule

/// Bytes that wait to be written, in pieces of memory that stay where they are until they have been.
///
/// Small pieces are gathered, so that many commands travel as one.
struct WriteQueue {
    /// The memory of one piece.
    final class Chunk {
        let memory: UnsafeMutableRawBufferPointer
        /// The bytes from `start` to `end` wait.
        var start = 0
        var end = 0

        init(capacity: Int) {
            memory = .allocate(byteCount: capacity, alignment: 16)
        }

        deinit {
            memory.deallocate()
        }

        var waiting: UnsafeMutableRawBufferPointer { .init(rebasing: memory[start..<end]) }
    }

    /// The size of a piece for small writes.
    static let smallCapacity = 64 << 10
    /// The size of the pieces into which large writes are cut.
    static let largeCapacity = 1 << 20

    /// None is empty.
    private(set) var chunks: Deque<Chunk> = []
    /// How many bytes wait.
    private(set) var count = 0
    /// A piece that is used again, for most turns need one.
    private var spare: Chunk?

    var isEmpty: Bool { count == 0 }

    /// Copies bytes to the end.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = room(for: rest.count)
            let room = UnsafeMutableRawBufferPointer(rebasing: chunk.memory[chunk.end...])
            let part = rest.prefix(room.count)
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
            chunk.end += part.count
            rest = rest[part.endIndex...]
        }
    }

    /// The piece that the next bytes go to, which has room for at least one.
    private mutating func room(for count: Int) -> Chunk {
        if let last = chunks.last, last.end < last.memory.count { return last }
        let chunk: Chunk
        if count <= Self.smallCapacity, let spare {
            self.spare = nil
            chunk = spare
        } else {
            chunk = Chunk(capacity: min(max(count, Self.smallCapacity), Self.largeCapacity))
        }
        chunks.append(chunk)
        return chunk
    }

    /// Takes written bytes from the front.
    mutating func consume(_ written: Int) {
        precondition(written <= count, "More was written than waited.")
        count -= written
        var rest = written
        while rest > 0, let chunk = chunks.first {
            let part = min(rest, chunk.end - chunk.start)
            chunk.start += part
            rest -= part
            if chunk.start < chunk.end { return }
            chunks.removeFirst()
            if chunk.memory.count == Self.smallCapacity {
                chunk.start = 0
                chunk.end = 0
                spare = chunk
            }
        }
    }

    /// Drops everything.
    mutating func removeAll() {
        chunks = []
        count = 0
        spare = nil
    }
}

@available(*, unavailable)
extension WriteQueue: Sendable {}

@available(*, unavailable)
extension WriteQueue.Chunk: Sendable {}
