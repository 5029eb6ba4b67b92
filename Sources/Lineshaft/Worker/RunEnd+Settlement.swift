//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension RunEnd {
    /// What the end of a run means for its job.
    ///
    /// This is the only place where that is decided.
    ///
    /// - Parameters:
    ///   - facts: What is known about the run.
    ///   - generator: Where the jitter of a retry comes from.
    /// - Returns: Where the job goes; `nil` when the worker has no say any more, because its lease is lost.
    package func disposition(
        _ facts: RunFacts,
        using generator: inout some RandomNumberGenerator
    ) -> Settlement.Disposition? {
        if facts.cancellation == .leaseLost { return nil }
        // A step was refused, so the lease is lost although nobody else has told the worker yet.
        if case .threw(let error as StepError) = self, error.code == .leaseLost { return nil }
        switch self {
        case .returned(let output):
            // A handler that was cancelled and still finished has done the work.
            return .succeeded(output)
        case .alreadyOver(let outcome):
            return Settlement.Disposition(outcome)
        case .unknown:
            return .parked(for: facts.parkDelay)
        case .threw(let error):
            return disposition(ofError: error, facts, using: &generator)
        }
    }

    private func disposition(
        ofError error: any Error,
        _ facts: RunFacts,
        using generator: inout some RandomNumberGenerator
    ) -> Settlement.Disposition {
        switch facts.cancellation {
        case .requested:
            return .cancelled
        case .shutdown, .leaseLost:
            // Whatever a handler throws on its way out of a shutdown, it was interrupted and did not fail.
            return .released
        case .deadline:
            return .failed(
                facts.failure(.deadlineExceeded, "The job's deadline passed while it was running.", error)
            )
        case .timeout(let limit):
            let failure = facts.failure(.timedOut, "The attempt ran longer than its timeout of \(limit).", error)
            return facts.afterFailure(failure, error: error, using: &generator)
        case nil:
            return uncancelledDisposition(of: error, facts, using: &generator)
        }
    }

    private func uncancelledDisposition(
        of error: any Error,
        _ facts: RunFacts,
        using generator: inout some RandomNumberGenerator
    ) -> Settlement.Disposition {
        switch error {
        case let waiting as AwaitingWorkflow:
            return .snoozed(for: waiting.delay)
        case let over as ChildFailure:
            return Settlement.Disposition(over.outcome)
        case let snooze as Snooze:
            if let failure = facts.tooManyDeliveries(snooze) { return .failed(failure) }
            return .snoozed(for: max(snooze.delay, .zero))
        case let retry as Retry:
            let delay = max(facts.now.duration(to: retry.time.resolved(from: facts.now)), .zero)
            let reason = retry.reason.isEmpty ? "The handler asked to run again later." : retry.reason
            let failure = facts.failure(.failed, reason, retry)
            if retry.countsAttempt {
                if facts.isExhausted(after: retry, delay) { return .failed(failure) }
            } else if let failure = facts.tooManyDeliveries(retry) {
                return .failed(failure)
            }
            return .retry(after: delay, failure: failure, countsAttempt: retry.countsAttempt)
        case let bad as UndecodablePayload:
            return .failed(
                facts.failureBeforeAttempt(
                    .undecodablePayload,
                    bad.message,
                    bad.cause
                )
            )
        case let bad as FailedMigration:
            return .failed(facts.failureBeforeAttempt(.migrationFailed, bad.message, bad.cause))
        case let bad as WorkflowSizeError:
            return .failed(facts.failure(bad.code, bad.message, bad))
        case let bad as StepError:
            return .failed(facts.failure(bad.jobCode, bad.message, bad.cause ?? bad))
        case let bad as UnencodableOutput:
            return .failed(
                facts.failure(
                    .unencodableOutput,
                    "The output, a \(bad.type), cannot be encoded: \(bad.cause). The handler has run; retry the job once "
                        + "its output can be.",
                    bad.cause
                )
            )
        default:
            let failure = facts.failure(.failed, "\(error)", error)
            let classified = (error as? any RetryClassified)?.isRetryable ?? facts.isRetryable?(error) ?? true
            if !classified { return .failed(failure) }
            return facts.afterFailure(failure, error: error, using: &generator)
        }
    }
}

extension RunFacts {
    /// The longest message that is stored with a job.
    private static let maximumMessageLength = 4_000

    package func failure(_ code: JobError.Code, _ message: String, _ error: any Error) -> JobFailure {
        JobFailure(
            code: code,
            message: String(message.prefix(Self.maximumMessageLength)),
            type: "\(type(of: error))",
            attempt: attempt,
            time: now
        )
    }

    /// The failure of a job that its handler has put off too often; `nil` while it has not.
    fileprivate func tooManyDeliveries(_ error: any Error) -> JobFailure? {
        let limit: Int =
            switch strategy.kind {
            case .policy(let policy): policy.maximumDeliveries
            case .custom: RetryPolicy.standardDeliveries
            }
        guard delivery >= limit else { return nil }
        return failure(
            .tooManyDeliveries,
            "The job was given to workers \(delivery) times, and its handler put it off again without an attempt that "
                + "counts. Mend what it waits for, or allow more with the retry policy's `maximumDeliveries`; then retry it.",
            error
        )
    }

    /// A failure for which no handler ran.
    fileprivate func failureBeforeAttempt(_ code: JobError.Code, _ message: String, _ error: any Error) -> JobFailure {
        var facts = self
        facts.attempt = 0
        return facts.failure(code, message, error)
    }

    /// Another attempt, or the dead letters when there is none left.
    fileprivate func afterFailure(
        _ failure: JobFailure,
        error: any Error,
        using generator: inout some RandomNumberGenerator
    ) -> Settlement.Disposition {
        switch strategy.kind {
        case .policy(let policy):
            let delay = policy.backoff.delay(afterAttempt: attempt, using: &generator)
            if isExhausted(policy, delay) { return .failed(failure) }
            return .retry(after: delay, failure: failure, countsAttempt: true)
        case .custom(let decide):
            let description = RetryStrategy.Failure(
                attempt: attempt,
                elapsed: submitted.duration(to: now),
                error: error
            )
            guard let delay = decide(description) else { return .failed(failure) }
            return .retry(after: max(delay, .zero), failure: failure, countsAttempt: true)
        }
    }

    fileprivate func isExhausted(after retry: Retry, _ delay: Duration) -> Bool {
        switch strategy.kind {
        case .policy(let policy):
            return isExhausted(policy, delay)
        case .custom(let decide):
            let description = RetryStrategy.Failure(
                attempt: attempt,
                elapsed: submitted.duration(to: now),
                error: retry
            )
            return decide(description) == nil
        }
    }

    /// Whether no other attempt may be begun after `delay`.
    private func isExhausted(_ policy: RetryPolicy, _ delay: Duration) -> Bool {
        if attempt >= policy.maximumAttempts { return true }
        guard let limit = policy.maximumElapsed else { return false }
        return submitted.duration(to: now) + delay > limit
    }
}

extension Settlement.Disposition {
    /// The disposition that ends a job with an outcome.
    package init(_ outcome: Outcome) {
        switch outcome {
        case .succeeded(let output): self = .succeeded(output)
        case .failed(let failure): self = .failed(failure)
        case .cancelled: self = .cancelled
        case .expired: self = .expired
        }
    }

    /// The outcome that this ends the job with; `nil` when the job goes on.
    package var outcome: Outcome? {
        switch self {
        case .succeeded(let output): .succeeded(output)
        case .failed(let failure): .failed(failure)
        case .cancelled: .cancelled
        case .expired: .expired
        case .retry, .snoozed, .released, .unstarted, .parked: nil
        }
    }
}
