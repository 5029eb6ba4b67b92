//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workflows whose workers die.
    static let dyingWorkflows: [Case] = [
        Case("A chain goes on whatever its worker dies at", .oneCallback, workflows: true) { trial in
            try await atEveryChange(trial, "chain") { client in
                let chain = Number(value: 1).then(Add(amount: 2)).onSuccess(Noted(word: "done")).then(Add(amount: 3))
                return try await client.submit(chain)
            } check: { handle in
                try check("the output", try await trial.value(of: handle), is: 6)
                try await trial.pass(.seconds(30))
                try check(trial.notes.lines.contains("done"), "There was no callback.")
            }
        },
        Case("What follows a group comes once whatever its worker dies at", .oneCallback, workflows: true) { trial in
            try await atEveryChange(trial, "chord") { client in
                try await client.submit(Group([1, 2, 3].map { Number(value: $0) }).then(Total()))
            } check: { handle in
                try check("the output", try await trial.value(of: handle), is: 6)
                try await trial.pass(.seconds(30))
            }
        },
        Case("A nested workflow comes to its end whatever its worker dies at", .oneCallback, workflows: true) { trial in
            try await atEveryChange(trial, "nested") { client in
                let rows = [[1, 2], [3, -4]].map { row in
                    Group(row.map { Number(value: $0).then(Add(amount: 10 * $0)) }).then(Total())
                }
                let results = Group(rows).collected().onSuccess(Noted(word: "collected"))
                return try await client.submit(results.then(Tally()).followed(by: Number(value: 9)))
            } check: { handle in
                try check("the output", try await trial.value(of: handle), is: 9)
                try await trial.pass(.seconds(30))
                try check(trial.notes.lines.contains("tally 33 failed"), "The notes are \(trial.notes.lines).")
                try check(trial.notes.lines.contains("collected"), "There was no callback.")
            }
        },
        Case("A graph comes to its end whatever its worker dies at", .oneCallback, workflows: true) { trial in
            try await atEveryChange(trial, "graph") { client in
                let graph = Graph { graph in
                    let start = try graph.add(Number(value: 1).onSuccess(Noted(word: "begun")))
                    let left = try graph.add(Add(amount: 10).then(Add(amount: 20)), taking: start)
                    let right = try graph.add(Group([Add(amount: 30), Add(amount: 40)]).then(Total()), taking: start)
                    let late = try graph.add(Noted(word: "late"), after: left, right)
                    _ = try graph.add(Noted(word: "last"), after: late)
                    return try graph.add(Label(), taking: right, try graph.add(Digits(), taking: left))
                }
                return try await client.submit(graph.onSuccess(Noted(word: "done")))
            } check: { handle in
                try check("the output", try await trial.value(of: handle), is: "7231")
                try await trial.pass(.seconds(30))
                for word in ["begun", "late", "last", "done"] {
                    try check(trial.notes.lines.contains(word), "“\(word)” was not noted.")
                }
            }
        },
        Case("A failure is told once whatever its worker dies at", .oneCallback, needs: .cancellation, workflows: true)
        {
            trial in
            try await atEveryChange(trial, "failure") { client in
                let late = JobOptions(start: .after(.seconds(100)))
                let members = Parallel(Number(value: -1), Number(value: 2).with(late))
                return try await client.submit(members.onFailure(Noted(word: "failed")))
            } check: { handle in
                try check("the code", try await trial.error(of: handle).code, is: .failed)
                try await trial.pass(.seconds(120))
                try check(trial.notes.lines.contains("failed"), "There was no callback.")
                try check("the other member", trial.notes.count(of: "number 2"), is: 0)
            }
        },
    ]

    /// Does the same again and again with a worker that dies at its first change, its second, and so on, each time before
    /// the change is made and once it was made; then another worker goes on.
    ///
    /// A handler that has returned runs again only if its worker died before the workflow knew, and so once at most. Whatever
    /// it does is done for one submission.
    private static func atEveryChange<Output: Sendable>(
        _ trial: SystemTrial,
        _ what: String,
        _ submit: (JobSystem) async throws -> WorkflowHandle<Output>,
        check body: (WorkflowHandle<Output>) async throws -> Void
    ) async throws {
        for change in 1...200 {
            for isAfter in [false, true] {
                trial.notes.clear()
                let name = "\(what) \(change) \(isAfter)"
                let client = try await trial.system()
                let first = try await trial.workflowHost("first \(name)")
                first.way.die(at: .init(change: change, isAfter: isAfter) { await first.die() })
                let second = try await trial.workflowHost("second \(name)")
                do {
                    let handle = try await submit(client)
                    try await trial.running(first) {
                        // The second one comes when the first has had the work for itself, and so all changes to make.
                        try await trial.pass(.seconds(1))
                        try await trial.running(second) {
                            try await body(handle)
                            for (line, ids) in trial.notes.runs {
                                try check("the submissions of “\(line)”", Set(ids).count, is: 1)
                                try check(ids.count <= 2, "“\(line)” was done \(ids.count) times.")
                            }
                        }
                    }
                } catch {
                    throw ConformanceFailure("\(name): \(error)")
                }
                if first.way.changes < change { return }
            }
        }
        throw ConformanceFailure("The \(what) takes more than 200 changes.")
    }
}
