//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Jobs that a worker cannot run, or cannot finish.
    static let misfits: [Case] = [
        Case(
            "A job with an unknown name is parked and runs once a worker knows it",
            .badInputStopsNobody,
            needs: .delays
        ) {
            trial in
            let ignorant = try await trial.host("ignorant") {
                $0.parkDelay = .seconds(30)
            } handlers: {
                Handler(for: Immeasurable.self) { _, _ in 1 }
            }
            let client = try await trial.system()
            try await trial.running(ignorant) {
                let handle = try await client.submit(Errand(word: "found"))
                try await trial.pass(.seconds(300))
                let snapshot = try await trial.inspector().find(handle.id)
                try check("the state", snapshot?.state, is: .scheduled)
                try check("why it waits", snapshot?.wait, is: .parked)
                try check("the failed attempts", snapshot?.failedAttempts, is: 0)
                let deliveries = snapshot?.deliveries ?? 0
                try check((2...12).contains(deliveries), "It was offered \(deliveries) times in 300 seconds.")
                let other = try await client.submit(Immeasurable())
                try check("another job's output", try await trial.value(of: other), is: 1)
                try await ignorant.worker.pause("default")
                let knowing = try await trial.host("knowing") { trial.echo }
                try await trial.running(knowing) {
                    try check("the output", try await trial.value(of: handle), is: "found")
                    try check("the attempts", try await handle.outcome.attempts, is: 1)
                }
            }
        },
        Case("A job of a later version is parked, one of an earlier version runs", .badInputStopsNobody, needs: .delays)
        {
            trial in
            let host = try await trial.host { trial.echo }
            let newer = try await trial.host("newer") {
                Handler(for: LaterErrand.self) { errand, _ in "new " + errand.word }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(LaterErrand(word: "a"))
                try await trial.pass(.seconds(100))
                try check("the notes", trial.notes.lines, is: [])
                try check("why it waits", try await trial.inspector().find(handle.id)?.wait, is: .parked)
                try await host.worker.pause("default")
                try await trial.running(newer) {
                    try check("the output", try await trial.value(of: handle), is: "new a")
                    let earlier = try await host.system.submit(Errand(word: "b"))
                    try check("the output", try await trial.value(of: earlier), is: "new b")
                }
            }
        },
        Case("A payload that cannot be decoded becomes a dead letter, and others go on", .badInputStopsNobody) {
            trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                let bad = try await host.system.submit(MisshapenErrand())
                let good = try await host.system.submit(Errand(word: "good"))
                let failure = try await trial.failure(of: bad)
                try check("the failure", failure.code, is: .undecodablePayload)
                try check(failure.message.contains("Errand"), "The message does not name the type: \(failure.message)")
                try check("the state", try await trial.inspector().find(bad.id)?.state, is: .dead)
                try check("the other's output", try await trial.value(of: good), is: "good")
                try check("the runs", trial.notes.lines, is: ["good"])
            }
        },
        Case("An output that cannot be encoded makes the job a dead letter", .badInputStopsNobody) { trial in
            let host = try await trial.host {
                Handler(for: Immeasurable.self) { _, _ in
                    trial.notes.note("ran")
                    return .infinity
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Immeasurable())
                let failure = try await trial.failure(of: handle)
                try check("the failure", failure.code, is: .unencodableOutput)
                try check(failure.message.contains("Double"), "The message does not name the type: \(failure.message)")
                try check("the runs", trial.notes.lines, is: ["ran"])
            }
        },
        Case("A handler that always throws uses up its attempts; its job is found, retried and deleted") { trial in
            let host = try await trial.host { trial.failing() }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                let failure = try await trial.failure(of: handle)
                try check("the attempts", trial.notes.lines, is: ["attempt 1", "attempt 2", "attempt 3"])
                try check("the failure", failure.code, is: .failed)
                try check("the message", failure.message, is: "It did not work.")
                let inspector = try trial.inspector()
                let page = try await inspector.jobs(in: "default", state: .dead, after: nil, limit: 10)
                try check("the dead letters", page.jobs.map(\.id), is: [handle.id])
                try check("the history", page.jobs.first?.failures.map(\.attempt), is: [1, 2, 3])
                try check("the number retried", try await host.system.retry([handle.id]), is: 1)
                let again = host.system.handle(for: Errand.self, id: handle.id)
                try check("the failure", try await trial.failure(of: again).attempt, is: 3)
                try check("the attempts", trial.notes.lines.count, is: 6)
                try check("the number deleted", try await inspector.delete([handle.id]), is: 1)
                try check("the job", try await inspector.find(handle.id), is: nil)
            }
        },
        Case("A dead letter that is retried and succeeds has the new outcome") { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { errand, _ in
                    if trial.notes.gate("mended").isOpen { return errand.word }
                    throw PermanentFailure("It is broken.")
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "a"))
                try check("the failure", try await trial.failure(of: handle).message, is: "It is broken.")
                trial.notes.gate("mended").open()
                try check("the number retried", try await host.system.retry([handle.id]), is: 1)
                let again = host.system.handle(for: Errand.self, id: handle.id)
                try check("the output", try await trial.value(of: again), is: "a")
                try check("the status", try await handle.status, is: .succeeded)
            }
        },
    ]

    /// Jobs that are tried again.
    static let retrying: [Case] = [
        Case("Retries follow the job's own policy") { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    trial.notes.note("\(context.clock.uptime)")
                    throw TrialError()
                }
            }
            try await trial.running(host) {
                let policy = RetryPolicy.linear(step: .seconds(10), maximumAttempts: 4)
                _ = try await trial.failure(of: host.system.submit(Errand(), retry: policy))
                let expected = [Duration.zero, .seconds(10), .seconds(30), .seconds(60)].map { "\($0)" }
                try check("the times", trial.notes.lines, is: expected)
            }
        },
        Case("A retried job is not begun after the longest time that its policy allows") { trial in
            let host = try await trial.host { trial.failing() }
            try await trial.running(host) {
                let policy = RetryPolicy(
                    maximumAttempts: 100,
                    maximumElapsed: .seconds(25),
                    backoff: .constant(.seconds(10))
                )
                let handle = try await host.system.submit(Errand(), retry: policy)
                try check("the last attempt", try await trial.failure(of: handle).attempt, is: 3)
                try check(trial.clock.uptime <= .seconds(25), "The last attempt began at \(trial.clock.uptime).")
            }
        },
        Case("An error that says that trying again cannot help ends the job") { trial in
            let host = try await trial.host { trial.failing(PermanentFailure("No.")) }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                try check("the message", try await trial.failure(of: handle).message, is: "No.")
                try check("the attempts", trial.notes.lines, is: ["attempt 1"])
            }
        },
        Case("A handler can ask for a retry that counts, or does not, after a time or at one") { trial in
            let start = trial.clock.now
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    trial.notes.note("\(context.attempt)/\(context.delivery) at \(context.clock.uptime)")
                    switch context.delivery {
                    case 1: throw Retry.after(.seconds(20))
                    case 2: throw Retry.at(start + .seconds(60), countsAttempt: false)
                    default: return "done"
                    }
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                try check("the output", try await trial.value(of: handle), is: "done")
                let expected = [
                    "1/1 at \(Duration.zero)", "2/2 at \(Duration.seconds(20))", "2/3 at \(Duration.seconds(60))",
                ]
                try check("the runs", trial.notes.lines, is: expected)
                try check("the attempts", try await handle.outcome.attempts, is: 2)
            }
        },
        Case("A counted retry that a handler asks for is one of the attempts that are allowed") { trial in
            let host = try await trial.host { trial.failing(Retry.after(.seconds(1), reason: "Later, please.")) }
            try await trial.running(host) {
                let failure = try await trial.failure(of: host.system.submit(Errand()))
                try check("the attempts", trial.notes.lines.count, is: 3)
                try check("the message", failure.message, is: "Later, please.")
            }
        },
        Case("A snoozed job runs again later and it costs no attempt") { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { errand, context in
                    trial.notes.note("\(context.attempt) at \(context.clock.uptime)")
                    if context.delivery <= 5 { try context.snooze(for: .seconds(7)) }
                    return errand.word
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "a"), retry: .never)
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the runs", trial.notes.lines, is: (0...5).map { "1 at \(Duration.seconds(7 * $0))" })
                try check("the attempts", try await handle.outcome.attempts, is: 1)
            }
        },
        Case("A worker that stops between two attempts leaves the next one to another") { trial in
            let first = try await trial.host("host-1") { trial.failing() }
            let second = try await trial.host("host-2") { trial.echo }
            let client = try await trial.system()
            try await trial.running(second) {
                try await second.worker.pause("default")
                try await trial.settleDown()
                let handle = try await client.submit(Errand(word: "second"), retry: .constant(.seconds(50)))
                try await trial.running(first) { try await trial.pass(.seconds(1)) }
                try check("the notes", trial.notes.lines, is: ["attempt 1"])
                try await second.worker.resume("default")
                try check("the output", try await trial.value(of: handle), is: "second")
                try check("the time", trial.clock.uptime, is: .seconds(50))
                try check("the attempts", try await handle.outcome.attempts, is: 2)
            }
        },
    ]
}
