//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

private struct Parcel: Job {
    static let name: JobName = "parcel"
    static let options = JobOptions(
        queue: "mail",
        priority: .high,
        start: .after(.seconds(5)),
        timeout: .seconds(60),
        retry: .constant(.seconds(2)),
        headers: ["from": "type", "only": "type"],
        retention: .seconds(99)
    )

    var weight = 1
}

private struct Nameless: Job {
    static let name: JobName = ""
}

private struct Longwinded: Job {
    static let name = JobName(String(repeating: "long", count: 51))
}

private struct Rude: Job {
    static let name: JobName = "line\nbreak"
}

private let now = VirtualClock.defaultStart

@Suite(.timeLimit(.minutes(20)))
struct SubmissionPlanTests {
    private func draft(_ options: JobOptions) throws -> JobDraft {
        try SubmissionPlan(Parcel.self, options: options, at: now)
            .draft(id: JobID(high: 1, low: 2), payload: [1, 2], parent: nil)
    }

    private func problem<J: Job>(_ type: J.Type, _ options: JobOptions = JobOptions()) -> ConfigurationError? {
        do throws(ConfigurationError) {
            _ = try SubmissionPlan(type, options: options, at: now)
            return nil
        } catch {
            return error
        }
    }

    @Test
    func `The call overrides the type, option by option, and headers are merged`() throws {
        let plain = try draft(JobOptions())
        #expect(plain.queue == "mail" && plain.priority == .high)
        #expect(plain.details.start == now + .seconds(5) && plain.details.timeout == .seconds(60))
        #expect(plain.details.headers == ["from": "type", "only": "type"])
        #expect(plain.details.retention == .seconds(99))
        // The worker knows the type's policy, so it does not travel.
        #expect(plain.details.retry == nil)
        let changed = try draft(
            JobOptions(
                queue: "express",
                priority: .lowest,
                start: .at(now + .seconds(1)),
                expires: .after(.seconds(9)),
                deadline: .at(now + .seconds(8)),
                retry: .never,
                headers: ["from": "call"],
                acknowledgement: .immediate
            )
        )
        #expect(changed.queue == "express" && changed.priority == .lowest)
        #expect(changed.details.start == now + .seconds(1) && changed.details.timeout == .seconds(60))
        #expect(changed.details.expires == now + .seconds(9) && changed.details.deadline == now + .seconds(8))
        #expect(changed.details.headers == ["from": "call", "only": "type"])
        #expect(changed.details.retry == .never && changed.details.acknowledgement == .immediate)
    }

    @Test
    func `Negative times are refused with the job, the option and the remedy`() {
        let cases: [(String, JobOptions)] = [
            ("delay", JobOptions(start: .after(.seconds(-1)))), ("expiry", JobOptions(expires: .after(.seconds(-1)))),
            ("deadline", JobOptions(deadline: .after(.seconds(-1)))),
            ("retention", JobOptions(retention: .seconds(-1))),
            ("timeout", JobOptions(timeout: .zero)), ("timeout", JobOptions(timeout: .seconds(-3))),
            ("attempts", JobOptions(retry: RetryPolicy(maximumAttempts: 0))),
            ("backoff", JobOptions(retry: .constant(.seconds(-1)))),
            ("window", JobOptions(unique: .byPayload(for: .zero))), ("unique key", JobOptions(unique: .byKey(""))),
        ]
        for (word, options) in cases {
            let error = problem(Parcel.self, options)
            #expect(error?.code == .invalidValue, "\(word)")
            #expect(error?.message.contains("parcel") == true && error?.message.contains(word) == true, "\(word)")
        }
        #expect(problem(Parcel.self, JobOptions(start: .after(.seconds(-1))))?.message.contains("zero or more") == true)
        #expect(problem(Parcel.self, JobOptions(start: .after(.seconds(Int64.max / 2)))) == nil)
        #expect(problem(Parcel.self, JobOptions(start: .at(.distantPast))) == nil)
    }

    @Test
    func `Bad names are refused with what is wrong and what to do`() {
        #expect(problem(Nameless.self)?.message.contains("empty") == true)
        #expect(problem(Nameless.self)?.message.contains("`name`") == true)
        #expect(problem(Longwinded.self)?.message.contains("204 bytes") == true)
        #expect(problem(Longwinded.self)?.message.contains("200") == true)
        #expect(problem(Rude.self)?.message.contains("\\n") == true)
        for queue: QueueName in [
            "", "a{b", "a}b", "tab\t", "nel\u{85}", "apc\u{9F}", QueueName(String(repeating: "ä", count: 101)),
        ] {
            #expect(problem(Parcel.self, JobOptions(queue: queue))?.code == .invalidName, "\(queue)")
        }
        for queue: QueueName in ["£ \u{A0}", "Ѐ", QueueName(String(repeating: "ä", count: 100))] {
            #expect(problem(Parcel.self, JobOptions(queue: queue)) == nil, "\(queue)")
        }
    }

    @Test
    func `Unique claims tell jobs apart by type and by parameters or key`() {
        let byPayload = UniquePolicy.byPayload
        let first = byPayload.claim(name: "a", payload: [1])
        #expect(first == byPayload.claim(name: "a", payload: [1]))
        #expect(first != byPayload.claim(name: "a", payload: [2]))
        #expect(first != byPayload.claim(name: "b", payload: [1]))
        #expect(first.window == nil && first.key.count == 32)
        let byKey = UniquePolicy.byKey("k", for: .seconds(5))
        #expect(byKey.claim(name: "a", payload: [1]) == byKey.claim(name: "a", payload: [2]))
        #expect(byKey.claim(name: "a", payload: []).window == .seconds(5))
        // A key is not mistaken for parameters of the same bytes.
        let clash = UniquePolicy.byKey("x").claim(name: "a", payload: [])
        #expect(clash.key != byPayload.claim(name: "a", payload: Array("x".utf8)).key)
    }
}
