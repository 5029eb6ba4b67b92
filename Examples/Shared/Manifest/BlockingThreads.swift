//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Dispatch
internal import Synchronization

/// Runs calls that may block, such as those on files, on threads that may be blocked.
///
/// Swift's own threads are as many as there are processors, and all tasks share them: a few handlers in slow `read`s would
/// stop heartbeats, timeouts and everything else. How many are used is bounded by whoever calls: a worker runs no more
/// handlers at once than its queue's concurrency.
public struct BlockingThreads: Sendable {
    /// Makes a way to such threads, which come when they are needed.
    public init() {}

    /// Runs `body` on a thread that may be blocked, and waits for it.
    ///
    /// - Parameter body: The calls. It is told whether the calling task was cancelled, for it to ask now and then.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, and `CancellationError` when the task was cancelled before it began.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable (_ isCancelled: () -> Bool) throws -> Result
    ) async throws -> Result {
        try Task.checkCancellation()
        let flag = Flag()
        // A serial queue has a thread for itself. A concurrent one would share Swift's own threads, and on a machine with
        // one processor there is only one of these.
        let queue = DispatchQueue(label: "blocking")
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    do {
                        continuation.resume(returning: try body { flag.isRaised })
                    } catch {
                        continuation.resume(throwing: error)
                    }
                }
            }
        } onCancel: {
            flag.raise()
        }
    }

    /// Carries the cancellation to a thread that has no task.
    private final class Flag: Sendable {
        private let state = Atomic(false)

        var isRaised: Bool { state.load(ordering: .relaxed) }

        func raise() { state.store(true, ordering: .relaxed) }
    }
}
