//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// What submitters see.
    static let submitting: [Case] = [
        Case("The submitter of a duplicate gets the earlier job and is told so", needs: .unique) { trial in
            let host = try await trial.host { trial.echo }
            let client = try await trial.system()
            let other = try await trial.system()
            let first = try await client.submit(Errand(word: "a"), unique: .byKey("key"))
            let second = try await other.submit(Errand(word: "b"), unique: .byKey("key"))
            try check("the identity", second.id, is: first.id)
            try check("whether the first is a duplicate", first.isDuplicate, is: false)
            try check("whether the second is a duplicate", second.isDuplicate, is: true)
            try await trial.running(host) {
                try check("the output", try await trial.value(of: second), is: "a")
                try check("the output", try await trial.value(of: first), is: "a")
                let third = try await client.submit(Errand(word: "c"), unique: .byKey("key"))
                try check("whether the third is a duplicate", third.isDuplicate, is: false)
                try check("the output", try await trial.value(of: third), is: "c")
            }
        },
        Case("Submitting under a chosen identity twice gives one job") { trial in
            let host = try await trial.host { trial.echo }
            let id = JobID(derivedFrom: "invoice 815")
            try await trial.running(host) {
                let first = try await host.system.submit(Errand(word: "a"), options: JobOptions(), id: id)
                let second = try await host.system.submit(Errand(word: "b"), options: JobOptions(), id: id)
                try check("the output", try await trial.value(of: second), is: "a")
                try check("the output", try await trial.value(of: first), is: "a")
                let third = try await host.system.submit(Errand(word: "c"), options: JobOptions(), id: id)
                try check("the output", try await trial.value(of: third), is: "a")
                try check("the runs", trial.notes.lines, is: ["a"])
            }
        },
        Case("Jobs that are submitted together run in their order") { trial in
            let host = try await trial.host(queues: ["default": 1]) { trial.echo }
            let words = (0..<100).map { "\($0)" }
            try await trial.running(host) {
                let handles = try await host.system.submit(contentsOf: words.map { Errand(word: $0) })
                try check("the outputs", try await handles.asyncMap { try await trial.value(of: $0) }, is: words)
                try check("the order", trial.notes.lines, is: words)
                let none = try await host.system.submit(contentsOf: [Errand]())
                try check("the handles of nothing", none.count, is: 0)
            }
        },
        Case("A full queue makes submitting fail, and says what to do", needs: .backpressure) { trial in
            let client = try await trial.system {
                $0.lengthLimits["default"] = .init(maximumLength: 2, whenFull: .fail)
            }
            try await client.submit(contentsOf: [Errand(), Errand()])
            do {
                try await client.submit(Errand())
                throw ConformanceFailure("A third job was accepted.")
            } catch let error as BrokerError {
                try check("the error", error.code, is: .queueFull)
                try check(error.message.contains("default") && error.message.contains("2 jobs"), error.message)
            }
        },
        Case("A full queue makes submitting wait for room", needs: .backpressure) { trial in
            let host = try await trial.host(queues: ["default": 1]) { trial.waiting(for: .seconds(10)) }
            let client = try await trial.system { $0.lengthLimits["default"] = .init(maximumLength: 2) }
            try await trial.running(host) {
                let all = Array(repeating: Errand(), count: 6)
                let before = trial.clock.uptime
                let handles = try await trial.within { try await client.submit(contentsOf: all) }
                try check("the time until all were accepted", trial.clock.uptime - before, is: .seconds(30))
                for handle in handles { try check("an output", try await trial.value(of: handle), is: "x") }
            }
        },
        Case("A submitter that waits for room can be cancelled", needs: .backpressure) { trial in
            let client = try await trial.system { $0.lengthLimits["default"] = .init(maximumLength: 1) }
            try await client.submit(Errand())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        _ = try await client.submit(Errand())
                        throw ConformanceFailure("A cancelled submission was accepted.")
                    } catch is CancellationError {}
                }
                try await trial.settleDown()
                group.cancelAll()
                try await group.waitForAll()
            }
            try check("the jobs", try await trial.inspector().counts(of: "default").ready, is: 1)
        },
    ]

    /// What is seen of a job from outside.
    static let following: [Case] = [
        Case("Progress is seen while the job runs, and ends with it") { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { errand, context in
                    for step in 1...3 {
                        await context.report(progress: Double(step), of: 3, message: "step \(step)")
                        try await context.clock.sleep(for: .seconds(10))
                    }
                    return errand.word
                }
            }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand())
                let elsewhere = try await trial.system().handle(for: Errand.self, id: handle.id)
                let seen = try await trial.within {
                    var seen: [String] = []
                    for try await progress in elsewhere.progress { seen.append(progress.message ?? "") }
                    return seen
                }
                try check("what was seen", seen, is: ["step 1", "step 2", "step 3"])
                let late = try await trial.within {
                    var count = 0
                    for try await _ in handle.progress { count += 1 }
                    return count
                }
                try check(late <= 1, "After the end \(late) reports were seen.")
            }
        },
        Case("Following a job that is not there fails instead of waiting for ever") { trial in
            let client = try await trial.system()
            let handle = client.handle(for: Errand.self, id: JobID(derivedFrom: "nobody"))
            for what in ["value", "progress"] {
                do {
                    try await trial.within {
                        if what == "value" { _ = try await handle.value }
                        for try await _ in handle.progress {}
                    }
                    throw ConformanceFailure("The \(what) of no job was followed to an end.")
                } catch let error as JobError {
                    try check("the error", error.code, is: .notFound)
                }
            }
        },
        Case("A handle made from an identity in another process gets the outcome, before and after the end") { trial in
            let host = try await trial.host { trial.waiting(for: .seconds(10)) }
            let submitter = try await trial.system()
            let early = try await trial.system()
            let late = try await trial.system()
            try await trial.running(host) {
                let id = try await submitter.submit(Errand(word: "a")).id
                let handle = early.handle(for: Errand.self, id: id)
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the output", try await trial.value(of: late.handle(for: Errand.self, id: id)), is: "a")
                try check("the status", try await late.status(of: id), is: .succeeded)
                try check("the result", try await late.cancel(id), is: .alreadyFinished)
            }
        },
        Case("A failure is told to whoever waits, with its reason and the attempts") { trial in
            let host = try await trial.host { trial.failing() }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                do {
                    _ = try await trial.value(of: handle)
                    throw ConformanceFailure("A failed job had a value.")
                } catch let error as JobError {
                    try check("the error", error.code, is: .failed)
                    try check("the job", error.id, is: handle.id)
                    try check(
                        error.message.contains("3 attempt") && error.message.contains("did not work"),
                        error.message
                    )
                }
            }
        },
        Case("A result that is no longer kept is an error that says so") { trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                let options = JobOptions(retention: .seconds(60))
                let id = try await host.system.submit(Errand(), options: options).id
                try await trial.pass(.seconds(61))
                do {
                    _ = try await trial.value(of: host.system.handle(for: Errand.self, id: id))
                    throw ConformanceFailure("The outcome was still there.")
                } catch let error as JobError {
                    try check("the error", error.code, is: .notFound)
                    try check(error.message.contains("\(id)") && error.message.contains("retention"), error.message)
                }
            }
        },
        Case("One waiter that gives up disturbs no other") { trial in
            let host = try await trial.host { trial.waiting(for: .seconds(10)) }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "a"))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await handle.value }
                    try await trial.settleDown()
                    group.cancelAll()
                    do {
                        try await group.waitForAll()
                        throw ConformanceFailure("A cancelled waiter got a value.")
                    } catch is CancellationError {}
                }
                try check("the output", try await trial.value(of: handle), is: "a")
            }
        },
    ]
}
