//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

private struct Plain: Error, CustomStringConvertible {
    let description = "plain"
}

private struct Hopeless: RetryClassified {
    let isRetryable = false
}

private let start = VirtualClock.defaultStart

@Suite(.timeLimit(.minutes(20)))
struct RunEndTests {
    private func disposition(
        _ end: RunEnd,
        attempt: Int = 1,
        delivery: Int = 1,
        elapsed: Duration = .zero,
        strategy: RetryStrategy = .policy(.constant(.seconds(7), maximumAttempts: 3)),
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        _ cancellation: CancellationReason? = nil
    ) -> Settlement.Disposition? {
        var generator = Xoshiro256(seed: 1)
        let facts = RunFacts(
            attempt: attempt,
            delivery: delivery,
            submitted: start,
            now: start + elapsed,
            strategy: strategy,
            isRetryable: isRetryable,
            cancellation: cancellation,
            parkDelay: .seconds(30)
        )
        return end.disposition(facts, using: &generator)
    }

    private static let errors: [any Error] = [
        Plain(), CancellationError(), PermanentFailure("no"), Retry.after(.seconds(1)),
        Retry.after(.seconds(1), countsAttempt: false), Snooze(delay: .seconds(1)),
        UndecodablePayload(type: "T", byteCount: 3, cause: Plain()), UnencodableOutput(type: "T", cause: Plain()),
    ]
    private static let reasons: [CancellationReason?] = [
        nil, .timeout(.seconds(5)), .deadline, .requested, .leaseLost, .shutdown,
    ]

    @Test
    func `A worker that lost its lease has no say, however the run ended`() {
        let ends: [RunEnd] = [.returned([1]), .unknown, .alreadyOver(.cancelled)] + Self.errors.map(RunEnd.threw)
        for end in ends { #expect(disposition(end, .leaseLost) == nil) }
    }

    @Test
    func `A job may wait for what it has started, or for its broker, any number of times`() {
        let policy = RetryPolicy(maximumAttempts: 3, maximumDeliveries: 50)
        let end = disposition(
            .threw(AwaitingWorkflow(delay: .seconds(1))),
            delivery: 100_000,
            strategy: .policy(policy)
        )
        #expect(end == .snoozed(for: .seconds(1)))
    }

    @Test
    func `A job that is put off too often ends among the dead letters, and one that fails does not`() {
        let policy = RetryPolicy(maximumAttempts: 3, maximumDeliveries: 50)
        for error in [Snooze(delay: .seconds(1)) as any Error, Retry.after(.seconds(1), countsAttempt: false)] {
            let early = disposition(.threw(error), delivery: 49, strategy: .policy(policy))
            if case .failed = early { Issue.record("It ended after 49 deliveries.") }
            guard case .failed(let failure) = disposition(.threw(error), delivery: 50, strategy: .policy(policy)) else {
                Issue.record("It goes on after 50 deliveries.")
                continue
            }
            #expect(failure.code == .tooManyDeliveries)
            #expect(failure.message.contains("50 times"))
        }
        guard case .retry = disposition(.threw(Plain()), delivery: 99, strategy: .policy(policy)) else {
            Issue.record("A failed attempt is not tried again.")
            return
        }
    }

    @Test
    func `A handler that returns has succeeded, cancelled or not`() {
        for reason in Self.reasons where reason != .leaseLost {
            #expect(disposition(.returned([1]), reason) == .succeeded([1]))
        }
    }

    @Test
    func `A stored outcome stands, and an unknown name is parked, cancelled or not`() {
        for reason in Self.reasons where reason != .leaseLost {
            #expect(disposition(.alreadyOver(.succeeded([9])), reason) == .succeeded([9]))
            #expect(disposition(.alreadyOver(.expired), reason) == .expired)
            #expect(disposition(.alreadyOver(.cancelled), reason) == .cancelled)
            #expect(disposition(.unknown, reason) == .parked(for: .seconds(30)))
        }
    }

    @Test
    func `Whatever is thrown after a request to cancel, the job is cancelled; after shutdown, released`() {
        for error in Self.errors {
            #expect(disposition(.threw(error), .requested) == .cancelled)
            #expect(disposition(.threw(error), .shutdown) == .released)
        }
    }

    @Test
    func `A deadline fails the job and a timeout fails the attempt, whatever is thrown`() {
        for error in Self.errors {
            guard case .failed(let late) = disposition(.threw(error), .deadline) else {
                Issue.record("\(error) after the deadline did not fail the job")
                continue
            }
            #expect(late.code == .deadlineExceeded)
            guard case .retry(let delay, let failure, let counts) = disposition(.threw(error), .timeout(.seconds(5)))
            else {
                Issue.record("\(error) after the timeout is not tried again")
                continue
            }
            #expect(delay == .seconds(7) && counts && failure.code == .timedOut)
            #expect(failure.message.contains("5.0 seconds"))
            guard case .failed(let last) = disposition(.threw(error), attempt: 3, .timeout(.seconds(5))) else {
                Issue.record("\(error) after the last timeout did not fail the job")
                continue
            }
            #expect(last.code == .timedOut && last.attempt == 3)
        }
    }

    @Test
    func `An error is retried as long as attempts and time are left`() {
        for attempt in 1...2 {
            guard case .retry(.seconds(7), let failure, true) = disposition(.threw(Plain()), attempt: attempt) else {
                Issue.record("Attempt \(attempt) is not followed by another")
                continue
            }
            #expect(failure.message == "plain" && failure.type == "Plain" && failure.attempt == attempt)
        }
        guard case .failed = disposition(.threw(Plain()), attempt: 3) else {
            Issue.record("A fourth attempt is made")
            return
        }
        let limited = RetryStrategy.policy(
            RetryPolicy(maximumAttempts: 9, maximumElapsed: .seconds(20), backoff: .constant(.seconds(7)))
        )
        guard case .retry = disposition(.threw(Plain()), elapsed: .seconds(13), strategy: limited) else {
            Issue.record("An attempt that begins at the limit is not made")
            return
        }
        guard case .failed = disposition(.threw(Plain()), elapsed: .seconds(14), strategy: limited) else {
            Issue.record("An attempt begins after the limit")
            return
        }
    }

    @Test
    func `An error says itself whether trying again helps, and the handler decides for others`() {
        for error: any Error in [PermanentFailure("no"), Hopeless()] {
            guard case .failed = disposition(.threw(error), isRetryable: { _ in true }) else {
                Issue.record("\(error) is tried again")
                continue
            }
        }
        guard case .failed = disposition(.threw(Plain()), isRetryable: { !($0 is Plain) }) else {
            Issue.record("The handler's word does not count")
            return
        }
    }

    @Test
    func `A retry that the handler asks for is made, if it counts only while attempts are left`() {
        let later = Retry.after(.seconds(40), reason: "busy")
        guard case .retry(.seconds(40), let failure, true) = disposition(.threw(later)) else {
            Issue.record("The retry is not made as asked")
            return
        }
        #expect(failure.message == "busy")
        guard case .failed = disposition(.threw(later), attempt: 3) else {
            Issue.record("A counted retry goes beyond the limit")
            return
        }
        let uncounted = Retry.at(start + .seconds(50), countsAttempt: false)
        guard case .retry(.seconds(40), _, false) = disposition(.threw(uncounted), attempt: 99, elapsed: .seconds(10))
        else {
            Issue.record("An uncounted retry is limited")
            return
        }
        guard case .retry(.zero, _, _) = disposition(.threw(Retry.at(.distantPast))) else {
            Issue.record("A time that has passed does not mean at once")
            return
        }
        #expect(disposition(.threw(Snooze(delay: .seconds(-4))), attempt: 99) == .snoozed(for: .zero))
    }

    @Test
    func `A custom strategy is told what is known, and its word counts`() {
        let strategy = RetryStrategy.custom { failure in
            failure.attempt < 5 ? .seconds(failure.attempt) + failure.elapsed : nil
        }
        guard
            case .retry(.seconds(14), _, true) = disposition(
                .threw(Plain()),
                attempt: 4,
                elapsed: .seconds(10),
                strategy: strategy
            )
        else {
            Issue.record("The strategy's wait is not taken")
            return
        }
        guard case .failed = disposition(.threw(Plain()), attempt: 5, strategy: strategy) else {
            Issue.record("The strategy's end is not taken")
            return
        }
        guard case .retry(.zero, _, _) = disposition(.threw(Plain()), strategy: .custom { _ in .seconds(-1) }) else {
            Issue.record("A negative wait is not taken as none")
            return
        }
    }

    @Test
    func `Payloads and outputs that cannot be coded fail at once and name their type`() {
        let bad = UndecodablePayload(type: "Import", byteCount: 12, cause: Plain())
        guard case .failed(let first) = disposition(.threw(bad)) else {
            Issue.record("An undecodable payload is tried again")
            return
        }
        #expect(first.code == .undecodablePayload)
        #expect(first.message.hasPrefix("The payload (12 bytes) is not a Import: plain. "))
        guard case .failed(let second) = disposition(.threw(UnencodableOutput(type: "Double", cause: Plain()))) else {
            Issue.record("An unencodable output is tried again")
            return
        }
        #expect(second.code == .unencodableOutput && second.message.contains("Double"))
    }

    @Test
    func `A migration that throws fails at once, before any attempt, and names the versions`() {
        let bad = FailedMigration(type: "Import", versions: (payload: 1, type: 3), cause: Plain())
        guard case .failed(let failure) = disposition(.threw(bad)) else {
            Issue.record("A failed migration is tried again")
            return
        }
        #expect(failure.code == .migrationFailed && failure.attempt == 0)
        #expect(failure.message.contains("version 1") && failure.message.contains("version 3 of Import: plain"))
        let old = UndecodablePayload(type: "Import", byteCount: 2, versions: (payload: 1, type: 2), cause: Plain())
        guard case .failed(let other) = disposition(.threw(old)) else {
            Issue.record("An old payload is tried again")
            return
        }
        #expect(other.code == .undecodablePayload && other.message.contains("migrate(from:)"))
    }

    @Test
    func `Mistakes with steps fail at once, by their kind`() {
        let codes: [(StepError.Code, JobError.Code)] = [
            (.outOfOrder, .stepMismatch), (.undecodableValue, .stepMismatch), (.duplicateName, .invalidStep),
            (.limitExceeded, .invalidStep), (.unsupported, .invalidStep),
        ]
        for (code, expected) in codes {
            let error = StepError(code: code, message: "Step “a” is wrong.")
            guard case .failed(let failure) = disposition(.threw(error)) else {
                Issue.record("It is tried again: \(code)")
                continue
            }
            #expect(failure.code == expected && failure.message == "Step “a” is wrong." && failure.attempt == 1)
            #expect(disposition(.threw(error), .requested) == .cancelled)
            #expect(disposition(.threw(error), .shutdown) == .released)
        }
    }

    @Test
    func `A run whose step was refused has lost its lease, whatever else was meant to become of it`() {
        for reason in Self.reasons {
            #expect(disposition(.threw(StepError(code: .leaseLost, message: "")), reason) == nil)
        }
    }

    @Test
    func `Stored messages are short`() {
        guard
            case .retry(_, let failure, _) = disposition(
                .threw(PermanentOrNot(text: String(repeating: "é", count: 9_000)))
            )
        else {
            Issue.record("The error is not tried again")
            return
        }
        #expect(failure.message.count == 4_000)
    }
}

private struct PermanentOrNot: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
