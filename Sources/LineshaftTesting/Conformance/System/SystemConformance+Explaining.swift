//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Why a job is where it is, in every state, and what workers say of themselves.
    static let explaining: [Case] = [
        Case("It is explained why a job waits for its time") { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { errand, context in
                    if errand.word == "snooze" { try context.snooze(for: .seconds(60)) }
                    throw TrialError()
                }
            }
            let client = host.system
            try await trial.running(host) {
                let began = trial.clock.now
                let delayed = try await client.submit(Errand(), delay: .seconds(100))
                let due = began + .seconds(100)
                try check("the delayed one", try await client.explain(delayed.id), is: .delayed(until: due))
                let snoozed = try await client.submit(Errand(word: "snooze"))
                let failed = try await client.submit(Errand(), retry: .constant(.seconds(30)))
                let parked = try await client.submit(Immeasurable())
                let newer = try await client.submit(LaterErrand())
                try await trial.pass(.seconds(1))
                let snooze = Explanation.snoozed(until: began + .seconds(60))
                try check("the snoozed one", try await client.explain(snoozed.id), is: snooze)
                let time = began + .seconds(30)
                let park = Explanation.parked(until: time, name: Immeasurable.name)
                try check("the parked one", try await client.explain(parked.id), is: park)
                let late = Explanation.parkedAsNewer(until: time, name: Errand.name, version: 2, known: 1)
                try check("the newer one", try await client.explain(newer.id), is: late)
                let explanation = try await client.explain(failed.id)
                guard case .retrying(let next, 2, let failure?) = explanation else {
                    throw ConformanceFailure("The failed one is explained so: \(explanation)")
                }
                try check("the time", next, is: time)
                try check("the failure", failure.message, is: "It did not work.")
            }
        },
        Case("It is explained why a ready job waits", needs: .pause) { trial in
            let client = try await trial.system()
            let handle = try await client.submit(Errand())
            try check("without workers", try await client.explain(handle.id), is: .noWorker("default"))
            let busy = try await trial.host("busy", queues: ["default": 1]) { trial.waiting(for: .seconds(100)) }
            try await trial.running(busy) {
                try await trial.pass(.seconds(1))
                let waiting = try await client.submit(Errand())
                let limit = Explanation.limitReached("default", limit: 1)
                try check("behind a busy worker", try await client.explain(waiting.id), is: limit)
                let unknown = try await client.submit(LaterErrand())
                let stranger = Explanation.noWorkerKnows(Errand.name, workers: [WorkerID("busy")])
                try check("of a later version", try await client.explain(unknown.id), is: stranger)
                try await client.pause("default")
                try check("in a paused queue", try await client.explain(waiting.id), is: .queuePaused("default"))
                try await client.resume("default")
            }
        },
        Case("It is explained how many jobs go before a ready one") { trial in
            // Both slots are taken by another queue's jobs.
            let queues: WorkerQueues = ["default": 2, "other": 2]
            let host = try await trial.host(queues: queues) {
                $0.concurrency = 2
            } handlers: {
                trial.waiting(for: .seconds(100))
            }
            let client = host.system
            try await trial.running(host) {
                let running = try await client.submit(contentsOf: [Errand(), Errand()], on: "other")
                try await trial.settleDown()
                let first = try await client.submit(Errand(word: "1"))
                let second = try await client.submit(Errand(word: "2"))
                let urgent = try await client.submit(Errand(word: "0"), priority: .high)
                try await trial.settleDown()
                for (ahead, handle) in [urgent, first, second].enumerated() {
                    let explanation = try await client.explain(handle.id)
                    // A broker for which counting would be too slow says only that the job waits for its turn.
                    let isRight = [ahead, nil].contains {
                        explanation == .workersBusy("default", running: 2, ahead: $0)
                    }
                    try check(isRight, "The job behind \(ahead) others is explained so: \(explanation)")
                }
                // A worker that takes no more of a queue for now does not tell others.
                try await host.worker.pause("default")
                for handle in running { _ = try await trial.value(of: handle) }
                let explanation = try await client.explain(second.id)
                let isRight = [2, nil].contains { explanation == .waiting(ahead: $0) }
                try check(isRight, "The last of three ready ones is explained so: \(explanation)")
                try await host.worker.resume("default")
                for handle in [urgent, first, second] { _ = try await trial.value(of: handle) }
            }
        },
        Case(
            "It is explained that a running job has been asked to stop",
            .cancellationReachesRunningJobs,
            needs: .cancellation
        ) { trial in
            let host = try await trial.host("host-1") { trial.stubborn() }
            try await trial.running(host) {
                let began = trial.clock.now
                let handle = try await host.system.submit(Errand(word: "done"))
                try await trial.pass(.seconds(1))
                try check("the result", try await handle.cancel(), is: .requested)
                try await trial.pass(.seconds(1))
                let running = Explanation.running(worker: WorkerID("host-1"), since: began, isCancelRequested: true)
                try check("the cancelled one", try await host.system.explain(handle.id), is: running)
                trial.notes.gate().open()
                try check("the output", try await trial.value(of: handle), is: "done")
            }
        },
        Case("It is explained who runs a job and since when, and how it ended", needs: .cancellation) { trial in
            let host = try await trial.host("host-1") {
                Handler(for: Errand.self) { errand, context in
                    if errand.word == "fail" { throw PermanentFailure("It is broken.") }
                    try await context.clock.sleep(for: .seconds(100))
                    return errand.word
                }
            }
            let client = host.system
            try await trial.running(host) {
                let began = trial.clock.now
                let handle = try await client.submit(Errand())
                try await trial.pass(.seconds(10))
                let running = Explanation.running(worker: WorkerID("host-1"), since: began, isCancelRequested: false)
                try check("the running one", try await client.explain(handle.id), is: running)
                let failed = try await client.submit(Errand(word: "fail"))
                let failure = try await trial.failure(of: failed)
                try check("the failed one", try await client.explain(failed.id), is: .ended(.failed(failure)))
                let expired = try await client.submit(Errand(), delay: .seconds(500), expires: .after(.seconds(5)))
                _ = try await trial.outcome(of: expired)
                try check("the expired one", try await client.explain(expired.id), is: .ended(.expired))
                let cancelled = try await client.submit(Errand(), delay: .seconds(500))
                try await cancelled.cancel()
                try check("the cancelled one", try await client.explain(cancelled.id), is: .ended(.cancelled))
                _ = try await trial.value(of: handle)
                try check("the succeeded one", try await client.explain(handle.id), is: .ended(.succeeded))
            }
        },
        Case("A worker says what it runs, and that it no longer does") { trial in
            let host = try await trial.host("host-1") { trial.waiting(for: .seconds(60)) }
            try await trial.running(host) {
                let began = trial.clock.now
                let handle = try await host.system.submit(Errand())
                try await trial.pass(.seconds(10))
                let report = try await trial.inspector().workers().first
                let run = WorkerReport.Run(
                    id: handle.id,
                    name: Errand.name,
                    queue: "default",
                    attempt: 1,
                    since: began
                )
                try check("the runs", report?.runs, is: [run])
                _ = try await trial.value(of: handle)
                try await trial.pass(.seconds(10))
                try check("then", try await trial.inspector().workers().first?.runs, is: [])
            }
        },
        Case("A handler that puts its job off for ever comes to an end", .badInputStopsNobody) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { errand, context in
                    if errand.word == "snooze" { try context.snooze(for: .seconds(1)) }
                    throw Retry.after(.seconds(1), countsAttempt: false)
                }
            }
            try await trial.running(host) {
                for word in ["snooze", "retry"] {
                    let policy = RetryPolicy(maximumAttempts: 2, maximumDeliveries: 20)
                    let handle = try await host.system.submit(Errand(word: word), retry: policy)
                    try check("the failure", try await trial.failure(of: handle).code, is: .tooManyDeliveries)
                }
            }
        },
    ]
}
