//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How a handler's failed attempts are repeated: a ``RetryPolicy``, or a closure that decides each time.
///
/// A strategy stays with the handler and does not travel; a job submitted with a policy of its own follows that.
public struct RetryStrategy: Sendable {
    /// What is known when an attempt has failed.
    public struct Failure: Sendable {
        /// The attempt that failed, from 1.
        public let attempt: Int
        /// How long ago the job was submitted.
        public let elapsed: Duration
        /// What the handler threw.
        public let error: any Error

        /// Creates a description of a failed attempt.
        public init(attempt: Int, elapsed: Duration, error: any Error) {
            self.attempt = attempt
            self.elapsed = elapsed
            self.error = error
        }
    }

    package enum Kind: Sendable {
        case policy(RetryPolicy)
        case custom(@Sendable (Failure) -> Duration?)
    }

    package let kind: Kind

    /// Follows a policy.
    public static func policy(_ policy: RetryPolicy) -> RetryStrategy {
        RetryStrategy(kind: .policy(policy))
    }

    /// Asks `delay` after each failed attempt how long to wait for the next; `nil` ends the job.
    public static func custom(_ delay: @escaping @Sendable (Failure) -> Duration?) -> RetryStrategy {
        RetryStrategy(kind: .custom(delay))
    }

    /// No retry: the first failure is the end.
    public static let never = RetryStrategy.policy(.never)
}
