//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension ScheduleConformance {
    /// Schedules of whole workflows.
    static let workflows: [Case] =
        [
            Case("Each tick submits one workflow, whose jobs know the tick", workflows: true) { trial in
                let start = trial.clock.now
                let worker = try await trial.noting(from: start)
                let first = try await trial.scheduler("a") { pairs() }
                let second = try await trial.scheduler("b") { pairs() }
                try await trial.running(worker) {
                    try await trial.firing(first, second) {
                        try await trial.pass(.seconds(125))
                        try check("the notes", trial.notes.lines, is: ["one 60", "two 60", "one 120", "two 120"])
                        let status = try await first.jobs.schedules.find("pairs").orThrow("It is gone.")
                        try check("whether it is a workflow", status.work.isWorkflow, is: true)
                        let last = try status.lastJob.orThrow("Nothing was submitted.")
                        let handle = first.jobs.workflow(for: last, returning: String.self)
                        try check("the output", try await trial.value(of: handle), is: "two")
                    }
                }
            },
            Case("A chord with callbacks is the same after it was stored", workflows: true) { trial in
                let worker = try await trial.noting(from: trial.clock.now)
                let client = try await trial.system()
                try await client.schedules.add(
                    Schedule("chord", .every(.seconds(60)), retention: .seconds(600)) {
                        Group([Errand(word: "a"), Errand(word: "b")])
                            .collected()
                            .followed(by: Errand(word: "c").with(JobOptions(start: .after(.seconds(5)))))
                            .onSuccess(Errand(word: "done"))
                            .onFailure(Errand(word: "failed"))
                    }
                )
                try await trial.running(worker) {
                    let id = try await client.schedules.runNow("chord")
                    try await trial.pass(.seconds(4))
                    try check("the notes", trial.notes.lines.sorted(), is: ["a 0", "b 0"])
                    try await trial.pass(.seconds(4))
                    try check("the last notes", Array(trial.notes.lines.suffix(2)), is: ["c 0", "done 0"])
                    let status = try await client.workflow(for: id, returning: String.self).status
                    try check("the status", status, is: .init(phase: .succeeded, completed: 3, total: 3, restarts: 0))
                }
            },
            Case("A tick is left out until the whole workflow before is over, if the schedule says so", workflows: true)
            {
                trial in
                let worker = try await trial.host { trial.waiting(for: .seconds(50)) }
                let host = try await trial.scheduler { pairs(overlap: .skip) }
                try await trial.running(worker) {
                    try await trial.firing(host) {
                        // The first workflow runs from 60 to 160, so that the tick of 120 is left out.
                        try await trial.pass(.seconds(165))
                        try check("the notes", trial.notes.lines, is: ["began", "ended", "began", "ended"])
                        try await trial.pass(.seconds(20))
                        try check("those that began", trial.notes.count(of: "began"), is: 3)
                        trial.notes.openAllGates()
                    }
                }
            },
            Case("The workflow before is cancelled, if the schedule says so", workflows: true) { trial in
                let worker = try await trial.host { trial.waiting() }
                let host = try await trial.scheduler { pairs(overlap: .replace) }
                try await trial.running(worker) {
                    try await trial.firing(host) {
                        try await trial.pass(.seconds(65))
                        let first = try await host.jobs.schedules.find("pairs")?.lastJob.orThrow(
                            "Nothing was submitted."
                        )
                        try await trial.pass(.seconds(60))
                        try check("those that began", trial.notes.count(of: "began"), is: 2)
                        try check("those that were cancelled", trial.notes.count(of: "cancelled"), is: 1)
                        let id = try first.orThrow("It is gone.")
                        let status = try await host.jobs.workflow(for: id, returning: String.self).status
                        try check("the first one", status.phase, is: .cancelled)
                        trial.notes.openAllGates()
                    }
                }
            },
            Case("A workflow that is too large for a schedule is refused when it is added", workflows: true) { trial in
                let client = try await trial.system()
                let word = String(repeating: "x", count: 300_000)
                do {
                    try await client.schedules.add(
                        Schedule("large", .every(.seconds(60))) { Errand(word: word).followed(by: Errand()) }
                    )
                    throw ConformanceFailure("Nothing was thrown.")
                } catch let error as ConfigurationError {
                    try check("the code", error.code, is: .invalidSchedule)
                }
            },
            Case("A scheduler that stalls longer than a workflow is kept begins none a second time", workflows: true) {
                trial in
                let worker = try await trial.noting(from: trial.clock.now)
                let stalled = try await trial.scheduler("stalled") { pairs() }
                let other = try await trial.scheduler("other") { pairs() }
                stalled.faults.inject(.delay(.seconds(86_400)), on: .fireSchedule)
                try await trial.running(worker) {
                    try await trial.firing(stalled) {
                        try await trial.pass(.seconds(61))
                        try await trial.firing(other) {
                            try await trial.pass(.seconds(30))
                            try check("the notes", trial.notes.lines, is: ["one 60", "two 60"])
                            try await other.jobs.schedules.pause("pairs")
                            try await trial.pass(.seconds(86_400 + 60))
                            try check("the notes", trial.notes.lines, is: ["one 60", "two 60"])
                        }
                    }
                }
            },
        ]
        + workflowDeaths.map { death in
            Case("A tick whose scheduler died \(death.words) begins one workflow", .atLeastOnce, workflows: true) {
                trial in
                let worker = try await trial.noting(from: trial.clock.now)
                let first = try await trial.scheduler("first") { pairs() }
                try await trial.running(worker) {
                    try await trial.firing(first) {
                        try await trial.pass(.seconds(59))
                        first.faults.inject(death.fault, on: death.point, after: death.calls)
                        try await trial.pass(.seconds(2))
                    }
                    // Longer than the workflow is kept.
                    try await trial.pass(.seconds(3_000))
                    let second = try await trial.scheduler("second") { pairs() }
                    try await trial.firing(second) { try await trial.pass(.seconds(20)) }
                }
                let lines = trial.notes.lines
                try check("what ran", lines.filter { $0.hasSuffix(" 60") }, is: ["one 60", "two 60"])
                try check("the ticks", Set(lines).count, is: lines.count)
            }
        }

    private struct WorkflowDeath: Sendable {
        let point: FaultPoint
        let calls: Int
        let fault: Fault
        let words: String
    }

    private static let workflowDeaths = [
        WorkflowDeath(point: .writeSchedule, calls: 0, fault: .dieAfter, words: "just after its decision was written"),
        WorkflowDeath(point: .fireSchedule, calls: 0, fault: .die, words: "just before its workflow was created"),
        WorkflowDeath(point: .fireSchedule, calls: 0, fault: .dieAfter, words: "just after its workflow was created"),
        WorkflowDeath(point: .changeWorkflow, calls: 1, fault: .die, words: "before it had stored the workflow's jobs"),
        WorkflowDeath(point: .changeWorkflow, calls: 2, fault: .dieAfter, words: "while it launched the workflow"),
        WorkflowDeath(point: .writeSchedule, calls: 1, fault: .die, words: "when the workflow was launched"),
        WorkflowDeath(point: .writeSchedule, calls: 1, fault: .dieAfter, words: "when the end of the tick was written"),
        WorkflowDeath(point: .fireSchedule, calls: 1, fault: .dieAfter, words: "when all was done"),
    ]

    @ScheduleBuilder
    private static func pairs(overlap: OverlapPolicy = .allow) -> [Schedule] {
        Schedule("pairs", .every(.seconds(60)), retention: .seconds(60), overlap: overlap) {
            Errand(word: "one").followed(by: Errand(word: "two"))
        }
    }
}
