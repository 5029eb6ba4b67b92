//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing
import UVEventLoop

@Suite(.timeLimit(.minutes(20)))
struct ExecutorTests {
    @Test
    func `Jobs of many tasks run one at a time, and none is lost`() async throws {
        let counter = Counter(on: try UVEventLoop(name: "hops"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<32 { group.addTask { for _ in 0..<2000 { await counter.increment() } } }
        }
        #expect(await counter.count == 64_000)
    }

    @Test
    func `Jobs of two loops reach each other`() async throws {
        let left = Counter(on: try UVEventLoop(name: "left"))
        let right = Counter(on: try UVEventLoop(name: "right"))
        await right.increment()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<500 { await left.add(right) } } }
        }
        #expect(await left.count == 4000)
    }

    @Test
    func `An actor of the loop is known by its thread, in callbacks too`() async throws {
        let loop = try UVEventLoop(name: "isolation")
        #expect(!loop.isCurrent)
        let counter = Counter(on: loop)
        let marks = Mailbox<Bool>()
        try await counter.run { counter in
            #expect(counter.loop.isCurrent)
            counter.preconditionIsolated()
            try counter.timer.start(after: .zero) {
                // A callback of libuv's runs in no task.
                counter.assumeIsolated { $0.increment() }
                marks.put(withUnsafeCurrentTask { $0 == nil })
            }
        }
        #expect(await marks.next() == true)
        #expect(await counter.count == 1)
    }

    @Test
    func `Two actors of one loop call each other without leaving the thread`() async throws {
        let loop = try UVEventLoop(name: "neighbours")
        let first = Counter(on: loop)
        let second = Counter(on: loop)
        await first.run { first in
            let turns = first.loop.turns
            for _ in 0..<1000 { await second.increment() }
            // Not one of the calls had to be queued.
            #expect(first.loop.turns == turns)
        }
        #expect(await second.count == 1000)
    }

    #if os(Linux) || os(macOS)
    @Test
    func `What belongs to a loop traps away from it`() async {
        await #expect(processExitsWith: .failure) {
            UVStream(on: try UVEventLoop(name: "away")).write([1])
        }
        await #expect(processExitsWith: .failure) {
            try UVEventLoop(name: "away").atEndOfTurn {}
        }
        await #expect(processExitsWith: .failure) {
            let counter = Counter(on: try UVEventLoop(name: "away"))
            let misuse = { counter.assumeIsolated { _ in } }
            misuse()
        }
    }
    #endif

    @Test
    func `What is performed from any thread runs on the loop's, in order and without a task`() async throws {
        let counter = Counter(on: try UVEventLoop(name: "errands"))
        let marks = Mailbox<Int>()
        for number in 0..<100 {
            counter.loop.perform {
                counter.assumeIsolated { $0.increment() }
                marks.put(withUnsafeCurrentTask { $0 == nil } ? number : -1)
            }
        }
        #expect(await marks.next(100) == Array(0..<100))
        #expect(await counter.count == 100)
    }

    @Test
    func `What is left for the end of a turn runs once, after the turn's jobs`() async throws {
        let counter = Counter(on: try UVEventLoop(name: "ends"))
        let marks = Mailbox<Int>()
        await counter.run { counter in
            let turn = counter.loop.turns
            counter.loop.atEndOfTurn {
                marks.put(counter.loop.turns - turn)
                counter.loop.atEndOfTurn { marks.put(counter.loop.turns - turn) }
            }
            for _ in 0..<10 {
                await withCheckedContinuation { continuation in continuation.resume() }
            }
            marks.put(-1)
        }
        #expect(await marks.next(3) == [-1, 0, 1])
    }

    @Test
    func `A crowd of jobs holds up the network and the timers by no more than a round of them`() async throws {
        let sent = Mailbox<Void>()
        let server = try Server(path: Server.freePath()) { peer in
            peer.write([1])
            sent.put(())
            peer.drain()
        }
        let counter = Counter(on: try UVEventLoop(name: "fairness"))
        try await counter.run { try await $0.stream.connect(to: server.address) }
        _ = await sent.next()
        let marks = Mailbox<Int>()
        let crowd = 100_000
        try await counter.run { counter in
            // The byte is there, and the timer is due, when the first of the jobs runs.
            counter.stream.startReading(for: counter) { counter, _ in marks.put(counter.count) }
            try counter.timer.start(after: .zero) { counter.assumeIsolated { marks.put($0.count) } }
            for _ in 0..<crowd { Task { counter.increment() } }
        }
        for seen in await marks.next(2) { #expect(seen <= 1024) }
        while await counter.count < crowd { await Task.yield() }
    }
}
