//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// What schedulers must do together with a broker that keeps schedules, case by case, for the tests of any such broker.
///
/// ```swift
/// @Test(arguments: ScheduleConformance.cases)
/// func `Schedulers keep their promises on the broker`(_ promise: SystemConformance.Case) async throws {
///     try await promise.run(MyFixture())
/// }
/// ```
public enum ScheduleConformance: Sendable {
    typealias Case = SystemConformance.Case

    /// All cases.
    public static let cases: [SystemConformance.Case] =
        firing + dying + missing + overlapping + changing + leaving + workflows

    /// One scheduler or several, while nothing goes wrong.
    static let firing: [Case] = [
        Case("Each tick submits one job, however many schedulers hold the schedule") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            @ScheduleBuilder func schedules() -> [Schedule] {
                Schedule("minutes", .every(.seconds(60))) { Errand(word: "m") }
                Schedule("quarters", .cron("*/15 * * * *")) { Errand(word: "q") }
            }
            let hosts = [
                try await trial.scheduler("a", schedules: schedules),
                try await trial.scheduler("b", schedules: schedules),
                try await trial.scheduler("c", schedules: schedules),
            ]
            try await trial.running(worker) {
                try await trial.firing(hosts[0], hosts[1], hosts[2]) {
                    try await trial.pass(.seconds(1_801))
                }
            }
            let minutes = trial.notes.lines.filter { $0.hasPrefix("m") }
            try check("the minutes", minutes, is: (1...30).map { "m \($0 * 60)" })
            let quarters = trial.notes.lines.filter { $0.hasPrefix("q") }
            try check("the quarters", quarters, is: ["q 900", "q 1800"])
        },
        Case("A tick fires at its time, and between ticks a scheduler sleeps", .idleIsQuiet) { trial in
            let start = trial.clock.now
            let host = try await trial.scheduler(isDirect: true) {
                Schedule("hours", .cron("0 * * * *")) { Errand() }
            }
            try await trial.firing(host) {
                for _ in 0..<5 {
                    try await trial.pass(.seconds(31))
                    let next = (trial.clock.nextDeadline ?? .seconds(1_000)) - trial.clock.uptime
                    // Every few seconds it sees whether it was told of all changes, and no more often.
                    try check(next > .seconds(5), "It wakes in \(next).")
                }
                try await trial.pass(.seconds(3_600 - 155 - 1))
                try check("the jobs before", try await trial.counts().ready, is: 0)
                try await trial.pass(.seconds(1))
                try check("the jobs", try await trial.counts().ready, is: 1)
                try check("the time", start.duration(to: trial.clock.now), is: .seconds(3_600))
            }
        },
        Case("A schedule keeps within its bounds, and one of a single time fires once") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let host = try await trial.scheduler {
                Schedule("bounded", .every(.seconds(10)), starts: start + .seconds(100), ends: start + .seconds(125)) {
                    Errand(word: "b")
                }
                Schedule("once", .at(start + .seconds(33))) { Errand(word: "o") }
                Schedule("passed", .at(start - .seconds(33))) { Errand(word: "p") }
            }
            try await trial.running(worker) {
                try await trial.firing(host) { try await trial.pass(.seconds(400)) }
            }
            try check("the notes", trial.notes.lines, is: ["o 33", "b 110", "b 120"])
            try check("the next times", try await host.jobs.schedules.next(3, of: "bounded"), is: [])
        },
        Case("Jitter puts every tick off by its own time, and loses none") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            @ScheduleBuilder func schedules() -> [Schedule] {
                Schedule("j", .every(.seconds(60)), jitter: .seconds(50)) { Errand(word: "j") }
            }
            let first = try await trial.scheduler("a", schedules: schedules)
            let second = try await trial.scheduler("b", schedules: schedules)
            try await trial.running(worker) {
                try await trial.firing(first, second) {
                    var punctual = 0
                    for tick in 1...20 {
                        try await trial.pass(.seconds(60 * tick) - start.duration(to: trial.clock.now))
                        if trial.notes.lines.count == tick { punctual += 1 }
                    }
                    try check(punctual < 20, "No tick was put off.")
                    try await trial.pass(.seconds(51))
                }
            }
            try check("the notes", trial.notes.lines, is: (1...20).map { "j \($0 * 60)" })
        },
        Case("Options of the schedule and the type travel with every job") { trial in
            let start = trial.clock.now
            var options = JobOptions(queue: "reports", priority: .high, expires: .after(.seconds(30)))
            options.headers = ["a": "b"]
            let host = try await trial.scheduler { [options] in
                Schedule("n", .every(.seconds(60)), options: options) { Errand(word: "w") }
            }
            try await trial.firing(host) { try await trial.pass(.seconds(60)) }
            let page = try await trial.inspector().jobs(in: "reports", state: .ready, after: nil, limit: 10)
            let envelope = try page.jobs.first.orThrow("There is no job.").envelope
            try check("the priority", envelope.priority, is: .high)
            try check("the header", envelope.details.headers["a"], is: "b")
            try check("the expiry", envelope.details.expires, is: start + .seconds(90))
            try check("the tick", ScheduleTick(headers: envelope.details.headers)?.time, is: start + .seconds(60))
        },
    ]
}

extension SystemTrial {
    /// How many jobs the default queue holds.
    func counts() async throws -> QueueCounts { try await inspector().counts(of: .default) }
}

extension Optional {
    /// The value that must be there.
    func orThrow(_ message: String, file: String = #fileID, line: Int = #line) throws -> Wrapped {
        if let self { return self }
        throw ConformanceFailure(message, file: file, line: line)
    }
}
