//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension ScheduleConformance {
    /// What is left out, refused or over.
    static let leaving: [Case] =
        [(OverlapPolicy.skip, 3, 0), (.replace, 4, 1)].map { policy, began, cancelled in
            Case("A run by hand is nothing to wait for or to take the place of, with the policy \(policy)") { trial in
                let worker = try await trial.host { trial.waiting() }
                let host = try await trial.scheduler {
                    Schedule("s", .every(.seconds(60)), overlap: policy) { Errand() }
                }
                try await trial.running(worker) {
                    try await trial.firing(host) {
                        try await trial.pass(.seconds(5))
                        _ = try await host.jobs.schedules.runNow("s")
                        try await trial.pass(.seconds(60))
                        try check("those that began", trial.notes.count(of: "began"), is: 2)
                        // The first tick's job still runs, and it is the one that counts.
                        _ = try await host.jobs.schedules.runNow("s")
                        try await trial.pass(.seconds(60))
                        try check("those that began later", trial.notes.count(of: "began"), is: began)
                        try check("those that were cancelled", trial.notes.count(of: "cancelled"), is: cancelled)
                        trial.notes.openAllGates()
                    }
                }
            }
        } + rest

    private static let rest: [Case] = [
        Case("A run that is refused is an error and no identity") { trial in
            let client = try await trial.system(trial.broker) { $0.middleware = [Refusal(count: 1)] }
            try await client.schedules.add(Schedule("s", .every(.seconds(60))) { Errand() })
            do {
                _ = try await client.schedules.runNow("s")
                throw ConformanceFailure("Nothing was thrown.")
            } catch let error as TrialError {
                try check("the reason", error.description, is: "Not today.")
            }
            let problem = try await client.schedules.find("s")?.problem
            try check(problem?.contains("Not today.") == true, "The problem is \(problem ?? "none").")
            let job = try await client.schedules.runNow("s")
            try check("the next one's state", try await trial.inspector().find(job)?.state, is: .ready)
        },
        Case("A schedule whose queue is full can be paused and redefined, and what does not fit is left out") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            func configure(_ configuration: inout JobSystem.Configuration) {
                configuration.lengthLimits = ["default": .init(maximumLength: 1, whenFull: .fail)]
            }
            let host = try await trial.scheduler(configure: configure) { minutes(word: "m") }
            let client = try await trial.system(trial.broker, configure)
            try await trial.firing(host) {
                try await trial.pass(.seconds(130))
                try await client.schedules.pause("minutes")
                try await client.schedules.resume("minutes")
                let problem = try await client.schedules.find("minutes")?.problem
                try check(problem?.contains("before there was room") == true, "The problem is \(problem ?? "none").")
                try await trial.pass(.seconds(60))
                try await client.schedules.add(Schedule("minutes", .every(.seconds(100))) { Errand(word: "new") })
                try await trial.running(worker) { try await trial.pass(.seconds(105)) }
            }
            try check("the notes", trial.notes.lines, is: ["m 60", "new 290"])
        },
        Case("A schedule that has fired for the last time is removed after a day, and one that is paused is not") {
            trial in
            let start = trial.clock.now
            let host = try await trial.scheduler {
                Schedule("once", .at(start + .seconds(60))) { Errand() }
                Schedule("ended", .every(.seconds(10)), ends: start + .seconds(25)) { Errand() }
                Schedule("paused", .at(start + .seconds(90))) { Errand() }
                Schedule("going", .every(.seconds(3_600))) { Errand() }
            }
            let schedules = host.jobs.schedules
            try await trial.firing(host) {
                try await trial.pass(.seconds(70))
                try await schedules.pause("paused")
                try await trial.pass(.seconds(86_400 - 20))
                try check("what is there", try await schedules.list().map(\.id), is: ["going", "once", "paused"])
                try await trial.pass(.seconds(30))
                try check("what is left", try await schedules.list().map(\.id), is: ["going", "paused"])
            }
        },
        Case("A slow look at one schedule holds up no other") { trial in
            let start = trial.clock.now
            let worker = try await trial.noting(from: start)
            let host = try await trial.scheduler {
                Schedule("a", .every(.seconds(60))) { Errand(word: "a") }
                Schedule("b", .every(.seconds(60)), starts: start + .seconds(10)) { Errand(word: "b") }
            }
            try await trial.running(worker) {
                try await trial.firing(host) {
                    try await trial.pass(.seconds(59))
                    host.faults.inject(.delay(.seconds(100)), on: .fireSchedule)
                    try await trial.pass(.seconds(80))
                    try check("the notes", trial.notes.lines, is: ["b 70", "b 130"])
                    try await trial.pass(.seconds(25))
                    try check("the notes later", trial.notes.lines.contains("a 60"), is: true)
                }
            }
        },
    ]
}
