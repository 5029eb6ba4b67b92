//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@testable import UVEventLoop

@Suite(.timeLimit(.minutes(20)))
struct WriteQueueTests {
    /// What waits, in one piece.
    private func bytes(_ queue: WriteQueue) -> [UInt8] {
        queue.chunks.flatMap { Array($0.waiting) }
    }

    private func append(_ bytes: [UInt8], to queue: inout WriteQueue) {
        bytes.withUnsafeBytes { queue.append($0) }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func `Whatever is appended and consumed, the rest is what it should be`(seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15
        func next(_ bound: Int) -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        var queue = WriteQueue()
        var model: [UInt8] = []
        for step in 0..<300 {
            let size = [0, 1, 50, 5000, 70_000, 200_000][next(6)]
            let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ step) }
            append(piece, to: &queue)
            model += piece
            let taken = next(model.count + 1)
            queue.consume(taken)
            model.removeFirst(taken)
            #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
            #expect(queue.chunks.allSatisfy { !$0.waiting.isEmpty })
        }
        #expect(bytes(queue) == model)
        queue.removeAll()
        #expect(queue.isEmpty && bytes(queue).isEmpty)
    }

    @Test
    func `Small pieces share memory, which is used again, and stay where they are`() throws {
        var queue = WriteQueue()
        append([1, 2, 3], to: &queue)
        let first = try #require(queue.chunks.first)
        let place = first.waiting.baseAddress
        for _ in 0..<1000 { append([4, 5], to: &queue) }
        #expect(queue.chunks.count == 1 && first.waiting.baseAddress == place)
        queue.consume(queue.count)
        append([6], to: &queue)
        #expect(queue.chunks.first === first && bytes(queue) == [6])
    }

    @Test
    func `Large pieces are cut, so that none needs much memory in one place`() {
        var queue = WriteQueue()
        append([UInt8](repeating: 1, count: 5 << 20), to: &queue)
        #expect(queue.chunks.count == 5)
        #expect(queue.chunks.allSatisfy { $0.memory.count <= WriteQueue.largeCapacity })
    }
}
