//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workers that are told to do otherwise while they run.
    static let steering: [Case] = [
        Case("A queue that is paused everywhere runs nothing until it is resumed", needs: .pause) { trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                try await host.system.pause("default")
                let handle = try await host.system.submit(Errand(word: "a"))
                try await trial.pass(.seconds(100))
                try check("the notes", trial.notes.lines, is: [])
                try check("the explanation", try await host.system.explain(handle.id), is: .queuePaused("default"))
                try await host.system.resume("default")
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the time", trial.clock.uptime, is: .seconds(100))
            }
        },
        Case("A queue that is paused in one worker runs in others, and its other queues go on") { trial in
            let first = try await trial.host("host-1", queues: ["default": 2, "other": 2]) {
                Handler(for: Errand.self) { errand, context in "1 \(errand.word)" }
            }
            let second = try await trial.host("host-2") {
                Handler(for: Errand.self) { errand, context in "2 \(errand.word)" }
            }
            try await trial.running(first) {
                try await first.worker.pause("default")
                let paused = try await first.system.submit(Errand(word: "a"))
                let other = try await first.system.submit(Errand(word: "b"), on: "other")
                try check("the output", try await trial.value(of: other), is: "1 b")
                try await trial.pass(.seconds(30))
                try check("the status", try await paused.status, is: .ready)
                try await trial.running(second) {
                    try check("the output", try await trial.value(of: paused), is: "2 a")
                }
                try await first.worker.resume("default")
                let resumed = try await first.system.submit(Errand(word: "c"))
                try check("the output", try await trial.value(of: resumed), is: "1 c")
            }
        },
        Case("A job of a queue that one worker has paused is run by another at once, whatever else the first claims") {
            trial in
            let first = try await trial.host("host-1", queues: ["default": 2, "other": 2]) {
                Handler(for: Errand.self) { errand, context in "1 \(errand.word)" }
            }
            let second = try await trial.host("host-2") {
                Handler(for: Errand.self) { errand, context in "2 \(errand.word)" }
            }
            try await trial.running(first) {
                try await trial.settleDown()
                try await trial.running(second) {
                    try await trial.settleDown()
                    try await first.worker.pause("default")
                    let start = trial.clock.uptime
                    for word in ["a", "b", "c"] {
                        let handle = try await first.system.submit(Errand(word: word))
                        try check("the output", try await trial.value(of: handle), is: "2 \(word)")
                    }
                    try check("the time is short", trial.clock.uptime - start < .seconds(1), is: true)
                }
            }
        },
        Case("A job that comes while another is being claimed does not wait behind it") { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { errand, context in
                    if errand.word == "long" { await trial.notes.gate("long").wait() }
                    return errand.word
                }
            }
            host.way.after(.claim) { () async throws(BrokerError) in
                if trial.notes.gate("armed").isOpen { await trial.notes.gate("claimed").wait() }
            }
            try await trial.running(host) {
                // From now on there is a slot that speaks to the broker by itself.
                let before = try await host.system.submit(Errand(word: "before"))
                try check("the output", try await trial.value(of: before), is: "before")
                try await trial.settleDown()
                trial.notes.gate("armed").open()
                _ = try await host.system.submit(Errand(word: "long"))
                try await trial.settleDown()
                let short = try await host.system.submit(Errand(word: "short"))
                try await trial.settleDown()
                trial.notes.gate("claimed").open()
                let start = trial.clock.uptime
                try check("the output", try await trial.value(of: short), is: "short")
                try check("the time is short", trial.clock.uptime - start < .seconds(1), is: true)
                trial.notes.gate("long").open()
            }
        },
        Case("Jobs that a claim brings to a queue that was paused meanwhile go back") { trial in
            let host = try await trial.host { trial.echo }
            host.way.after(.claim) { () async throws(BrokerError) in
                if trial.notes.gate("armed").isOpen { await trial.notes.gate("claimed").wait() }
            }
            try await trial.running(host) {
                trial.notes.gate("armed").open()
                let handle = try await host.system.submit(Errand(word: "a"))
                try await trial.settleDown()
                try await host.worker.pause("default")
                trial.notes.gate("claimed").open()
                try await trial.pass(.seconds(20))
                try check("the notes", trial.notes.lines, is: [])
                try check("the status", try await handle.status, is: .ready)
                try await host.worker.resume("default")
                try check("the output", try await trial.value(of: handle), is: "a")
            }
        },
        Case("Concurrency can be changed while jobs run") { trial in
            let host = try await trial.host(queues: ["default": 2]) {
                Handler(for: Errand.self) { errand, context in
                    try await trial.notes.counting { try await context.clock.sleep(for: .seconds(10)) }
                    return errand.word
                }
            }
            try await trial.running(host) {
                _ = try await host.system.submit(contentsOf: Array(repeating: Errand(), count: 40))
                try await trial.pass(.seconds(5))
                try check("the running jobs", await host.worker.report.running, is: 2)
                try await host.worker.setConcurrency(6, of: "default")
                try await trial.settleDown()
                try check("the running jobs", await host.worker.report.running, is: 6)
                try await host.worker.setConcurrency(1, of: "default")
                try await trial.settleDown()
                try check("the running jobs", await host.worker.report.running, is: 6)
                try await trial.pass(.seconds(20))
                try check("the running jobs", await host.worker.report.running, is: 1)
                try check("the most that ran", trial.notes.mostRunning, is: 6)
                try await host.worker.setConcurrency(40, of: "default")
                try await trial.pass(.seconds(40))
                try check("the running jobs", await host.worker.report.running, is: 0)
            }
        },
        Case("No queue runs more jobs at once than it may, nor the worker") { trial in
            let host = try await trial.host(queues: ["a": 3, "b": 5, "c": 2]) {
                $0.concurrency = 6
            } handlers: {
                Handler(for: Errand.self) { errand, context in
                    trial.notes.note("+\(context.queue)")
                    try await trial.notes.counting { try await context.clock.sleep(for: .seconds(1)) }
                    trial.notes.note("-\(context.queue)")
                    return errand.word
                }
            }
            try await trial.running(host) {
                for queue: QueueName in ["a", "b", "c"] {
                    let options = JobOptions(queue: queue)
                    try await host.system.submit(contentsOf: Array(repeating: Errand(), count: 30), options: options)
                }
                try await trial.pass(.seconds(60))
            }
            var running: [String: Int] = [:]
            for line in trial.notes.lines {
                running[String(line.dropFirst()), default: 0] += line.hasPrefix("+") ? 1 : -1
                try check(running["a", default: 0] <= 3, "The queue a ran \(running).")
                try check(running["b", default: 0] <= 5, "The queue b ran \(running).")
                try check(running["c", default: 0] <= 2, "The queue c ran \(running).")
            }
            try check("the runs", trial.notes.lines.count, is: 180)
            try check("the most that ran", trial.notes.mostRunning, is: 6)
        },
        Case("Busy queues share a worker by their weights") { trial in
            let queues: WorkerQueues = [
                "heavy": .init(concurrency: 4, weight: 3), "light": .init(concurrency: 4, weight: 1),
            ]
            let host = try await trial.host(queues: queues) {
                $0.concurrency = 4
                $0.prefetch = 0
            } handlers: {
                Handler(for: Errand.self) { errand, context in
                    trial.notes.note("\(context.queue)")
                    try await context.clock.sleep(for: .seconds(1))
                    return errand.word
                }
            }
            let client = try await trial.system()
            for queue: QueueName in ["light", "heavy"] {
                try await client.submit(
                    contentsOf: Array(repeating: Errand(), count: 200),
                    options: JobOptions(queue: queue)
                )
            }
            try await trial.running(host) {
                try await trial.pass(.milliseconds(39_500))
                let heavy = trial.notes.count(of: "heavy")
                try check(
                    (112...128).contains(heavy),
                    "The heavy queue got \(heavy) of 160 runs; it should be about 120."
                )
                try check("the runs", trial.notes.lines.count, is: 160)
            }
        },
        Case("More urgent jobs run first", needs: .priorities) { trial in
            let host = try await trial.host(queues: ["default": 1]) { trial.echo }
            let client = try await trial.system()
            try await client.submit(Errand(word: "low"), priority: .low)
            try await client.submit(Errand(word: "normal"))
            try await client.submit(Errand(word: "highest"), priority: .highest)
            try await client.submit(Errand(word: "high"), priority: .high)
            try await trial.running(host) {
                try await trial.pass(.seconds(1))
                try check("the order", trial.notes.lines, is: ["highest", "high", "normal", "low"])
            }
        },
    ]
}
