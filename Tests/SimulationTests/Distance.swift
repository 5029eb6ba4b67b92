//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting

extension FaultInjector {
    /// A way to the broker that takes time, and on which nothing is lost.
    ///
    /// - Parameters:
    ///   - distance: The longest time that a call takes in one direction.
    ///   - seed: What every time follows from.
    ///   - clock: What it is measured on.
    ///   - process: Whose way it is.
    /// - Returns: The injector; nothing has to run it, for messages from the broker are not delayed.
    static func distance(
        _ distance: Duration,
        seed: UInt64,
        clock: any QueueClock,
        process: SimulatedProcess
    ) -> FaultInjector {
        let chances = FaultPlan.Chances(delay: 0.4, delayAnswer: 0.6, maximumDelay: distance)
        let calls = Set(FaultPoint.allCases.filter { !$0.isPush })
        return FaultInjector(plan: .random(seed: seed, chances, on: calls), clock: clock, process: process)
    }
}
