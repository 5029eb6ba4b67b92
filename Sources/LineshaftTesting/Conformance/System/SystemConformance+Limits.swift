//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Times that end runs and jobs, and handlers that do not care.
    static let limits: [Case] = [
        Case("An attempt that runs longer than its timeout is cancelled and counts as failed") { trial in
            let host = try await trial.host { trial.waiting() }
            try await trial.running(host) {
                let handle = try await host.system.submit(
                    Errand(),
                    retry: .constant(.seconds(1), maximumAttempts: 2),
                    timeout: .seconds(5)
                )
                let failure = try await trial.failure(of: handle)
                try check("the failure", failure.code, is: .timedOut)
                try check("the notes", trial.notes.lines, is: ["began", "cancelled", "began", "cancelled"])
                try check("the time", trial.clock.uptime, is: .seconds(11))
            }
        },
        Case("A deadline ends a job while it runs, over all attempts") { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    trial.notes.note("attempt \(context.attempt)")
                    if context.attempt == 1 { throw TrialError() }
                    try await context.clock.sleep(for: .seconds(1_000))
                    return ""
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(), deadline: .after(.seconds(10)))
                try check("the failure", try await trial.failure(of: handle).code, is: .deadlineExceeded)
                try check("the time", trial.clock.uptime, is: .seconds(10))
                try check("the attempts", trial.notes.lines, is: ["attempt 1", "attempt 2"])
            }
        },
        Case("A deadline ends a job between two attempts, also when no worker is there") { trial in
            let host = try await trial.host { trial.failing() }
            let client = try await trial.system()
            let handle = try await client.submit(
                Errand(),
                retry: .constant(.seconds(60)),
                deadline: .after(.seconds(10))
            )
            try await trial.running(host) { try await trial.pass(.seconds(1)) }
            try check("the failure", try await trial.failure(of: handle).code, is: .deadlineExceeded)
            try check("the attempts", trial.notes.lines, is: ["attempt 1"])
            try check("the time", trial.clock.uptime, is: .seconds(10))
        },
        Case("A job that was not started in time expires, also when no worker is there") { trial in
            let client = try await trial.system()
            let handle = try await client.submit(Errand(), expires: .after(.seconds(30)))
            try check("the outcome", try await trial.outcome(of: handle), is: .expired)
            try check("the time", trial.clock.uptime, is: .seconds(30))
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                try await trial.pass(.seconds(10))
                try check("the notes", trial.notes.lines, is: [])
            }
        },
        Case("A job that was started in time does not expire") { trial in
            let host = try await trial.host { trial.waiting(for: .seconds(60)) }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "a"), expires: .after(.seconds(30)))
                try check("the output", try await trial.value(of: handle), is: "a")
            }
        },
        Case("A handler that ignores its timeout is stuck: its job runs elsewhere", .badInputStopsNobody) { trial in
            let first = try await trial.host("host-1", queues: ["default": 1]) { trial.stubborn("1 ") }
            let second = try await trial.host("host-2") {
                Handler(for: Errand.self) { errand, context in
                    trial.notes.note("2 attempt \(context.attempt)")
                    return "2 " + errand.word
                }
            }
            let client = try await trial.system()
            try await trial.running(first) {
                let handle = try await client.submit(Errand(), timeout: .seconds(5))
                try await trial.pass(.seconds(14))
                try check("the stuck handlers", await first.worker.report.stuck, is: 0)
                try await trial.pass(.seconds(1))
                try check("the stuck handlers", await first.worker.report.stuck, is: 1)
                try check("the running handlers", await first.worker.report.running, is: 1)
                try await trial.running(second) {
                    try check("the output", try await trial.value(of: handle), is: "2 x")
                    try check("the runs", trial.notes.lines, is: ["1 began", "2 attempt 2"])
                    // What the stuck handler returns is refused, and its slot is free again.
                    trial.notes.gate("1 ").open()
                    try await trial.settleDown()
                    try check("the stuck handlers", await first.worker.report.stuck, is: 0)
                    try check("the running handlers", await first.worker.report.running, is: 0)
                    try check("the output", try await trial.value(of: handle), is: "2 x")
                }
                let next = try await client.submit(Errand(word: "next"))
                try check("the output", try await trial.value(of: next), is: "1 next")
            }
        },
        Case("A stuck handler takes its own slot and no other", .badInputStopsNobody) { trial in
            let host = try await trial.host(queues: ["default": 2]) {
                Handler(for: Errand.self) { errand, _ in
                    if errand.word == "stuck" { await trial.notes.gate().waitStubbornly() }
                    return errand.word
                }
            }
            try await trial.running(host) {
                let stuck = try await host.system.submit(Errand(word: "stuck"), retry: .never, timeout: .seconds(1))
                try await trial.pass(.seconds(20))
                try check("the failure", try await trial.failure(of: stuck).code, is: .timedOut)
                for handle in try await host.system.submit(contentsOf: Array(repeating: Errand(word: "a"), count: 20)) {
                    try check("an output", try await trial.value(of: handle), is: "a")
                }
                trial.notes.gate().open()
            }
        },
    ]
}
