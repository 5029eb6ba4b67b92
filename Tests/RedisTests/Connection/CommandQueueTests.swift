//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftRedis
import Testing

@Suite(.timeLimit(.minutes(20)))
struct CommandQueueTests {
    private func queue(_ names: [String], isIdempotent: Bool = true, sends: Int? = nil) -> CommandQueue<String> {
        var limits = CommandQueue<String>.Limits()
        if let sends { limits.sends = sends }
        var queue = CommandQueue<String>(limits: limits)
        for (index, name) in names.enumerated() {
            queue.append(Array(name.utf8), isIdempotent: isIdempotent, deadline: .seconds(10 + index), waiter: name)
        }
        return queue
    }

    private func sent(_ queue: inout CommandQueue<String>) -> [String] {
        var sent: [String] = []
        queue.send { sent.append(String(decoding: $0, as: UTF8.self)) }
        return sent
    }

    @Test("Replies go to those who asked, in the order in which they asked")
    func answersInOrder() {
        var queue = queue(["a", "b", "c"])
        #expect(queue.receive() == .none)
        #expect(sent(&queue) == ["a", "b", "c"])
        #expect(sent(&queue) == [])
        #expect(queue.receive() == .some("a"))
        #expect(queue.receive() == .some("b"))
        #expect(queue.receive() == .some("c"))
        #expect(queue.receive() == .none)
        #expect(queue.isEmpty && queue.byteCount == 0)
    }

    @Test("There is room for so many commands and so many bytes, and for one command however long")
    func limitsItsLength() {
        var limits = CommandQueue<Int>.Limits()
        limits.count = 2
        limits.bytes = 10
        var queue = CommandQueue<Int>(limits: limits)
        #expect(queue.hasRoom(for: 1_000))
        queue.append([1, 2, 3], isIdempotent: true, deadline: .zero, waiter: 1)
        #expect(queue.hasRoom(for: 7) && !queue.hasRoom(for: 8))
        queue.append([1], isIdempotent: true, deadline: .zero, waiter: 2)
        #expect(!queue.hasRoom(for: 1))
        queue.send { _ in }
        #expect(!queue.hasRoom(for: 1))
        _ = queue.receive()
        #expect(queue.hasRoom(for: 1))
        #expect(queue.byteCount == 1 && queue.count == 1 && queue.sentCount == 1)
    }

    @Test("After a broken connection the idempotent commands are sent again, in order, before the new ones")
    func sendsAgain() {
        var queue = CommandQueue<String>()
        for (name, isIdempotent) in [("a", true), ("b", false), ("c", true)] {
            queue.append(Array(name.utf8), isIdempotent: isIdempotent, deadline: .zero, waiter: name)
        }
        _ = sent(&queue)
        queue.append(Array("d".utf8), isIdempotent: false, deadline: .zero, waiter: "d")
        let casualties = queue.breakConnection()
        #expect(casualties.map(\.waiter) == ["b"])
        #expect(casualties.map(\.mayHaveRun) == [true])
        #expect(queue.byteCount == 3)
        #expect(sent(&queue) == ["a", "c", "d"])
    }

    @Test("A command that breaks every connection is given up in the end")
    func givesUpKillers() {
        var queue = queue(["killer"], sends: 3)
        for _ in 1...2 {
            #expect(sent(&queue) == ["killer"])
            #expect(queue.breakConnection().isEmpty)
        }
        #expect(sent(&queue) == ["killer"])
        #expect(queue.breakConnection().map(\.waiter) == ["killer"])
        #expect(queue.isEmpty && queue.byteCount == 0)
    }

    @Test("Who waits no more takes back what was not sent, and lets the reply to what was pass by")
    func abandons() {
        var queue = CommandQueue<String>()
        let first = queue.append([1], isIdempotent: true, deadline: .zero, waiter: "first")
        _ = sent(&queue)
        let second = queue.append([2], isIdempotent: true, deadline: .zero, waiter: "second")
        let third = queue.append([3], isIdempotent: true, deadline: .zero, waiter: "third")
        #expect(queue.abandon(second)?.mayHaveRun == false)
        #expect(queue.abandon(second) == nil)
        #expect(queue.abandon(first)?.mayHaveRun == true)
        #expect(queue.abandon(first) == nil)
        #expect(queue.abandon(99) == nil)
        #expect(queue.count == 2)
        queue.send { _ in }
        #expect(queue.receive() == .some(nil))
        #expect(queue.receive() == .some("third"))
        #expect(queue.abandon(third) == nil)
        #expect(queue.byteCount == 0)
    }

    @Test("Nothing is sent again for which nobody waits")
    func forgetsTheAbandoned() {
        var queue = CommandQueue<String>()
        let id = queue.append([1], isIdempotent: true, deadline: .zero, waiter: "a")
        _ = sent(&queue)
        _ = queue.abandon(id)
        #expect(queue.breakConnection().isEmpty)
        #expect(queue.isEmpty && queue.byteCount == 0)
    }

    @Test("A reply that is owed for too long stalls the connection")
    func noticesStalls() {
        var queue = queue(["a", "b"])
        #expect(queue.nextDeadline == .seconds(10))
        #expect(!queue.isStalled(at: .seconds(100)))
        _ = sent(&queue)
        #expect(!queue.isStalled(at: .seconds(9)))
        #expect(queue.isStalled(at: .seconds(10)))
        _ = queue.receive()
        #expect(queue.nextDeadline == .seconds(11))
        #expect(!queue.isStalled(at: .seconds(10)))
    }

    @Test("What cannot be sent in time is given up, and was not acted on")
    func expiresTheUnsent() {
        var queue = queue(["a", "b", "c"])
        let casualties = queue.expireUnsent(at: .seconds(11))
        #expect(casualties.map(\.waiter) == ["a", "b"])
        #expect(!casualties.contains { $0.mayHaveRun })
        #expect(sent(&queue) == ["c"])
        #expect(queue.nextDeadline == .seconds(12))
        #expect(queue.byteCount == 1)
    }

    @Test("A command is not given up before those that it waits behind")
    func ordersDeadlines() {
        var queue = CommandQueue<String>()
        queue.append([1], isIdempotent: true, deadline: .seconds(30), waiter: "long")
        queue.append([2], isIdempotent: true, deadline: .seconds(5), waiter: "short")
        #expect(queue.expireUnsent(at: .seconds(29)).isEmpty)
        #expect(queue.expireUnsent(at: .seconds(30)).map(\.waiter) == ["long", "short"])
    }

    @Test("At the end everybody is told, in order, whether the server may have acted")
    func endsAll() {
        var queue = queue(["a"])
        _ = sent(&queue)
        queue.append([1], isIdempotent: true, deadline: .zero, waiter: "b")
        let casualties = queue.removeAll()
        #expect(casualties.map(\.waiter) == ["a", "b"])
        #expect(casualties.map(\.mayHaveRun) == [true, false])
        #expect(queue.isEmpty && queue.byteCount == 0 && queue.nextDeadline == nil)
    }

    @Test("Whatever happens in whatever order, each command ends once", arguments: 1...30)
    func losesNothing(_ seed: UInt64) {
        var generator = Xoshiro256(seed: seed)
        var queue = CommandQueue<Int>()
        var ids: [UInt64] = []
        var ended: [Int: Int] = [:]
        var answered: [Int] = []
        for step in 0..<500 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0...3:
                let isIdempotent = Bool.random(using: &generator)
                ids.append(queue.append([0], isIdempotent: isIdempotent, deadline: .seconds(step), waiter: ids.count))
            case 4...5: queue.send { _ in }
            case 6...7:
                if let waiter = queue.receive(), let waiter {
                    ended[waiter, default: 0] += 1
                    answered.append(waiter)
                }
            case 8:
                if let id = ids.randomElement(using: &generator), let casualty = queue.abandon(id) {
                    ended[casualty.waiter, default: 0] += 1
                }
            default: for casualty in queue.breakConnection() { ended[casualty.waiter, default: 0] += 1 }
            }
            #expect(queue.byteCount == queue.count)
        }
        for casualty in queue.removeAll() { ended[casualty.waiter, default: 0] += 1 }
        #expect(ended.count == ids.count)
        #expect(ended.values.allSatisfy { $0 == 1 })
        #expect(answered == answered.sorted())
    }
}
