//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The executor that uncancelled work prefers, where a simulation has set one; unstructured tasks inherit none.
package enum ExecutorPreference {
    @TaskLocal package static var current: (any TaskExecutor)?
}

/// Runs `body` to its end even when the calling task is cancelled.
///
/// It is the one place that makes an unstructured task: settling jobs and releasing leases must happen although, and
/// because, the worker around them is being cancelled. The caller waits for it, so nothing outlives its owner.
package func withUncancelledTask<Success: Sendable>(
    _ body: @escaping @Sendable () async -> Success
) async -> Success {
    guard Task.isCancelled else { return await body() }
    return await Task(executorPreference: ExecutorPreference.current) { await body() }.value
}
