//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A task or a callback that waits on the loop for something of the network's, which comes, fails, or is given up.
// Sendable although it is not checked: it is touched on the loop's thread alone.
final class LoopWaiter<Value: Sendable>: @unchecked Sendable {
    private var continuation: UnsafeContinuation<Result<Value, UVError>, Never>?
    private var callback: ((Result<Value, UVError>) -> Void)?

    /// A task that is attached later.
    init() {}

    /// A callback, called on the loop's thread.
    init(_ callback: @escaping (Result<Value, UVError>) -> Void) {
        self.callback = callback
    }

    /// Ends the wait; only the first call counts.
    func resume(with result: Result<Value, UVError>) {
        continuation?.resume(returning: result)
        continuation = nil
        let callback = self.callback
        self.callback = nil
        callback?(result)
    }

    /// Ends a wait for nothing but its end.
    func resume() where Value == Void {
        resume(with: .success(()))
    }

    /// Whether the task still waits.
    var isWaiting: Bool { continuation != nil || callback != nil }

    fileprivate func attach(_ continuation: UnsafeContinuation<Result<Value, UVError>, Never>) {
        self.continuation = continuation
    }
}

extension LoopCore {
    /// Suspends the calling task, which must be on the loop, until the waiter is resumed.
    ///
    /// - Parameters:
    ///   - isolation: The actor that waits.
    ///   - start: Called at once with the waiter, on the loop and before anything else happens there.
    ///   - cancel: Called on the loop when the task is cancelled; it has to resume the waiter.
    /// - Returns: What the waiter was resumed with.
    func wait<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        start: (LoopWaiter<Value>) -> Void,
        cancel: @escaping @Sendable (LoopWaiter<Value>) -> Void = { $0.resume(with: .failure(.cancelled)) }
    ) async -> Result<Value, UVError> {
        let waiter = LoopWaiter<Value>()
        return await withTaskCancellationHandler {
            // The closure stays with the actor, and so on the loop, only if it mentions it.
            _ = isolation
            return await withUnsafeContinuation { continuation in
                waiter.attach(continuation)
                start(waiter)
            }
        } onCancel: {
            perform { cancel(waiter) }
        }
    }
}
