//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension ScheduleConformance {
    /// Schedules that are changed while schedulers run.
    static let changing: [Case] = [
        Case("A schedule that somebody adds fires at once on its time, and one that is removed does not") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let client = try await trial.system()
            let first = try await trial.scheduler("a") {}
            let second = try await trial.scheduler("b") {}
            try await trial.running(worker) {
                try await trial.firing(first, second) {
                    try await trial.pass(.seconds(5))
                    let status = try await client.schedules.add(
                        Schedule("s", .every(.seconds(3))) { Errand(word: "s") }
                    )
                    try check("the next tick", status.nextTick, is: start + .seconds(8))
                    try await trial.pass(.seconds(7))
                    try check("the notes", trial.notes.lines, is: ["s 8", "s 11"])
                    try check("the schedules", try await client.schedules.list().map(\.id), is: ["s"])
                    try check("whether it was there", try await client.schedules.remove("s"), is: true)
                    try await trial.pass(.seconds(60))
                    try check("the notes", trial.notes.lines, is: ["s 8", "s 11"])
                }
            }
        },
        Case("A paused schedule fires nothing, and its ticks of that time were not missed") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let client = try await trial.system()
            let host = try await trial.scheduler {
                Schedule("s", .every(.seconds(60)), missed: .all(upTo: 100)) { Errand(word: "s") }
            }
            try await trial.running(worker) {
                try await trial.firing(host) {
                    try await trial.pass(.seconds(61))
                    try await client.schedules.pause("s")
                    try await trial.pass(.seconds(300))
                    try check("the notes", trial.notes.lines, is: ["s 60"])
                    try check("whether it is paused", try await client.schedules.find("s")?.isPaused, is: true)
                    try await client.schedules.resume("s")
                    try await trial.pass(.seconds(60))
                    try check("the notes later", trial.notes.lines, is: ["s 60", "s 420"])
                }
            }
        },
        Case("A run that somebody asks for comes at once, also of a paused schedule, and changes no tick") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let client = try await trial.system()
            let host = try await trial.scheduler {
                Schedule("s", .every(.seconds(60)), isPaused: true) { Errand(word: "s") }
            }
            try await trial.running(worker) {
                try await trial.firing(host) {
                    try await trial.pass(.seconds(30))
                    let first = try await client.schedules.runNow("s")
                    let second = try await client.schedules.runNow("s")
                    try check(first != second, "Both runs are one job.")
                    try await trial.settleDown()
                    try check("the notes", trial.notes.lines, is: ["s 30", "s 30"])
                    // It is no tick's.
                    try check("the last job", try await client.schedules.find("s")?.lastJob, is: nil)
                    try await client.schedules.resume("s")
                    try await trial.pass(.seconds(31))
                }
            }
            try check("the notes", trial.notes.lines, is: ["s 30", "s 30", "s 60"])
        },
        Case("A run that somebody asked for and could not submit is submitted by a scheduler") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let host = try await trial.scheduler("host") {
                Schedule("s", .every(.seconds(3_600))) { Errand(word: "s") }
            }
            let client = try await trial.scheduler("client") {}
            try await trial.running(worker) {
                try await trial.firing(host) {
                    client.faults.inject(.drop, on: .fireSchedule)
                    try await check("running now", throws: .unavailable) {
                        _ = try await client.jobs.schedules.runNow("s")
                    }
                    try check("the notes", trial.notes.lines, is: [])
                    try await trial.pass(.seconds(10))
                    try check("the notes", trial.notes.lines, is: ["s 0"])
                }
            }
        },
        Case("A program with another definition brings it along and keeps what has fired and whether it is paused") {
            trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let old = try await trial.scheduler("old") {
                Schedule("kept", .every(.seconds(60))) { Errand(word: "old") }
                Schedule("paused", .every(.seconds(60))) { Errand(word: "paused") }
                Schedule("slower", .every(.seconds(60))) { Errand(word: "slow") }
            }
            try await trial.running(worker) {
                try await trial.firing(old) {
                    try await old.jobs.schedules.pause("paused")
                    try await trial.pass(.seconds(61))
                }
                try check("the old notes", trial.notes.lines.sorted(), is: ["old 60", "slow 60"])
                trial.notes.clear()
                try await trial.pass(.seconds(65))
                let new = try await trial.scheduler("new") {
                    Schedule("kept", .every(.seconds(60))) { Errand(word: "new") }
                    Schedule("paused", .every(.seconds(60))) { Errand(word: "still paused") }
                    Schedule("slower", .every(.seconds(100))) { Errand(word: "slower") }
                }
                try await trial.firing(new) {
                    try await trial.pass(.seconds(1))
                    // The tick of second 120 was missed, and the other schedule counts from second 126.
                    try check("the new notes", trial.notes.lines, is: ["new 120"])
                    try await trial.pass(.seconds(100))
                }
            }
            try check("all notes", trial.notes.lines, is: ["new 120", "new 180", "slower 226"])
        },
        Case("A schedule that is not there is named, and so are those like it") { trial in
            let client = try await trial.system()
            try await client.schedules.add(Schedule("nightly", .every(.seconds(60))) { Errand() })
            for call in [client.schedules.pause, client.schedules.resume]
                as [@Sendable (ScheduleID) async throws -> Void]
            {
                do {
                    try await call("nightli")
                    throw ConformanceFailure("Nothing was thrown.")
                } catch let error as ConfigurationError {
                    try check("the code", error.code, is: .unknownSchedule)
                    try check(error.message.contains("Did you mean “nightly”?"), error.message)
                }
            }
            try check("what is found", try await client.schedules.find("nightli")?.id, is: nil)
            try check("whether it was removed", try await client.schedules.remove("nightli"), is: false)
        },
    ]
}
