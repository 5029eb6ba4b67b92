//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

struct Charge: Job {
    static let name: JobName = "charge"

    var account: String
    var cents: Int
}

/// A payment service's answers.
enum PaymentError: Error {
    case rateLimited(until: Timestamp)
    case noSuchAccount
    case unreachable
}

struct RefusedByBank: RetryClassified {
    let reason: String

    var isRetryable: Bool { false }
}

extension Charge {
    static func handler(_ pay: @escaping @Sendable (Charge) async throws -> Void) -> Handler<Charge> {
        Handler(for: Charge.self, retry: .policy(.exponential(maximumAttempts: 8))) { job, context in
            do {
                try await pay(job)
            } catch PaymentError.rateLimited(let time) {
                throw Retry.at(time, countsAttempt: false, reason: "The service is busy.")
            } catch PaymentError.noSuchAccount {
                throw PermanentFailure("There is no account \(job.account).")
            }
        }
    }
}

@Suite("The code of Retries and failures", .timeLimit(.minutes(20)))
struct FailuresSnippets {
    @Test("A permanent failure is a dead letter, which is found, mended and tried again")
    func deadLetters() async throws {
        let jobs = try await memorySystem()
        let isOpen = Flag()
        let worker = Worker(jobs) {
            Charge.handler { _ in
                if await !isOpen.isRaised { throw PaymentError.noSuchAccount }
            }
        }
        try await worker.run {
            let charge = try await jobs.submit(Charge(account: "7", cents: 995))

            do {
                _ = try await charge.value
            } catch let error as JobError where error.code == .failed {
                print(error.reason, error.failure?.attempt ?? 0)
            }

            await isOpen.raise()

            for try await job in jobs.deadLetters(in: "default") {
                print(job.id, job.envelope.name, job.failures.last?.message ?? "")
            }
            let retried = try await jobs.retryAll(in: "default")

            #expect(retried == 1)
            _ = try await jobs.handle(for: Charge.self, id: charge.id).value
            #expect(try await jobs.delete([charge.id]) == 0)
        }
        await jobs.shutdown()
    }

    @Test("Policies differ in their waits")
    func policies() async throws {
        let policies: [RetryPolicy] = [
            .standard,
            .never,
            .exponential(maximumAttempts: 5, base: .milliseconds(200), maximum: .seconds(30)),
            .constant(.seconds(10), maximumAttempts: 3),
            .linear(step: .seconds(5)),
            .fibonacci(),
            RetryPolicy(maximumElapsed: .seconds(3600), backoff: .constant(.seconds(60))),
        ]

        #expect(policies.map(\.maximumAttempts) == [25, 1, 5, 3, 25, 25, 25])
    }

    @Test("A strategy of one's own, an error that says so, a filter, a snooze")
    func strategies() async throws {
        let handlers: [AnyHandler] = [
            AnyHandler(
                Handler(
                    for: Charge.self,
                    retry: .custom { failure in
                        failure.attempt < 3 && failure.elapsed < .seconds(600) ? .seconds(5) : nil
                    },
                    isRetryable: { error in !(error is DecodingError) }
                ) { job, context in
                    guard job.cents > 0 else { throw RefusedByBank(reason: "Nothing to charge.") }
                    guard context.delivery > 1 else { try context.snooze(for: .milliseconds(1)) }
                }
            )
        ]
        let jobs = try await memorySystem()
        let worker = Worker(jobs) { handlers }
        try await worker.run {
            _ = try await jobs.submit(Charge(account: "7", cents: 1)).value
            let error = await #expect(throws: JobError.self) {
                try await jobs.submit(Charge(account: "7", cents: 0)).value
            }
            #expect(error?.failure?.attempt == 1)
        }
        await jobs.shutdown()
    }
}

/// Something that happens once.
actor Flag {
    private(set) var isRaised = false

    func raise() { isRaised = true }
}
