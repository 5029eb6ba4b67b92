//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation
internal import Lineshaft

/// Workers of workflows killed with SIGKILL: what follows a group comes from one submission, with all results in order.
struct WorkflowScenario: Scenario {
    let name = "workflow"
    let summary =
        "chords whose workers are killed with SIGKILL again and again: one callback each, all results in order"
    let jobs = (full: 5_000, short: 600)

    /// How many members a chord has.
    private static let size = 50

    func run(_ stage: Stage) async throws {
        let server = try stage.startServer()
        try await stage.open(server.url)
        var terms = Crew.Terms(url: server.url, lease: .seconds(1), concurrency: 4)
        // On a slow machine workers die on the same jobs again and again, which says nothing of the jobs.
        terms.poisonLimit = 1_000
        let fixed = terms
        try stage.crew.start(3, fixed)
        let file = stage.household.folder + "/callbacks"
        let system = try stage.system
        let count = stage.jobs / Self.size
        var handles: [WorkflowHandle<[Int]>] = []
        for number in 0..<count {
            let members = Group((0..<Self.size).map { Chord.Member(number: number * Self.size + $0) })
            let chord = members.then(Chord.Sum(label: "\(number)", file: file))
            let callback = Chord.Callback(label: "\(number)", file: file)
            handles.append(try await system.submit(chord.onSuccess(callback)))
        }
        let submitted = handles
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await killWorkers(stage, fixed) }
            for (number, handle) in submitted.enumerated() {
                let wanted = Array(number * Self.size..<(number + 1) * Self.size)
                let value = try await handle.value
                stage.report.require(value == wanted, "Chord \(number) came to \(value), not to \(wanted).")
            }
            group.cancelAll()
            do { try await group.waitForAll() } catch is CancellationError {}
        }
        // Callbacks may end after the workflow, and their workers may have been killed.
        try await stage.waitUntilIdle()
        try judge(stage, file, count)
        stage.report.note("chords", Double(count), "")
    }

    /// Kills the oldest worker again and again once another one has taken its place and begun to work.
    private func killWorkers(_ stage: Stage, _ terms: Crew.Terms) async throws {
        for _ in 0..<(stage.isShort ? 12 : 100) {
            try await stage.clock.sleep(for: .milliseconds(stage.isShort ? 300 : 1_000))
            guard let oldest = stage.crew.members.first else { return }
            stage.crew.kill(oldest)
            stage.report.count("worker killed")
            let fresh = try stage.crew.start(1, terms)[0]
            // When all has ended it is given nothing, and this is cancelled.
            while try !stage.hasStarted(fresh) { try await stage.clock.sleep(for: .milliseconds(20)) }
        }
    }

    private func judge(_ stage: Stage, _ file: String, _ count: Int) throws {
        var identities: [String: Set<String>] = [:]
        for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3 else { continue }
            identities[words[0] + " " + words[1], default: []].insert(words[2])
        }
        for number in 0..<count {
            for what in ["sum", "callback"] {
                let found = identities["\(what) \(number)"]?.count ?? 0
                stage.report.require(found == 1, "The \(what) of chord \(number) came from \(found) submissions.")
            }
        }
    }
}
