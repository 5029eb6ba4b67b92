//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct SignalTests {
    @Test
    func `Raising often counts once, and taking it down is seen`() async {
        let signal = Signal()
        #expect(!signal.take())
        signal.raise()
        signal.raise()
        await signal.wait()
        #expect(!signal.take())
    }

    @Test
    func `A waiter goes on when it is raised or when its task is cancelled, before the wait or during it`() async {
        let signal = Signal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await signal.wait() }
            signal.raise()
            await group.next()
            group.addTask { await signal.wait() }
            group.cancelAll()
            await group.next()
            group.addTask { await signal.wait() }
            await group.next()
        }
    }

    @Test
    func `A wait that takes no notice of cancellation takes none`() async {
        let signal = Signal()
        let passed = Signal()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await signal.waitUncancelled()
                passed.raise()
            }
            group.cancelAll()
            for _ in 0..<100 { await Task.yield() }
            #expect(!passed.take())
            signal.raise()
        }
        #expect(passed.take())
    }

    @Test
    func `An alarm rings at its time, sooner when it is brought forward, and never when it is taken back`() async throws
    {
        let clock = VirtualClock()
        let rung = Signal()
        let alarm = Alarm(clock: clock) { rung.raise() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await alarm.run() }
            alarm.set(.seconds(10))
            try await clock.waitForSleeper()
            alarm.set(notLaterThan: .seconds(4))
            while clock.nextDeadline != .seconds(4) { await Task.yield() }
            alarm.set(notLaterThan: .seconds(9))
            #expect(clock.nextDeadline == .seconds(4))
            clock.advance(by: .seconds(4))
            await rung.wait()
            alarm.set(.seconds(20))
            try await clock.waitForSleeper()
            alarm.set(nil)
            clock.advance(by: .seconds(16))
            while clock.sleeperCount > 0 { await Task.yield() }
            for _ in 0..<100 { await Task.yield() }
            #expect(!rung.take() && clock.nextDeadline == nil)
            alarm.stop()
        }
    }

    @Test
    func `An alarm rings on after its task was cancelled, until it is stopped`() async {
        let clock = VirtualClock()
        let rung = Signal()
        let alarm = Alarm(clock: clock) { rung.raise() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await alarm.run() }
            group.cancelAll()
            alarm.set(.seconds(1))
            while clock.nextDeadline != .seconds(1) { await Task.yield() }
            clock.advance(by: .seconds(1))
            await rung.waitUncancelled()
            alarm.stop()
        }
    }
}
