//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

extension SumIntegers {
    /// What workers run for the job.
    ///
    /// Whatever a handler needs, such as a database, its closure captures; here it is the plan of what goes wrong.
    ///
    /// - Parameter mishaps: Which attempts fail.
    /// - Returns: The handler, for a worker's list.
    public static func handler(mishaps: Mishaps = .none) -> Handler<SumIntegers> {
        Handler(
            for: SumIntegers.self,
            retry: .policy(.exponential(maximumAttempts: 10, base: .milliseconds(50), maximum: .milliseconds(400)))
        ) { job, context in
            if mishaps.strike(job.integers.lowerBound, attempt: context.attempt) { throw Mishap() }
            return job.integers.reduce(0, +)
        }
    }
}

/// What a handler throws when nothing but bad luck is the matter.
///
/// Any error is retried unless it says otherwise.
public struct Mishap: Error, Sendable, CustomStringConvertible {
    /// Creates a mishap.
    public init() {}

    /// What happened.
    public var description: String { "A mishap, thrown to show a retry." }
}
