//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct VirtualClockTests {
    @Test
    func `Time stands still until it is moved`() {
        let clock = VirtualClock()
        let start = clock.now
        clock.advance(by: .seconds(5))
        #expect(clock.now == start + .seconds(5))
        #expect(clock.uptime == .seconds(5))
        clock.advance(by: .seconds(-1))
        #expect(clock.uptime == .seconds(5))
    }

    @Test
    func `A jump moves only the wall clock and wakes nobody`() async throws {
        let clock = VirtualClock()
        let start = clock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await clock.sleep(for: .seconds(10)) }
            try await clock.waitForSleeper()
            clock.jump(by: .seconds(-3600))
            #expect(clock.now == start - .seconds(3600))
            #expect(clock.uptime == .zero)
            #expect(clock.sleeperCount == 1)
            clock.advance(by: .seconds(10))
            try await group.waitForAll()
        }
    }

    @Test
    func `Sleepers wake when their time has come and not before`() async throws {
        let clock = VirtualClock()
        let woken = try await withThrowingTaskGroup(of: Int.self) { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try await clock.sleep(for: .seconds(seconds))
                    return seconds
                }
            }
            try await clock.waitForSleeper(count: 3)
            #expect(clock.nextDeadline == .seconds(1))
            clock.advance(by: .seconds(2))
            #expect(clock.sleeperCount == 1)
            #expect(clock.nextDeadline == .seconds(3))
            clock.advance(by: .seconds(1))
            return try await group.reduce(into: []) { $0.insert($1) } as Set<Int>
        }
        #expect(woken == [1, 2, 3])
        #expect(clock.nextDeadline == nil)
    }

    @Test
    func `A cancelled sleeper wakes at once, alone`() async throws {
        let clock = VirtualClock()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await clock.sleep(for: .seconds(1)) }
            try await clock.waitForSleeper()
            await withTaskGroup(of: Void.self) { inner in
                inner.addTask {
                    await #expect(throws: CancellationError.self) { try await clock.sleep(for: .seconds(9)) }
                }
                inner.cancelAll()
                await inner.waitForAll()
            }
            #expect(clock.sleeperCount == 1)
            clock.advance(by: .seconds(1))
            try await group.waitForAll()
        }
    }

    @Test
    func `A wait for sleepers that never come can be cancelled`() async {
        let clock = VirtualClock()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await #expect(throws: CancellationError.self) { try await clock.waitForSleeper() } }
            group.cancelAll()
            await group.waitForAll()
        }
    }

    @Test
    func `A deadline that has passed does not suspend`() async throws {
        let clock = VirtualClock()
        clock.advance(by: .seconds(5))
        try await clock.sleep(until: .seconds(5))
        try await clock.sleep(for: .zero)
    }
}
