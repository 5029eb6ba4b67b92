//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How often, how long and how slowly a job whose attempts fail is tried again.
public struct RetryPolicy: Sendable, Hashable, Codable {
    /// 25 attempts; each wait is drawn between zero and 1, 2, 4, 8 … seconds, at most an hour.
    public static let standard = RetryPolicy.exponential()

    /// One attempt: the first failure is the end.
    public static let never = RetryPolicy(maximumAttempts: 1, backoff: .constant(.zero))

    /// The most attempts, the first one included; 1 means no retry.
    public var maximumAttempts: Int
    /// The longest time since submission at which another attempt is begun; `nil` for no limit.
    public var maximumElapsed: Duration?
    /// How long to wait between attempts.
    public var backoff: Backoff
    /// The most times the job is given to a worker if its handler goes on putting it off, by snoozes and retries that count as
    /// no attempt.
    ///
    /// A job that would circle for ever ends among the dead letters, with the code `tooManyDeliveries`.
    public var maximumDeliveries: Int

    /// The most deliveries when nobody says otherwise.
    package static let standardDeliveries = 10_000

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - maximumAttempts: The most attempts, the first one included.
    ///   - maximumElapsed: The longest time since submission at which another attempt is begun; `nil` for no limit.
    ///   - backoff: How long to wait between attempts.
    ///   - maximumDeliveries: The most times the job is given to a worker if its handler goes on putting it off.
    public init(
        maximumAttempts: Int = 25,
        maximumElapsed: Duration? = nil,
        backoff: Backoff = .exponential(),
        maximumDeliveries: Int = 10_000
    ) {
        self.maximumAttempts = maximumAttempts
        self.maximumElapsed = maximumElapsed
        self.backoff = backoff
        self.maximumDeliveries = maximumDeliveries
    }

    /// Exponential backoff with full jitter.
    ///
    /// - Parameters:
    ///   - maximumAttempts: The most attempts, the first one included.
    ///   - base: The longest wait after the first failure.
    ///   - maximum: What the wait never exceeds.
    ///   - maximumElapsed: The longest time since submission at which another attempt is begun; `nil` for no limit.
    /// - Returns: The policy.
    public static func exponential(
        maximumAttempts: Int = 25,
        base: Duration = .seconds(1),
        maximum: Duration = .seconds(3600),
        maximumElapsed: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maximumAttempts: maximumAttempts,
            maximumElapsed: maximumElapsed,
            backoff: .exponential(base: base, maximum: maximum)
        )
    }

    /// The same wait after every failure.
    ///
    /// - Parameters:
    ///   - duration: The wait.
    ///   - maximumAttempts: The most attempts, the first one included.
    /// - Returns: The policy.
    public static func constant(_ duration: Duration, maximumAttempts: Int = 25) -> RetryPolicy {
        RetryPolicy(maximumAttempts: maximumAttempts, backoff: .constant(duration))
    }

    /// A wait that grows by `step` with each failure.
    ///
    /// - Parameters:
    ///   - step: What it grows by.
    ///   - maximumAttempts: The most attempts, the first one included.
    /// - Returns: The policy.
    public static func linear(step: Duration = .seconds(5), maximumAttempts: Int = 25) -> RetryPolicy {
        RetryPolicy(maximumAttempts: maximumAttempts, backoff: .linear(step: step))
    }

    /// Waits of 1, 2, 3, 5, 8 … seconds, as machinery has them.
    ///
    /// - Parameter maximumAttempts: The most attempts, the first one included.
    /// - Returns: The policy.
    public static func fibonacci(maximumAttempts: Int = 25) -> RetryPolicy {
        RetryPolicy(maximumAttempts: maximumAttempts, backoff: .fibonacci())
    }

    /// What is wrong with this policy's numbers, or `nil` when nothing is.
    package var problem: String? {
        if maximumAttempts < 1 {
            return "the retry policy allows \(maximumAttempts) attempts, but must allow 1 or more"
        }
        if maximumDeliveries < 1 {
            return "the retry policy allows \(maximumDeliveries) deliveries, but must allow 1 or more"
        }
        if let maximumElapsed, maximumElapsed < .zero {
            return "the retry policy's elapsed limit is negative (\(maximumElapsed)); leave it out for no limit"
        }
        return backoff.problem
    }
}
