//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// An error that a handler throws to say when its job should run again.
///
/// ```swift
/// throw Retry.at(rateLimit.resetTime, countsAttempt: false)
/// ```
public struct Retry: Error, Sendable {
    /// When to run again.
    package let time: JobTime
    /// Whether this run counts against the limit of attempts.
    package let countsAttempt: Bool
    /// Why, for logs and for the job's history.
    package let reason: String

    /// Runs the job again after `delay`.
    ///
    /// - Parameters:
    ///   - delay: How long to wait from now; less than zero means at once.
    ///   - countsAttempt: Whether this run counts against the limit of attempts.
    ///   - reason: Why, for logs and for the job's history.
    /// - Returns: What a handler throws.
    public static func after(_ delay: Duration, countsAttempt: Bool = true, reason: String = "") -> Retry {
        Retry(time: .after(delay), countsAttempt: countsAttempt, reason: reason)
    }

    /// Runs the job again at `time`.
    ///
    /// - Parameters:
    ///   - time: When; a time that has passed means at once.
    ///   - countsAttempt: Whether this run counts against the limit of attempts.
    ///   - reason: Why, for logs and for the job's history.
    /// - Returns: What a handler throws.
    public static func at(_ time: Timestamp, countsAttempt: Bool = true, reason: String = "") -> Retry {
        Retry(time: .at(time), countsAttempt: countsAttempt, reason: reason)
    }
}

/// What ``JobContext/snooze(for:)`` throws: the job is put off, which is neither a failure nor an attempt.
package struct Snooze: Error, Sendable {
    package let delay: Duration

    package init(delay: Duration) {
        self.delay = delay
    }
}

/// An error that knows whether trying again can help.
///
/// Errors of other types are retried. A handler can also decide for errors that are not its own, by
/// the `isRetryable` of its ``Handler``.
public protocol RetryClassified: Error {
    /// Whether another attempt may succeed. `false` ends the job at once, in the dead letters.
    var isRetryable: Bool { get }
}

/// An error that ends its job at once, whatever the retry policy: another attempt cannot help.
public struct PermanentFailure: RetryClassified, CustomStringConvertible {
    /// Why, for the person who finds the job in the dead letters.
    public let reason: String

    /// Creates a permanent failure.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// Always `false`.
    public var isRetryable: Bool { false }

    /// The reason.
    public var description: String { reason }
}
