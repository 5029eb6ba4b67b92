//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

extension Worker {
    /// Runs the worker for as long as `body` runs, then shuts it down gracefully.
    ///
    /// For command line tools, scripts and tests:
    ///
    /// ```swift
    /// let sum = try await worker.run {
    ///     try await jobs.submit(SumIntegers(integers: [1, 2, 3])).value
    /// }
    /// ```
    ///
    /// When the worker ends first, because its set-up is wrong or the broker is closed, `body` is cancelled. When `body`
    /// throws, the worker is cancelled: running jobs go back at once. Cancelling the calling task cancels both.
    ///
    /// - Parameter body: What to do meanwhile.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, or what ``run()`` throws if that comes first.
    public nonisolated func run<Value: Sendable>(
        while body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let box = ValueBox<Value>()
            group.addTask { try await self.run() }
            group.addTask {
                box.put(try await body())
                self.control.post { $0.isShutdownRequested = true }
            }
            // Whichever ends first: after the body, the worker's end is awaited; after the worker, the body is cancelled.
            do {
                try await group.next()
                if box.value == nil { group.cancelAll() }
                try await group.waitForAll()
            } catch {
                group.cancelAll()
                throw error
            }
            guard let value = box.value else { throw CancellationError() }
            return value
        }
    }
}

/// A value that one task puts down and another picks up.
private final class ValueBox<Value: Sendable>: Sendable {
    private let stored = Mutex<Value?>(nil)

    var value: Value? { stored.withLock { $0 } }

    func put(_ value: Value) {
        stored.withLock { $0 = value }
    }
}
