//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Jobs that somebody cancels.
    static let cancelling: [Case] = [
        Case("A job that is cancelled before it runs never runs", .cancellationReachesRunningJobs, needs: .cancellation)
        {
            trial in
            let client = try await trial.system()
            let handle = try await client.submit(Errand())
            try check("the result", try await handle.cancel(), is: .cancelled)
            try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                try await trial.pass(.seconds(60))
                try check("the notes", trial.notes.lines, is: [])
            }
        },
        Case("Cancelling a running job cancels its task at once", .cancellationReachesRunningJobs, needs: .cancellation)
        {
            trial in
            let host = try await trial.host { trial.waiting() }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand())
                try await trial.settleDown()
                let before = trial.clock.uptime
                try check("the result", try await client.cancel(handle.id), is: .requested)
                try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
                try check("the time it took", trial.clock.uptime - before, is: .zero)
                try check("the notes", trial.notes.lines, is: ["began", "cancelled"])
                try check("the result", try await handle.cancel(), is: .alreadyFinished)
                // The slot works on.
                let next = try await client.submit(Errand())
                try await trial.settleDown()
                try check("the notes", trial.notes.lines, is: ["began", "cancelled", "began"])
                try await next.cancel()
            }
        },
        Case(
            "Cancelling reaches every one of many running jobs and no other",
            .cancellationReachesRunningJobs,
            needs: .cancellation
        ) { trial in
            let host = try await trial.host(queues: ["default": 20]) { trial.waiting(for: .seconds(5)) }
            try await trial.running(host) {
                let handles = try await host.system.submit(contentsOf: Array(repeating: Errand(), count: 20))
                try await trial.settleDown()
                for handle in handles.prefix(10) { try await handle.cancel() }
                for (number, handle) in handles.enumerated() {
                    let outcome = try await trial.outcome(of: handle)
                    try check("whether job \(number) was cancelled", outcome == .cancelled, is: number < 10)
                }
            }
        },
        Case("A handler that finishes although it was cancelled has succeeded", needs: .cancellation) { trial in
            let host = try await trial.host { trial.stubborn() }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "done"))
                try await trial.settleDown()
                try await handle.cancel()
                try await trial.pass(.seconds(1))
                trial.notes.gate().open()
                try check("the output", try await trial.value(of: handle), is: "done")
            }
        },
        Case("A job that has ended cannot be cancelled, and an unknown one is not found", needs: .cancellation) {
            trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "a"))
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the result", try await handle.cancel(), is: .alreadyFinished)
                try check("the output", try await trial.value(of: handle), is: "a")
                let unknown = JobID(derivedFrom: "nobody")
                try check("the result", try await host.system.cancel(unknown), is: .notFound)
            }
        },
        Case(
            "A worker that was away learns of a cancellation when it extends its leases",
            .cancellationReachesRunningJobs,
            needs: .cancellation
        ) { trial in
            let host = try await trial.host { trial.waiting() }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand())
                try await trial.settleDown()
                host.way.losePushes()
                try check("the result", try await client.cancel(handle.id), is: .requested)
                try await trial.settleDown()
                try check("the notes", trial.notes.lines, is: ["began"])
                try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
                try check(trial.clock.uptime <= .seconds(8), "It took until \(trial.clock.uptime).")
                host.way.losePushes(false)
            }
        },
        Case(
            "A cancellation that comes while the job is on its way to the worker reaches it at once",
            .cancellationReachesRunningJobs,
            needs: .cancellation
        ) { trial in
            let host = try await trial.host { trial.waiting() }
            let client = try await trial.system()
            host.way.after(.claim) { () async throws(BrokerError) in await trial.notes.gate("claimed").wait() }
            try await trial.running(host) {
                let handle = try await client.submit(Errand())
                try await trial.settleDown()
                let result = try await client.cancel(handle.id)
                try await trial.settleDown()
                trial.notes.gate("claimed").open()
                let before = trial.clock.uptime
                try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
                // If the job was claimed by then, its worker has been told before it knew the job.
                if result == .requested { try check("the time it took", trial.clock.uptime - before, is: .zero) }
            }
        },
        Case(
            "A cancelled job is not retried, released or snoozed",
            .cancellationReachesRunningJobs,
            needs: .cancellation
        ) {
            trial in
            let errors: [any Error] = [TrialError(), Retry.after(.zero), Retry.after(.zero, countsAttempt: false)]
            for (number, error) in errors.enumerated() {
                let host = try await trial.host("host-\(number)") {
                    Handler(for: Errand.self) { _, context in
                        trial.notes.note("began")
                        do { try await context.clock.sleep(for: .seconds(1_000)) } catch {
                            trial.notes.note("\(error)")
                        }
                        throw error
                    }
                }
                try await trial.running(host) {
                    let handle = try await host.system.submit(Errand())
                    try await trial.settleDown()
                    try await handle.cancel()
                    try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
                }
                try check("the runs", trial.notes.count(of: "began"), is: number + 1)
            }
        },
    ]
}
