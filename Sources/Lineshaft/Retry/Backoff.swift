//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How long to wait before the next attempt, as a rule that can travel with a job.
public struct Backoff: Sendable, Hashable, Codable {
    /// The rules there are.
    ///
    /// Private, so that more can come.
    package enum Rule: Sendable, Hashable, Codable {
        case exponential(base: Duration, factor: Double, maximum: Duration, jitter: Bool)
        case linear(step: Duration, maximum: Duration)
        case constant(Duration)
        case fibonacci(unit: Duration, maximum: Duration)
    }

    package let rule: Rule

    /// Doubles (or grows by `factor`) from `base` to `maximum`.
    ///
    /// With full jitter the wait is drawn evenly between zero and that, which spreads a crowd of failures best (M.
    /// Brooker, *Exponential Backoff and Jitter*, AWS, 2015).
    ///
    /// - Parameters:
    ///   - base: The longest wait after the first failure.
    ///   - factor: What it grows by with each failure.
    ///   - maximum: What it never exceeds.
    ///   - jitter: Whether the wait is drawn at random up to that.
    /// - Returns: The backoff.
    public static func exponential(
        base: Duration = .seconds(1),
        factor: Double = 2,
        maximum: Duration = .seconds(3600),
        jitter: Bool = true
    ) -> Backoff {
        Backoff(rule: .exponential(base: base, factor: factor, maximum: maximum, jitter: jitter))
    }

    /// Waits `step`, then twice that, then three times that, up to `maximum`.
    public static func linear(step: Duration = .seconds(5), maximum: Duration = .seconds(3600)) -> Backoff {
        Backoff(rule: .linear(step: step, maximum: maximum))
    }

    /// Waits the same time after every failure.
    public static func constant(_ duration: Duration) -> Backoff {
        Backoff(rule: .constant(duration))
    }

    /// Waits 1, 2, 3, 5, 8, 13 … units, up to `maximum`: the sequence that machinery's workers use, in seconds.
    public static func fibonacci(unit: Duration = .seconds(1), maximum: Duration = .seconds(3600)) -> Backoff {
        Backoff(rule: .fibonacci(unit: unit, maximum: maximum))
    }

    /// The wait after the failure of attempt number `attempt`.
    ///
    /// - Parameters:
    ///   - attempt: The attempt that failed, from 1.
    ///   - generator: Where jitter comes from.
    /// - Returns: The wait, never negative.
    package func delay(afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let failures = max(attempt, 1)
        switch rule {
        case .exponential(let base, let factor, let maximum, let jitter):
            var seconds = base.inSeconds
            for _ in 1..<max(failures, 2) where failures > 1 && seconds < maximum.inSeconds { seconds *= factor }
            seconds = min(seconds, maximum.inSeconds)
            if jitter && seconds > 0 { seconds = Double.random(in: 0...seconds, using: &generator) }
            return .seconds(seconds)
        case .linear(let step, let maximum):
            return .seconds(min(step.inSeconds * Double(failures), maximum.inSeconds))
        case .constant(let duration):
            return duration
        case .fibonacci(let unit, let maximum):
            var (current, next) = (1.0, 2.0)
            for _ in 1..<max(failures, 2) where failures > 1 && unit.inSeconds * current < maximum.inSeconds {
                (current, next) = (next, current + next)
            }
            return .seconds(min(unit.inSeconds * current, maximum.inSeconds))
        }
    }

    /// What is wrong with this rule's numbers, or `nil` when nothing is.
    package var problem: String? {
        func check(_ durations: (String, Duration)...) -> String? {
            durations.first { $0.1 < .zero }.map { what, duration in
                "the backoff's \(what) is negative (\(duration)), but must be zero or more"
            }
        }
        switch rule {
        case .exponential(let base, let factor, let maximum, _):
            if !factor.isFinite || factor < 1 { return "the backoff's factor is \(factor), but must be 1 or more" }
            return check(("base", base), ("maximum", maximum))
        case .linear(let step, let maximum): return check(("step", step), ("maximum", maximum))
        case .constant(let duration): return check(("duration", duration))
        case .fibonacci(let unit, let maximum): return check(("unit", unit), ("maximum", maximum))
        }
    }
}
