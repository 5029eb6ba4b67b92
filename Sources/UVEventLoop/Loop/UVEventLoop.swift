//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// An event loop of libuv on a thread of its own, as the executor of actors.
///
/// An actor that names it as its executor and keeps it in a property runs on the loop's thread: it calls the streams and
/// timers that it owns without a lock and without a hop, and their callbacks arrive inside it.
///
/// The thread lives as long as the loop is referred to, even after ``close()``, so that a job never waits for a thread
/// that is gone. It ends by itself when the last reference goes.
package final class UVEventLoop: SerialExecutor {
    /// The loop's name, which its thread bears as well.
    package let name: String
    let core: LoopCore

    /// Starts a loop.
    ///
    /// - Parameter name: A name for people, of which the system shows the first 15 bytes for the thread.
    /// - Throws: ``UVError`` when the system has no thread or no file descriptor left.
    package init(name: String) throws(UVError) {
        self.name = name
        core = try LoopCore(name: name)
        try core.start(for: self)
    }

    deinit {
        core.stop()
    }

    // MARK: Executing

    /// Queues a job; called by the runtime, from any thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        core.enqueue(UnownedJob(job))
    }

    /// The reference with which an actor names its executor.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Traps unless it is called on the loop's thread; called by the runtime when it cannot tell by itself.
    package func checkIsolated() {
        core.checkThread()
    }

    /// Whether it is called on the loop's thread.
    package func isIsolatingCurrentContext() -> Bool? {
        core.isCurrent
    }

    /// Whether the caller is on the loop's thread.
    package var isCurrent: Bool { core.isCurrent }

    /// Runs `body` on the loop's thread, without a task, before the jobs that wait there; may be called from any thread.
    ///
    /// It is the cheap way in: a caller that queues what it wants under a lock, and calls this when the queue was empty,
    /// wakes the loop once for many callers. `body` keeps the loop only if it captures it.
    package func perform(_ body: @escaping @Sendable () -> Void) {
        core.perform(body)
    }

    /// Runs `body` once at the end of the loop's present turn, when the jobs of the turn have run and before the loop
    /// waits for the network again.
    ///
    /// May be called on the loop's thread alone. What `body` itself passes on to this method runs at the end of the next
    /// turn.
    package func atEndOfTurn(_ body: @escaping () -> Void) {
        core.checkThread()
        core.atEndOfTurn(body)
    }

    /// How many turns the loop has made; read on the loop's thread.
    package var turns: Int {
        core.checkThread()
        return core.turns
    }

    // MARK: Closing

    /// Closes every stream and ends every timer and look-up of the loop, and waits until the system has let go of them.
    ///
    /// Their owners are told with the code `loopClosed`, and whatever is started later fails with it. The actors of the
    /// loop go on to run. Calling it again waits for the same end. It takes no notice of cancellation, for it waits for no
    /// peer.
    package func close() async {
        let core = core
        await withUnsafeContinuation { continuation in
            core.perform { core.close { continuation.resume() } }
        }
    }
}
