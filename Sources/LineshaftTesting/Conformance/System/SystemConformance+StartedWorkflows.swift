//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Starts two groups, waits for one of them, and returns while the other goes on.
private struct Planner: Job {
    static let name: JobName = "trial.planner"
    static let options = JobOptions(retry: .never)
    typealias Output = Int

    var count: Int
    var word = "late"
}

/// Starts a workflow, reads it, is put off for as long, and returns what it reads then.
private struct Sleeper: Job {
    static let name: JobName = "trial.sleeper"
    typealias Output = Int

    var pause: Duration
    var isLate = false
}

extension SystemTrial {
    fileprivate func planningHost(_ name: String = "host-1", slots: Int = 1) async throws -> TrialHost {
        try await host(name, queues: ["default": .init(concurrency: slots)]) {
            workflowHandlers
            spread
            Handler(for: Sides.self) { (_: Sides, input: Outputs<[Int], [Int]>, _: JobContext) -> Int in
                input.values.0.reduce(0, +)
            }
            Handler(for: Sleeper.self) { [notes] job, context in
                let numbers = try await context.start {
                    notes.note("planned", by: context.id)
                    return Group([Number(value: 2), Number(value: 3)]).then(Total())
                }
                if job.isLate {
                    _ = try await context.start { Noted(word: "late").with(JobOptions(start: .after(job.pause))) }
                }
                let sum = try await numbers.value
                notes.note("read")
                if !job.isLate, notes.count(of: "read") == 1 { throw Snooze(delay: job.pause) }
                return sum
            }
            Handler(for: Planner.self) { [notes] job, context in
                let numbers = try await context.start {
                    notes.note("planned", by: context.id)
                    return Group((0..<job.count).map(Number.init)).then(Total())
                }
                _ = try await context.start { Noted(word: job.word).with(JobOptions(start: .after(.seconds(30)))) }
                let sum = try await numbers.value
                if job.count == 7 {
                    let bad = try await context.start { Number(value: -7) }
                    do { return try await bad.value } catch is ChildFailure { notes.note("caught") }
                }
                notes.note("returned")
                return sum
            }
        }
    }
}

extension SystemConformance {
    /// Workflows that running jobs start, and what becomes of them.
    static let startedWorkflows: [Case] = [
        Case("A job's outcome waits for the workflows that it has started", .oneCallback, workflows: true) { trial in
            let host = try await trial.planningHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let before = trial.clock.uptime
                // There is one slot, so nothing could run if the job held it.
                let handle = try await client.submit(Planner(count: 4))
                try check("the output", try await trial.value(of: handle), is: 6)
                try check(
                    trial.clock.uptime - before >= .seconds(30),
                    "It did not wait for the one it did not ask about."
                )
                try check("the late one", trial.notes.count(of: "late"), is: 1)
                try check("the plans", trial.notes.count(of: "planned"), is: 1)
                try check("the attempts", try await handle.outcome.attempts, is: 1)
                let other = try await client.submit(Planner(count: 7))
                try check("the output", try await trial.value(of: other), is: 21)
                try check(trial.notes.count(of: "caught") >= 1, "The failure did not reach the handler.")
            }
        },
        Case("What a job has read of what it started is there when it is called again", .oneCallback, workflows: true) {
            trial in
            let host = try await trial.planningHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let slow = try await client.submit(Sleeper(pause: .seconds(7_200)))
                try await trial.pass(.seconds(7_300))
                try check("the output", try await trial.value(of: slow), is: 5)
                try check("the plans", trial.notes.count(of: "planned"), is: 1)
                trial.notes.clear()
                // One that it did not ask about goes on for longer than the other would be kept by itself.
                let brief = JobOptions(retention: .zero)
                let late = try await client.submit(Sleeper(pause: .seconds(90), isLate: true), options: brief)
                _ = try await trial.outcome(of: late)
                try check("the plans", trial.notes.count(of: "planned"), is: 1)
                try check("the late one", trial.notes.count(of: "late"), is: 1)
            }
        },
        Case("It waits for them whatever its worker dies at", .oneCallback, workflows: true) { trial in
            for change in 1...200 {
                for isAfter in [false, true] {
                    trial.notes.clear()
                    let name = "\(change) \(isAfter)"
                    let first = try await trial.planningHost("first \(name)")
                    first.way.die(at: .init(change: change, isAfter: isAfter) { await first.die() })
                    let second = try await trial.planningHost("second \(name)")
                    let handle = try await trial.system().submit(Planner(count: 3))
                    try await trial.running(first) {
                        try await trial.pass(.seconds(1))
                        try await trial.running(second) {
                            try check("the output of \(name)", try await trial.value(of: handle), is: 3)
                            try check("the late one, \(name)", trial.notes.count(of: "late") >= 1, is: true)
                            try checkSubmissions(trial, atMost: 2)
                        }
                    }
                    if first.way.changes < change { return }
                }
            }
            throw ConformanceFailure("It takes more than 200 changes.")
        },
        Case(
            "Cancelling it cancels all of them",
            .cancellationReachesRunningJobs,
            needs: .cancellation,
            workflows: true
        ) {
            trial in
            let host = try await trial.planningHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Planner(count: 2))
                try await trial.pass(.seconds(5))
                try await handle.cancel()
                try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
                try await trial.pass(.seconds(60))
                try check("the late one", trial.notes.count(of: "late"), is: 0)
            }
        },
        Case("A job's deadline is that of what it has started", .oneCallback, workflows: true) { trial in
            let host = try await trial.planningHost(slots: 3)
            let client = try await trial.system()
            try await trial.running(host) {
                let limited = JobOptions(deadline: .after(.seconds(20)))
                let handle = try await client.submit(Spread(count: 2, isEndless: true), options: limited)
                try check("the code", try await trial.failure(of: handle).code, is: .deadlineExceeded)
                try await trial.pass(.seconds(10))
                try check("the child", trial.notes.count(of: "endless cancelled"), is: 1)
            }
        },
        Case("A restart goes on with what a failed job had started", .oneCallback, workflows: true) { trial in
            let host = try await trial.planningHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let group = Group([Spread(count: -5), Spread(count: 3)]).then(Total()).onFailure(Noted(word: "failed"))
                let first = try await client.submit(group)
                try check("the code", try await trial.error(of: first).code, is: .failed)
                try await trial.pass(.seconds(10))
                trial.notes.gate("mended").open()
                let second = try await first.restart()
                try check("the output", try await trial.value(of: second), is: 9)
                try check("the member that had succeeded", trial.notes.count(of: "number 1"), is: 2)
                try check("the failed one", trial.notes.count(of: "number -5"), is: 2)
                try check("the callback", trial.notes.count(of: "failed"), is: 1)
            }
        },
        Case("Retrying all dead letters restarts each outermost workflow once", .oneCallback, workflows: true) {
            trial in
            let host = try await trial.planningHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let inner = try await client.submit(Group([Spread(count: -5)]).then(Total()))
                let alone = try await client.submit(Spread(count: -6))
                let plain = try await client.submit(Number(value: -7).then(Add()))
                try check("the code", try await trial.error(of: inner).code, is: .failed)
                try check("the code", try await trial.failure(of: alone).code, is: .failed)
                try check("the code", try await trial.error(of: plain).code, is: .failed)
                try await trial.pass(.seconds(10))
                trial.notes.gate("mended").open()
                try check(try await client.retryAll(in: "default") >= 3, "Too few were retried.")
                let values = [
                    try await trial.value(of: client.workflow(for: inner.id, returning: Int.self)),
                    try await trial.value(of: client.handle(for: Spread.self, id: alone.id)),
                    try await trial.value(of: client.workflow(for: plain.id, returning: Int.self)),
                ]
                try check("the outputs", values, is: [6, 7, 8])
                try await trial.pass(.seconds(100))
                try check("the dead letters", try await trial.inspector().counts(of: "default").dead, is: 0)
                try check("the expansions", trial.notes.count(of: "spread"), is: 2)
            }
        },
    ]
}
