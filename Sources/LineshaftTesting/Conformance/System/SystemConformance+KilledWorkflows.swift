//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// How many workers die in the case below.
    private static let kills = 240

    /// Workflows whose workers die at random.
    static let killedWorkflows: [Case] = [
        Case(
            "Two hundred and forty deaths at random leave every result complete and every callback single",
            .oneCallback,
            needs: .cancellation,
            workflows: true
        ) { trial in
            var generator = SeededGenerator(seed: 2_400)
            var changes = [Int](repeating: 8, count: Shape.allCases.count)
            var killed = 0
            var points: Set<String> = []
            for round in 0..<2_000 where killed < kills {
                guard let shape = Shape.allCases.randomElement(using: &generator) else { return }
                let isAfter = Bool.random(using: &generator)
                let change = Int.random(in: 1...changes[shape.rawValue], using: &generator)
                let name = "\(shape) \(change) \(isAfter), round \(round)"
                trial.notes.clear()
                let client = try await trial.system()
                let first = try await trial.workflowHost("first \(round)")
                first.way.die(at: .init(change: change, isAfter: isAfter) { await first.die() })
                let second = try await trial.workflowHost("second \(round)")
                try await shape.submit(to: client, trial) { verify in
                    try await trial.running(first) {
                        try await trial.pass(.seconds(1))
                        try await trial.running(second) {
                            do {
                                try await verify()
                                try checkSubmissions(trial, atMost: 2)
                            } catch {
                                throw ConformanceFailure("\(name): \(error)")
                            }
                        }
                    }
                }
                if first.way.changes >= change {
                    killed += 1
                    points.insert("\(shape) \(change) \(isAfter)")
                    // It makes more changes than was known.
                    changes[shape.rawValue] = max(changes[shape.rawValue], change + 4)
                } else {
                    changes[shape.rawValue] = max(first.way.changes, 1)
                }
            }
            try check("the deaths", killed, is: kills)
            try check(points.count >= 40, "The deaths were at only \(points.count) points.")
        }
    ]
}

/// What is run while workers die.
private enum Shape: Int, CaseIterable, Sendable {
    case chain, chord, nested, graph, failure

    /// Submits it, and hands over what there is to see to afterwards.
    func submit(
        to client: JobSystem,
        _ trial: SystemTrial,
        _ body: (_ verify: () async throws -> Void) async throws -> Void
    ) async throws {
        switch self {
        case .chain:
            let chain = Number(value: 1).then(Add(amount: 2)).onSuccess(Noted(word: "done")).then(Add(amount: 3))
            let handle = try await client.submit(chain)
            try await body { try await see(trial, handle, 6, ["done"]) }
        case .chord:
            let chord = Group((1...5).map { Number(value: $0).then(Add(amount: 10 * $0)) })
            let handle = try await client.submit(chord.onSuccess(Noted(word: "done")).then(Total()))
            try await body {
                try await see(trial, handle, 165, ["done", "total [11, 22, 33, 44, 55]"])
            }
        case .nested:
            let rows = [[1, 2], [3, -4]].map { Group($0.map { Number(value: $0) }).then(Total()) }
            let results = Group(rows).collected().onSuccess(Noted(word: "collected"))
            let handle = try await client.submit(results.then(Tally()))
            try await body { try await see(trial, handle, "3 failed", ["collected", "total [1, 2]"]) }
        case .graph:
            let graph = Graph { graph in
                let start = try graph.add(Number(value: 1))
                let left = try graph.add(Add(amount: 10), taking: start)
                let right = try graph.add(Add(amount: 20), taking: start)
                _ = try graph.add(Noted(word: "beside"), after: left)
                return try graph.add(Total(), taking: [left, right])
            }
            let handle = try await client.submit(graph.onSuccess(Noted(word: "done")))
            try await body { try await see(trial, handle, 32, ["done", "beside", "total [11, 21]"]) }
        case .failure:
            let late = JobOptions(start: .after(.seconds(100)))
            let members = Parallel(Number(value: -1), Number(value: 2).with(late))
            let handle = try await client.submit(members.onFailure(Noted(word: "failed")))
            try await body {
                try check("the code", try await trial.error(of: handle).code, is: .failed)
                try await trial.pass(.seconds(120))
                try check(trial.notes.lines.contains("failed"), "There was no callback.")
                try check("the other member", trial.notes.count(of: "number 2"), is: 0)
            }
        }
    }

    private func see<Output: Equatable & Sendable>(
        _ trial: SystemTrial,
        _ handle: WorkflowHandle<Output>,
        _ output: Output,
        _ callbacks: [String]
    ) async throws {
        try check("the output", try await trial.value(of: handle), is: output)
        try await trial.pass(.seconds(30))
        for callback in callbacks {
            try check(trial.notes.lines.contains(callback), "“\(callback)” was not noted.")
        }
    }
}
