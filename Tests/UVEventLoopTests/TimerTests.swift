//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Testing

@testable import UVEventLoop

/// An actor with timers, which notes when they fire.
private actor Bell {
    nonisolated let loop: UVEventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let timers: [UVTimer]
    private let marks: Mailbox<Int>

    init(on loop: UVEventLoop, timers count: Int, marks: Mailbox<Int>) {
        self.loop = loop
        timers = (0..<count).map { _ in UVTimer(on: loop) }
        self.marks = marks
    }

    func start(_ timer: Int, after delay: Duration, repeating interval: Duration? = nil) throws {
        try timers[timer].start(
            after: delay,
            repeating: interval,
            onClose: { _ in self.marks.put(-1) },
            onFire: { self.fire(timer) }
        )
    }

    private func fire(_ timer: Int) {
        preconditionIsolated()
        marks.put(timer)
    }

    func cancel(_ timer: Int) { timers[timer].cancel() }

    func isActive(_ timer: Int) -> Bool { timers[timer].isActive }

    func nap(_ duration: Duration) async throws(UVError) { try await loop.sleep(for: duration) }
}

@Suite(.timeLimit(.minutes(20)))
struct TimerTests {
    @Test
    func `Timers fire in the order of their times, and not when they are cancelled`() async throws {
        let marks = Mailbox<Int>()
        let bell = Bell(on: try UVEventLoop(name: "timers"), timers: 4, marks: marks)
        // In one step, so that all count from the same moment.
        try await { (bell: isolated Bell) in
            try bell.start(0, after: .milliseconds(60))
            try bell.start(1, after: .milliseconds(20))
            try bell.start(2, after: .milliseconds(40))
            try bell.start(3, after: .milliseconds(30))
            bell.cancel(3)
        }(bell)
        #expect(await marks.next(3) == [1, 2, 0])
        #expect(await !bell.isActive(0))
    }

    @Test
    func `A timer that repeats goes on until it is cancelled, and one that is started again counts anew`() async throws
    {
        let marks = Mailbox<Int>()
        let bell = Bell(on: try UVEventLoop(name: "repeating"), timers: 2, marks: marks)
        try await bell.start(0, after: .zero, repeating: .milliseconds(1))
        #expect(await marks.next(5) == [0, 0, 0, 0, 0])
        await bell.cancel(0)
        try await bell.start(1, after: .seconds(3600))
        #expect(await bell.isActive(1))
        try await bell.start(1, after: .milliseconds(1))
        while await marks.next() == 0 {}
        #expect(await !bell.isActive(1))
    }

    @Test
    func `A sleep lasts as long as it should, and ends when its task is cancelled`() async throws {
        let bell = Bell(on: try UVEventLoop(name: "sleeping"), timers: 0, marks: Mailbox())
        let clock = ContinuousClock()
        let taken = try await clock.measure { try await bell.nap(.milliseconds(20)) }
        #expect(taken >= .milliseconds(20))
        let sleeper = Task { try await bell.nap(.seconds(3600)) }
        sleeper.cancel()
        await #expect(throws: UVError.cancelled) { try await sleeper.value }
    }

    @Test
    func `A timer that runs when the loop closes is told so, and none can be started after that`() async throws {
        let marks = Mailbox<Int>()
        let loop = try UVEventLoop(name: "closed")
        let bell = Bell(on: loop, timers: 1, marks: marks)
        try await bell.start(0, after: .seconds(3600))
        let sleeper = Task { try await bell.nap(.seconds(3600)) }
        await loop.close()
        #expect(await marks.next() == -1)
        await #expect(throws: UVError.loopClosed("closed")) { try await sleeper.value }
        await #expect(throws: UVError.loopClosed("closed")) { try await bell.start(0, after: .zero) }
        await #expect(throws: UVError.loopClosed("closed")) { try await bell.nap(.zero) }
    }

    @Test
    func `Durations are rounded up to whole milliseconds`() {
        #expect(Duration.zero.roundedUpMilliseconds == 0)
        #expect(Duration.seconds(-5).roundedUpMilliseconds == 0)
        #expect(Duration.nanoseconds(1).roundedUpMilliseconds == 1)
        #expect(Duration.milliseconds(7).roundedUpMilliseconds == 7)
        #expect(Duration.microseconds(7001).roundedUpMilliseconds == 8)
        #expect(Duration.seconds(Int64.max).roundedUpMilliseconds > 1 << 60)
    }
}
