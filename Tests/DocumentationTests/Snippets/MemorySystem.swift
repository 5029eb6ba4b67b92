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
