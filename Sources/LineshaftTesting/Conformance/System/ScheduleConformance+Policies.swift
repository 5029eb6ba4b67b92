//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension ScheduleConformance {
    /// What becomes of ticks that nobody could fire in time.
    static let missing: [Case] = [
        Case("Missed ticks are left out, fire once, or fire up to a number, as the policy says") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            @ScheduleBuilder func schedules() -> [Schedule] {
                Schedule("skip", .every(.seconds(600)), missed: .skip) { Errand(word: "skip") }
                Schedule("one", .every(.seconds(600)), missed: .one) { Errand(word: "one") }
                Schedule("three", .every(.seconds(600)), missed: .all(upTo: 3)) { Errand(word: "three") }
                Schedule("many", .every(.seconds(600)), missed: .all(upTo: 1_000)) { Errand(word: "many") }
            }
            let first = try await trial.scheduler("first", schedules: schedules)
            try await trial.running(worker) {
                try await trial.firing(first) { try await trial.pass(.seconds(610)) }
                try check("the first tick", trial.notes.lines.count, is: 4)
                trial.notes.clear()
                try await trial.pass(.seconds(5 * 600 + 300))
                let second = try await trial.scheduler("second", schedules: schedules)
                try await trial.firing(second) {
                    try await trial.pass(.seconds(1))
                    func ticks(_ word: String) -> [String] { trial.notes.lines.filter { $0.hasPrefix(word) } }
                    try check("skip", ticks("skip"), is: [])
                    try check("one", ticks("one"), is: ["one 3600"])
                    try check("three", ticks("three").sorted(), is: ["three 2400", "three 3000", "three 3600"])
                    try check("many", ticks("many").count, is: 5)
                    trial.notes.clear()
                    try await trial.pass(.seconds(600))
                    try check(
                        "the next tick",
                        trial.notes.lines.sorted(),
                        is: ["many", "one", "skip", "three"].map { "\($0) 4200" }
                    )
                }
            }
        },
        Case("A tick that is seconds late was not missed") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            @ScheduleBuilder func schedules() -> [Schedule] {
                Schedule("s", .every(.seconds(600)), missed: .skip) { Errand(word: "s") }
            }
            let first = try await trial.scheduler("first", schedules: schedules)
            try await trial.running(worker) {
                try await trial.firing(first) { try await trial.pass(.seconds(590)) }
                try await trial.pass(.seconds(40))
                let second = try await trial.scheduler("second", schedules: schedules)
                try await trial.firing(second) { try await trial.pass(.seconds(1)) }
            }
            try check("the notes", trial.notes.lines, is: ["s 600"])
        },
        Case("A broker that was away for a while gets the ticks of that time by their policy") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let host = try await trial.scheduler {
                Schedule("s", .every(.seconds(60)), missed: .all(upTo: 10)) { Errand(word: "s") }
            }
            try await trial.running(worker) {
                try await trial.firing(host) {
                    try await trial.pass(.seconds(30))
                    for call in 0..<60 {
                        host.faults.inject(.drop, on: .readSchedules, after: call)
                    }
                    try await trial.pass(.seconds(600))
                    try check(!trial.notes.lines.isEmpty, "Nothing fired at all.")
                    try check("the notes", trial.notes.lines.sorted().count, is: 10)
                }
            }
            try check("the different notes", Set(trial.notes.lines).count, is: 10)
        },
        Case("Setting the clock back fires no tick again, and setting it forward misses ticks", .clocksMayDisagree) {
            trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let host = try await trial.scheduler {
                Schedule("s", .cron("*/10 * * * *"), missed: .all(upTo: 2)) { Errand(word: "s") }
            }
            try await trial.running(worker) {
                try await trial.firing(host) {
                    try await trial.pass(.seconds(1_210))
                    try check("the notes", trial.notes.lines, is: ["s 600", "s 1200"])
                    guard try await trial.fixture.jumpWallClock(by: .seconds(-900)) else { return }
                    try await trial.pass(.seconds(1_200))
                    try check("the notes after going back", trial.notes.lines, is: ["s 600", "s 1200"])
                    try await trial.pass(.seconds(360))
                    try check("the notes later", trial.notes.lines, is: ["s 600", "s 1200", "s 1800"])
                    _ = try await trial.fixture.jumpWallClock(by: .seconds(3_600))
                    try await trial.pass(.seconds(61))
                    try check("the number after going forward", trial.notes.lines.count, is: 5)
                    try check("the last", trial.notes.lines.last, is: "s 5400")
                }
            }
        },
    ]

    /// What happens when the job of the tick before has not ended.
    static let overlapping: [Case] = [
        Case("A tick is left out while the job before waits or runs, if the schedule says so") { trial in
            let worker = try await trial.host { trial.waiting(for: .seconds(150)) }
            let host = try await trial.scheduler {
                Schedule("s", .every(.seconds(60)), overlap: .skip) { Errand() }
            }
            try await trial.firing(host) {
                // Nobody runs it yet.
                try await trial.pass(.seconds(190))
                try check("the jobs that wait", try await trial.counts().ready, is: 1)
                try await trial.running(worker) {
                    // From 190 to 340 it runs.
                    try await trial.pass(.seconds(140))
                    try check("the notes", trial.notes.lines, is: ["began"])
                    try await trial.pass(.seconds(40))
                    try check("the notes later", trial.notes.lines, is: ["began", "ended", "began"])
                    trial.notes.openAllGates()
                    try await trial.pass(.seconds(200))
                }
            }
            try check("the number that ended", trial.notes.count(of: "ended"), is: 2)
        },
        Case("The job before is cancelled and the next one submitted, if the schedule says so") { trial in
            let worker = try await trial.host { trial.waiting() }
            let host = try await trial.scheduler {
                Schedule("s", .every(.seconds(60)), missed: .all(upTo: 5), overlap: .replace) { Errand() }
            }
            try await trial.running(worker) {
                try await trial.firing(host) {
                    try await trial.pass(.seconds(185))
                    try check("the number that began", trial.notes.count(of: "began"), is: 3)
                    try check("the number that was cancelled", trial.notes.count(of: "cancelled"), is: 2)
                    let last = try await host.jobs.schedules.find("s")?.lastJob
                    try check("the running jobs", try await trial.counts().running, is: 1)
                    let job = try await trial.inspector().find(last.orThrow("No job was submitted."))
                    try check("the state of the last one", job?.state, is: .running)
                }
            }
        },
        Case("Jobs pile up where overlapping is allowed") { trial in
            let host = try await trial.scheduler { Schedule("s", .every(.seconds(60))) { Errand() } }
            try await trial.firing(host) { try await trial.pass(.seconds(300)) }
            try check("the jobs", try await trial.counts().ready, is: 5)
        },
    ]
}
