//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension ScheduleConformance {
    /// A way for a scheduler to die in the middle of a tick.
    private struct Death: Sendable {
        let point: FaultPoint
        /// How many calls of the kind a tick makes before.
        let calls: Int
        let fault: Fault
        let words: String
    }

    private static let deaths = [
        Death(point: .readSchedules, calls: 0, fault: .dieAfter, words: "before it decided about a tick"),
        Death(point: .writeSchedule, calls: 0, fault: .die, words: "just before its decision was written"),
        Death(point: .writeSchedule, calls: 0, fault: .dieAfter, words: "just after its decision was written"),
        Death(point: .fireSchedule, calls: 0, fault: .die, words: "just before its job was accepted"),
        Death(point: .fireSchedule, calls: 0, fault: .dieAfter, words: "just after its job was accepted"),
        Death(point: .writeSchedule, calls: 1, fault: .die, words: "just before the end of a tick was written"),
        Death(point: .writeSchedule, calls: 1, fault: .dieAfter, words: "just after the end of a tick was written"),
    ]

    /// Schedulers that die, stall or lose answers.
    static let dying: [Case] =
        deaths.map { death in
            Case("A tick whose scheduler died \(death.words) fires once", .atLeastOnce) { trial in
                let start = trial.clock.now
                // Its outcome is forgotten at once, so that nothing but the fence knows of the job.
                let worker = try await trial.noting(from: start)
                let first = try await trial.scheduler("first") { minutes(word: "m") }
                try await trial.running(worker) {
                    try await trial.firing(first) {
                        try await trial.pass(.seconds(59))
                        first.faults.inject(death.fault, on: death.point, after: death.calls)
                        try await trial.pass(.seconds(2))
                    }
                    let second = try await trial.scheduler("second") { minutes(word: "m") }
                    try await trial.firing(second) {
                        try await trial.pass(.seconds(20))
                        try check("the notes", trial.notes.lines, is: ["m 60"])
                        try await trial.pass(.seconds(100))
                    }
                }
                try check("the notes", trial.notes.lines, is: ["m 60", "m 120", "m 180"])
            }
        } + [
            Case("Another scheduler that runs beside the one that died takes over within seconds", .atLeastOnce) {
                trial in
                let start = trial.clock.now
                let worker = try await trial.noting(from: start)
                let first = try await trial.scheduler("first") { minutes(word: "m") }
                let second = try await trial.scheduler("second") { minutes(word: "m") }
                // Whichever of them decides dies of it, and then only the other one is left.
                first.faults.inject(.dieAfter, on: .writeSchedule, after: 1)
                try await trial.running(worker) {
                    try await trial.firing(first) {
                        try await trial.pass(.seconds(59))
                        second.faults.inject(.delay(.milliseconds(500)), on: .readSchedules, after: 4)
                        try await trial.firing(second) {
                            try await trial.pass(.seconds(1 + 8))
                            try check("the notes", trial.notes.lines, is: ["m 60"])
                            try await trial.pass(.seconds(60))
                        }
                    }
                }
                try check("the notes", trial.notes.lines, is: ["m 60", "m 120"])
            },
            Case("A scheduler that stalls longer than anything is remembered of its job submits none a second time") {
                trial in
                let start = trial.clock.now
                let worker = try await trial.noting(from: start)
                let stalled = try await trial.scheduler("stalled") { minutes(word: "m") }
                let other = try await trial.scheduler("other") { minutes(word: "m") }
                stalled.faults.inject(.delay(.seconds(86_400)), on: .fireSchedule)
                try await trial.running(worker) {
                    try await trial.firing(stalled) {
                        try await trial.pass(.seconds(61))
                        try await trial.firing(other) {
                            try await trial.pass(.seconds(30))
                            try check("the notes", trial.notes.lines, is: ["m 60"])
                            try await other.jobs.schedules.pause("minutes")
                            try await trial.pass(.seconds(86_400 + 60))
                            try check("the notes", trial.notes.lines, is: ["m 60"])
                        }
                    }
                }
            },
            Case("Lost answers and repeated calls make no second job") { trial in
                for (point, calls) in [(FaultPoint.writeSchedule, 0), (.fireSchedule, 0), (.writeSchedule, 1)] {
                    for fault in [Fault.loseAnswer, .drop, .duplicate] {
                        trial.notes.clear()
                        let worker = try await trial.noting(from: trial.clock.now)
                        let host = try await trial.scheduler { minutes(word: "m") }
                        try await trial.running(worker) {
                            try await trial.firing(host) {
                                try await trial.pass(.seconds(59))
                                host.faults.inject(fault, on: point, after: calls)
                                try await trial.pass(.seconds(20))
                                try check("the notes after \(point) \(fault)", trial.notes.lines.count, is: 1)
                                try await trial.pass(.seconds(50))
                                try check("the notes after \(point) \(fault)", trial.notes.lines.count, is: 2)
                            }
                        }
                        try await trial.system().schedules.remove("minutes")
                    }
                }
            },
            Case("A run that somebody asks for is one job, whatever becomes of answers") { trial in
                let worker = try await trial.noting(from: trial.clock.now)
                let host = try await trial.scheduler { minutes(word: "m") }
                try await trial.running(worker) {
                    try await trial.firing(host) {
                        try await trial.pass(.seconds(1))
                        for (count, calls) in [0, 1].enumerated() {
                            host.faults.inject(.duplicate, on: .writeSchedule, after: calls)
                            _ = try await host.jobs.schedules.runNow("minutes")
                            try await trial.pass(.seconds(8))
                            try check("the notes after \(calls) calls", trial.notes.lines.count, is: count + 1)
                        }
                    }
                }
            },
            Case("A tick that a full queue does not take fires when there is room") { trial in
                let start = trial.clock.now
                let worker = try await trial.noting(from: start)
                let host = try await trial.scheduler {
                    $0.lengthLimits = ["default": .init(maximumLength: 1, whenFull: .suspend)]
                } schedules: {
                    minutes(word: "m")
                }
                try await trial.firing(host) {
                    try await trial.pass(.seconds(150))
                    try check("the jobs", try await trial.counts().ready, is: 1)
                    try await trial.running(worker) {
                        try await trial.pass(.seconds(20))
                        try check("the notes", trial.notes.lines, is: ["m 60", "m 120"])
                    }
                }
            },
            Case("A tick whose job is refused is left out, with the reason, and the next one fires") { trial in
                let start = trial.clock.now
                let worker = try await trial.noting(from: start)
                let host = try await trial.scheduler("refused") {
                    $0.middleware = [Refusal(count: 1)]
                } schedules: {
                    minutes(word: "m")
                }
                try await trial.running(worker) {
                    try await trial.firing(host) {
                        try await trial.pass(.seconds(70))
                        let status = try await host.jobs.schedules.find("minutes").orThrow("It is gone.")
                        try check(
                            status.problem?.contains("Not today.") == true,
                            "The problem is \(status.problem ?? "none")."
                        )
                        try await trial.pass(.seconds(60))
                        try check("the problem", try await host.jobs.schedules.find("minutes")?.problem, is: nil)
                    }
                }
                try check("the notes", trial.notes.lines, is: ["m 120"])
            },
        ]

    @ScheduleBuilder
    static func minutes(word: String) -> [Schedule] {
        Schedule("minutes", .every(.seconds(60)), options: JobOptions(retention: .zero)) { Errand(word: word) }
    }
}

/// Refuses the first submissions.
final class Refusal: SubmitMiddleware {
    private let left: Countdown

    init(count: Int) {
        left = Countdown(count)
    }

    func submit(
        _ drafts: [JobDraft],
        next: @Sendable ([JobDraft]) async throws -> [Receipt]
    ) async throws -> [Receipt] {
        if left.take() { throw TrialError(description: "Not today.") }
        return try await next(drafts)
    }
}
