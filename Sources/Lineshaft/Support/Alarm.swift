//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// Rings at a time that may be changed while it is waited for.
///
/// It sleeps only while a time is set.
package final class Alarm: Sendable {
    private struct State {
        var target: Duration?
        /// What the running sleep will wake up at.
        var armed: Duration?
        var isStopped = false
    }

    /// Whether the calling task sleeps for an alarm and not for somebody's work: clocks of tests tell the two apart.
    @TaskLocal package static var isSleeper = false

    private let clock: any QueueClock
    private let ring: @Sendable () -> Void
    private let state = Mutex(State())
    private let changed = Signal()

    package init(clock: any QueueClock, ring: @escaping @Sendable () -> Void) {
        self.clock = clock
        self.ring = ring
    }

    /// Sets the time to ring at, in place of the one before; `nil` for none.
    package func set(_ target: Duration?) {
        let isEarlier = state.withLock { state in
            state.target = target
            // A sleep that ends too early finds the new target by itself; only one that would end too late is cut short.
            guard let target else { return false }
            return state.armed.map { target < $0 } ?? true
        }
        if isEarlier { changed.raise() }
    }

    /// Brings the time forward to `time` if it is later, or if there is none.
    package func set(notLaterThan time: Duration) {
        let current = state.withLock { $0.target }
        if let current, current <= time { return }
        set(time)
    }

    /// Ends ``run()``.
    package func stop() {
        state.withLock { $0.isStopped = true }
        changed.raise()
    }

    /// Sleeps and rings until stopped or cancelled.
    ///
    /// One task runs it.
    package func run() async {
        await runUntilCancelled()
        // The owner may have steps left to take after it was cancelled, each with its time.
        if !state.withLock({ $0.isStopped }) { await withUncancelledTask { await self.runUntilCancelled() } }
    }

    private func runUntilCancelled() async {
        while !Task.isCancelled {
            let (target, isStopped) = state.withLock { state in
                state.armed = state.target
                return (state.target, state.isStopped)
            }
            if isStopped { return }
            guard let target else {
                await changed.wait()
                continue
            }
            if clock.uptime >= target {
                state.withLock { state in
                    if state.target == target { state.target = nil }
                }
                ring()
                continue
            }
            await sleepOrChange(until: target)
        }
    }

    private func sleepOrChange(until target: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await Self.$isSleeper.withValue(true) { try await self.clock.sleep(until: target) }
                } catch {
                    // Cancelled, because the time was changed or nobody waits any more; the loop looks again.
                }
            }
            group.addTask { await self.changed.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
