//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// The executor that uncancelled work prefers, where a simulation has set one; unstructured tasks inherit none.
package enum ExecutorPreference {
    @TaskLocal package static var current: (any TaskExecutor)?
}

/// Runs `body` to its end even when the calling task is cancelled.
///
/// It and ``UncancelledTasks`` are the only ones that make unstructured tasks: settling jobs and releasing leases must happen although, and
/// because, the worker around them is being cancelled. The caller waits for it, so nothing outlives its owner.
package func withUncancelledTask<Success: Sendable>(
    _ body: @escaping @Sendable () async -> Success
) async -> Success {
    guard Task.isCancelled else { return await body() }
    return await Task(executorPreference: ExecutorPreference.current) { await body() }.value
}

/// Work that goes on although the tasks that wait for it are cancelled, until the owner of it all gives it up.
package final class UncancelledTasks: Sendable {
    private struct State {
        var cancellations: [UInt64: @Sendable () -> Void] = [:]
        var lastID: UInt64 = 0
        var isAbandoned = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Runs `body` to its end, in a task of its own when the calling task is cancelled.
    ///
    /// After ``abandon()`` it is cancelled all the same.
    package func run<Success: Sendable>(_ body: @escaping @Sendable () async -> Success) async -> Success {
        guard Task.isCancelled else { return await body() }
        let task = Task(executorPreference: ExecutorPreference.current) { await body() }
        let id = state.withLock { state -> UInt64? in
            if state.isAbandoned { return nil }
            state.lastID += 1
            state.cancellations[state.lastID] = { task.cancel() }
            return state.lastID
        }
        guard let id else {
            task.cancel()
            return await task.value
        }
        defer { state.withLock { $0.cancellations[id] = nil } }
        return await task.value
    }

    /// Cancels what is running, and what will be run from now on.
    package func abandon() {
        let cancellations = state.withLock { state in
            state.isAbandoned = true
            return state.cancellations.sorted { $0.key < $1.key }.map(\.value)
        }
        for cancel in cancellations { cancel() }
    }
}
