//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A timer of an event loop, for one actor of that loop.
///
/// All of it, but for making and releasing it, happens on the loop's thread, and traps elsewhere. It never fires early.
/// A timer that is released is cancelled.
package final class UVTimer {
    private let core: TimerCore
    private var hasStarted = false

    /// Creates a timer that does not run; may be called on any thread.
    package init(on loop: UVEventLoop) {
        core = TimerCore(loop: loop.core)
    }

    deinit {
        // The last reference may go on any thread.
        if hasStarted { core.loop.perform { [core] in core.close() } }
    }

    /// Whether the timer runs.
    package var isActive: Bool { core.isActive }

    /// Starts the timer, anew if it runs already.
    ///
    /// - Parameters:
    ///   - delay: The time until it fires; at once means in the loop's next turn.
    ///   - interval: The time from one firing to the next, at least a millisecond, or `nil` to fire once.
    ///   - onClose: Called instead of `onFire` when the loop is closed while the timer runs.
    ///   - onFire: Called on the loop's thread. It is released when the timer is cancelled or has fired for the last time.
    /// - Throws: ``UVError`` with the code `loopClosed` after the loop was closed.
    package func start(
        after delay: Duration,
        repeating interval: Duration? = nil,
        onClose: ((UVError) -> Void)? = nil,
        onFire: @escaping () -> Void
    ) throws(UVError) {
        core.loop.checkThread()
        hasStarted = true
        try core.start(after: delay, repeating: interval, onClose: onClose, onFire: onFire)
    }

    /// Stops the timer; it calls nothing any more.
    package func cancel() {
        core.loop.checkThread()
        core.cancel()
    }
}

@available(*, unavailable)
extension UVTimer: Sendable {}

extension UVEventLoop {
    /// Suspends the calling task for a while.
    ///
    /// May be called by an actor of the loop alone.
    ///
    /// - Throws: ``UVError`` with the code `cancelled`, or `loopClosed` when the loop is or was closed.
    package func sleep(for duration: Duration) async throws(UVError) {
        core.checkThread()
        let timer = TimerCore(loop: core)
        let result: Result<Void, UVError> = await core.wait { waiter in
            do throws(UVError) {
                try timer.start(
                    after: duration,
                    repeating: nil,
                    onClose: { waiter.resume(with: .failure($0)) },
                    onFire: { waiter.resume() }
                )
            } catch {
                waiter.resume(with: .failure(error))
            }
        }
        timer.close()
        try result.get()
    }
}
