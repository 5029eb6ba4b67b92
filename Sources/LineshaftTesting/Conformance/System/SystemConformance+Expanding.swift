//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// Turns out to be a workflow: that many numbers, and their total.
struct Spread: Job {
    static let name: JobName = "trial.spread"
    static let options = JobOptions(retry: .never)
    typealias Output = Int

    var count: Int
    var isEndless = false
}

extension SystemTrial {
    /// What ``Spread`` turns out to be.
    var spread: Handler<Spread> {
        Handler(
            for: Spread.self,
            expanding: { [notes] job, _, context in
                notes.note("spread", by: context.id)
                let members =
                    job.count < 0 ? [Number(value: 1), Number(value: job.count)] : (0..<job.count).map(Number.init)
                let endless = Group(job.isEndless ? [Endless()] : [])
                return Parallel(Group(members), endless).then(Sides())
            }
        )
    }

    func expandingHost(_ name: String = "host-1", slots: Int = 1) async throws -> TrialHost {
        try await host(name, queues: ["default": .init(concurrency: slots)]) {
            workflowHandlers
            spread
            Handler(for: Sides.self) { (_: Sides, input: Outputs<[Int], [Int]>, _: JobContext) -> Int in
                input.values.0.reduce(0, +)
            }
        }
    }
}

/// Adds up the first of two lists.
struct Sides: Job {
    static let name: JobName = "trial.both"
    typealias Input = Outputs<[Int], [Int]>
    typealias Output = Int
}

extension SystemConformance {
    /// Jobs that turn out to be workflows.
    static let expandingJobs: [Case] = [
        Case("A job that turns out to be a workflow waits for it without a slot", .oneCallback, workflows: true) {
            trial in
            let host = try await trial.expandingHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let before = trial.clock.uptime
                // There is one slot, so the members could not run if the job held it.
                let handle = try await client.submit(Spread(count: 20))
                try check("the output", try await trial.value(of: handle), is: 190)
                try check(trial.clock.uptime - before <= .seconds(5), "It took \(trial.clock.uptime - before).")
                try check("the expansions", trial.notes.count(of: "spread"), is: 1)
                try check("the attempts", try await handle.outcome.attempts, is: 1)
                let none = try await client.submit(Spread(count: 0))
                try check("the output", try await trial.value(of: none), is: 0)
            }
        },
        Case("It fails as its workflow does, and is retried with it", .oneCallback, workflows: true) { trial in
            let host = try await trial.expandingHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Spread(count: -5))
                let failure = try await trial.failure(of: handle)
                try check("the code", failure.code, is: .failed)
                try check(failure.message.contains("No -5."), "The failure is “\(failure.message)”.")
                try await trial.pass(.seconds(10))
                trial.notes.gate("mended").open()
                try check("the retried ones", try await client.retry([handle.id]), is: 1)
                let again = client.handle(for: Spread.self, id: handle.id)
                try check("the output", try await trial.value(of: again), is: 6)
                try check("the expansions", trial.notes.count(of: "spread"), is: 1)
                try check("the member that had succeeded", trial.notes.count(of: "number 1"), is: 1)
            }
        },
        Case(
            "Cancelling it cancels its workflow",
            .cancellationReachesRunningJobs,
            needs: .cancellation,
            workflows: true
        ) { trial in
            let host = try await trial.expandingHost(slots: 3)
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Spread(count: 2, isEndless: true))
                try await trial.pass(.seconds(1))
                try check("the notes", trial.notes.count(of: "endless began"), is: 1)
                try await handle.cancel()
                try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
                try await trial.pass(.seconds(10))
                try check("the cancelled ones", trial.notes.count(of: "endless cancelled"), is: 1)
                let group = Group([Spread(count: 2, isEndless: true)]).then(Total())
                let workflow = try await client.submit(group)
                try await trial.pass(.seconds(1))
                try await workflow.cancel()
                try check("the code", try await trial.error(of: workflow).code, is: .cancelled)
                try await trial.pass(.seconds(10))
                try check("the cancelled ones", trial.notes.count(of: "endless cancelled"), is: 2)
            }
        },
        Case("It may be a part of a workflow itself", .oneCallback, workflows: true) { trial in
            let host = try await trial.expandingHost()
            let client = try await trial.system()
            try await trial.running(host) {
                let group = Group([Spread(count: 3), Spread(count: 4)]).then(Total())
                try check("the output", try await trial.value(of: try await client.submit(group)), is: 9)
            }
        },
        Case("It goes on whatever its worker dies at", .oneCallback, workflows: true) { trial in
            for change in 1...200 {
                for isAfter in [false, true] {
                    trial.notes.clear()
                    let name = "\(change) \(isAfter)"
                    let first = try await trial.expandingHost("first \(name)")
                    first.way.die(at: .init(change: change, isAfter: isAfter) { await first.die() })
                    let second = try await trial.expandingHost("second \(name)")
                    let handle = try await trial.system().submit(Spread(count: 3))
                    try await trial.running(first) {
                        try await trial.pass(.seconds(1))
                        try await trial.running(second) {
                            try check("the output of \(name)", try await trial.value(of: handle), is: 3)
                            try await trial.pass(.seconds(30))
                            for (line, ids) in trial.notes.runs {
                                try check("the submissions of “\(line)”, \(name)", Set(ids).count, is: 1)
                                try check(ids.count <= 2, "“\(line)” was done \(ids.count) times, \(name).")
                            }
                        }
                    }
                    if first.way.changes < change { return }
                }
            }
            throw ConformanceFailure("It takes more than 200 changes.")
        },
    ]
}
