//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Handlers that remember their finished steps.
    static let steps: [Case] = [
        Case("A failed attempt goes on at the step that failed", .atLeastOnce, steps: true) { trial in
            let host = try await trial.host { trial.twoSteps { $0.attempt < 3 ? TrialError() : nil } }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "a"))
                try check("the output", try await trial.value(of: handle), is: "a first second")
                try check("the notes", trial.notes.lines, is: ["first", "second", "second", "second"])
                try check("the attempts", try await handle.outcome.attempts, is: 3)
            }
        },
        Case("A step that was recorded before its worker died does not run again", .atLeastOnce, steps: true) { trial in
            let first = try await trial.host("host-1") { trial.twoSteps() }
            let second = try await trial.host("host-2") { trial.twoSteps() }
            first.way.after(.recordStep) { () async throws(BrokerError) in await first.die() }
            try await trial.expectHandover(from: first, to: second, notes: ["first", "second"])
        },
        Case("A step whose worker died before it was recorded runs again", .atLeastOnce, steps: true) { trial in
            let first = try await trial.host("host-1") { trial.twoSteps() }
            let second = try await trial.host("host-2") { trial.twoSteps() }
            first.way.before(.recordStep) { () async throws(BrokerError) in await first.die() }
            try await trial.expectHandover(from: first, to: second, notes: ["first", "first", "second"])
        },
        Case(
            "A job whose worker died between its last step and its settlement repeats no step",
            .atLeastOnce,
            steps: true
        ) {
            trial in
            let first = try await trial.host("host-1") { trial.twoSteps() }
            let second = try await trial.host("host-2") { trial.twoSteps() }
            first.way.before(.settle) { () async throws(BrokerError) in await first.die() }
            try await trial.expectHandover(from: first, to: second, notes: ["first", "second"])
        },
        Case("A job that shutdown interrupts goes on at its step elsewhere", .shutdownIsNotFailure, steps: true) {
            trial in
            let first = try await trial.host("host-1") {
                Handler(for: Errand.self) { _, context in
                    try await context.checkpoint("first") { trial.notes.note("1 first") }
                    try await context.checkpoint("second") { try await context.clock.sleep(for: .seconds(3_000)) }
                    return ""
                }
            }
            let second = try await trial.host("host-2") { trial.twoSteps() }
            let client = try await trial.system()
            try await trial.running(first) {
                let handle = try await client.submit(Errand())
                try await trial.settleDown()
                first.cancel()
                try await trial.running(second) {
                    // What the first worker's step returned was nothing, and the second's asks for a word.
                    try check("the failure", try await trial.failure(of: handle).code, is: .stepMismatch)
                    try check("the notes", trial.notes.lines, is: ["1 first"])
                }
            }
        },
        Case("Putting a job off repeats no step", steps: true) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    let number = try await context.checkpoint("number") { () -> Int in
                        trial.notes.note("number")
                        return context.delivery
                    }
                    if context.delivery < 4 { try context.snooze(for: .seconds(10)) }
                    return "\(number)"
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                try check("the output", try await trial.value(of: handle), is: "1")
                try check("the notes", trial.notes.lines, is: ["number"])
            }
        },
        Case("A run that lost its lease can record no step", .oneOutcome, steps: true) { trial in
            let first = try await trial.host("host-1") {
                Handler(for: Errand.self) { _, context in
                    try await context.checkpoint("first") {
                        trial.notes.note("1")
                        await trial.notes.gate().waitStubbornly()
                    }
                    trial.notes.note("1 went on")
                    return "1"
                }
            }
            let second = try await trial.host("host-2") {
                Handler(for: Errand.self) { _, context in
                    try await context.checkpoint("first") { trial.notes.note("2") }
                    try await context.clock.sleep(for: .seconds(60))
                    return "2"
                }
            }
            let client = try await trial.system()
            try await trial.running(first) {
                let handle = try await client.submit(Errand())
                try await trial.settleDown()
                first.way.before(.extend) { () async throws(BrokerError) in
                    throw BrokerError(code: .unavailable, message: "The line is down.")
                }
                try await trial.running(second) {
                    try await trial.pass(.seconds(20))
                    trial.notes.gate().open()
                    try check("the output", try await trial.value(of: handle), is: "2")
                    try check("the notes", trial.notes.lines, is: ["1", "2"])
                }
            }
        },
        Case(
            "A store that does not answer for a while holds a step up and loses nothing",
            .badInputStopsNobody,
            steps: true
        ) {
            trial in
            let host = try await trial.host { trial.twoSteps() }
            let unavailable: @Sendable () async throws(BrokerError) -> Void = { () async throws(BrokerError) in
                throw BrokerError(code: .unavailable, message: "Nobody answers.")
            }
            host.way.before(.readSteps, unavailable)
            host.way.before(.recordStep, unavailable)
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "a"))
                try await trial.pass(.seconds(60))
                try check("the notes before", trial.notes.lines, is: [])
                host.way.before(.readSteps, nil)
                try await trial.pass(.seconds(60))
                try check("the notes between", trial.notes.lines, is: ["first"])
                host.way.before(.recordStep, nil)
                try check("the output", try await trial.value(of: handle), is: "a first second")
                try check("the notes", trial.notes.lines, is: ["first", "second"])
                try check("the attempts", try await handle.outcome.attempts, is: 1)
            }
        },
        Case("An attempt whose step cannot be recorded for minutes fails, and holds its slot no longer", steps: true) {
            trial in
            let host = try await trial.host { trial.twoSteps() }
            host.way.before(.recordStep) { () async throws(BrokerError) in
                throw BrokerError(code: .unavailable, message: "There is no memory left.")
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(), retry: .never)
                let failure = try await trial.failure(of: handle)
                try check(failure.message.contains("There is no memory left."), failure.message)
                try check("the notes", trial.notes.lines, is: ["first"])
            }
        },
        Case("Time spent recording counts to the attempt's timeout", steps: true) { trial in
            let host = try await trial.host { trial.twoSteps() }
            host.way.before(.recordStep) { () async throws(BrokerError) in
                throw BrokerError(code: .unavailable, message: "Nobody answers.")
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(), retry: .never, timeout: .seconds(30))
                let before = trial.clock.uptime
                try check("the failure", try await trial.failure(of: handle).code, is: .timedOut)
                try check("the time", trial.clock.uptime - before, is: .seconds(30))
                try check("the notes", trial.notes.lines, is: ["first"])
            }
        },
        Case("A step that was done when its run was cancelled is recorded, and no other begins", steps: true) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    try await context.checkpoint("first") {
                        trial.notes.note("first")
                        if context.attempt == 1 { await trial.notes.gate().waitStubbornly() }
                    }
                    try await context.checkpoint("second") { trial.notes.note("second") }
                    return "done"
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(), timeout: .seconds(5))
                try await trial.pass(.seconds(8))
                trial.notes.gate().open()
                try check("the output", try await trial.value(of: handle), is: "done")
                try check("the notes", trial.notes.lines, is: ["first", "second"])
                try check("the attempts", try await handle.outcome.attempts, is: 2)
            }
        },
        Case("Steps of child tasks run at the same time and are remembered each", steps: true) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    @Sendable func step(_ name: String) async throws -> String {
                        try await context.checkpoint(name) { () -> String in
                            trial.notes.note(name)
                            if context.attempt == 1 { await trial.notes.gate(name).wait() }
                            return name
                        }
                    }
                    async let left = step("left")
                    async let right = step("right")
                    let words = try await left + right
                    if context.attempt < 2 { throw TrialError() }
                    return try await words + step("last")
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                try await trial.settleDown()
                try check("what runs", trial.notes.lines.sorted(), is: ["left", "right"])
                // They finish in the other order than they are written in.
                trial.notes.gate("right").open()
                try await trial.settleDown()
                trial.notes.gate("left").open()
                try check("the output", try await trial.value(of: handle), is: "leftrightlast")
                try check("the notes", trial.notes.lines.sorted(), is: ["last", "left", "right"])
            }
        },
        Case("A handler of ordered steps goes on at the one that failed", .atLeastOnce, steps: true) { trial in
            let host = try await trial.host {
                Handler(for: Outing.self) {
                    Step("pack") { outing in trial.notes.note("pack \(outing.place)") }
                    Step("leave") { _, context in
                        trial.notes.note("leave \(context.attempt)")
                        if context.attempt < 3 { throw TrialError() }
                        try await context.checkpoint("lock") { trial.notes.note("lock") }
                    }
                    Step("arrive") { _, _ in trial.notes.note("arrive") }
                }
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Outing(place: "sea"))
                try check("the output", try await trial.value(of: handle), is: NoValue())
                let notes = ["pack sea", "leave 1", "leave 2", "leave 3", "lock", "arrive"]
                try check("the notes", trial.notes.lines, is: notes)
            }
        },
        Case("A retried dead letter goes on at the step that failed", steps: true) { trial in
            let host = try await trial.host {
                trial.twoSteps { _ in trial.notes.gate().isOpen ? nil : PermanentFailure("It is closed.") }
            }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand(word: "a"))
                _ = try await trial.failure(of: handle)
                trial.notes.gate().open()
                try check("the number", try await client.retry([handle.id]), is: 1)
                let next = client.handle(for: Errand.self, id: handle.id)
                try check("the output", try await trial.value(of: next), is: "a first second")
                try check("the notes", trial.notes.lines, is: ["first", "second", "second"])
            }
        },
        Case("A job without steps asks for none", .idleIsQuiet, steps: true) { trial in
            let host = try await trial.host { trial.failing() }
            try await trial.running(host) {
                _ = try await trial.failure(of: host.system.submit(Errand()))
                try check("the calls", host.way.count(of: .readSteps) + host.way.count(of: .recordStep), is: 0)
            }
        },
    ]
}

/// A job whose work is a list of steps.
private struct Outing: Job {
    static let name: JobName = "trial.outing"
    var place: String
}

extension SystemTrial {
    /// A handler of two steps, of which the second may throw.
    fileprivate func twoSteps(
        _ error: @escaping @Sendable (JobContext) -> (any Error)? = { _ in nil }
    ) -> Handler<Errand> {
        Handler(for: Errand.self) { [notes] errand, context in
            let first = try await context.checkpoint("first") { () -> String in
                notes.note("first")
                return errand.word + " first"
            }
            return try await context.checkpoint("second") { () -> String in
                notes.note("second")
                if let error = error(context) { throw error }
                return first + " second"
            }
        }
    }

    /// Has one host begin a job and die, and the other one end it.
    fileprivate func expectHandover(from first: TrialHost, to second: TrialHost, notes lines: [String]) async throws {
        let client = try await system()
        try await running(first) {
            let handle = try await client.submit(Errand(word: "a"))
            try await settleDown()
            try await running(second) {
                try check("the output", try await value(of: handle), is: "a first second")
                try check("the notes", notes.lines, is: lines)
                try check("the attempts", try await handle.outcome.attempts, is: 1)
            }
        }
    }
}
