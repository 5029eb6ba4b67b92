//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import Logging

/// A system in memory, on a clock of its own unless one is given.
func memorySystem(
    clock: any QueueClock = SystemClock(),
    _ change: (inout JobSystem.Configuration) -> Void = { _ in }
) async throws -> JobSystem {
    var configuration = JobSystem.Configuration()
    configuration.clock = clock
    configuration.logger.logLevel = .error
    change(&configuration)
    return try await JobSystem(url: "memory:", configuration: configuration)
}

/// Runs `body` while a worker runs; fails with the worker's error if it stops too early.
func running<Result: Sendable>(
    _ worker: Worker,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask {
            try await worker.run()
            return nil
        }
        group.addTask { try await body() }
        var result: Result?
        while result == nil, let next = try await group.next() { result = next }
        group.cancelAll()
        guard let result else { throw CancellationError() }
        return result
    }
}
