//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Dispatch

/// Runs the steps of a task beside the threads of Swift's pool.
///
/// For tests that wait for a server without suspending: there are as few threads in the pool as the machine has cores, and the
/// tests that such a one holds up run into their time limits.
final class OwnThread: TaskExecutor {
    // A serial queue gets a thread of its own from Dispatch however many others there are.
    private let queue = DispatchQueue(label: "own thread")

    /// Runs `body`, and what it calls, there.
    static func run(_ body: () async throws -> Void) async rethrows {
        try await withTaskExecutorPreference(OwnThread()) { try await body() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
