//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import LineshaftTesting
import Testing

/// Runs histories and judges them.
enum Histories {
    /// What one seed came to.
    struct Verdict: Sendable {
        let seed: UInt64
        var problems: [String]
        var history: History
        var digest: UInt64
        var steps: Int
        /// How many times a recorded step was not run again.
        var repetitions: Int

        /// What to do to see it again.
        var report: String {
            "The history of seed \(seed) breaks \(problems.count) promise(s):\n" + problems.joined(separator: "\n")
                + "\nReplay it with LINESHAFT_SIMULATION_SEED=\(seed) swift test --filter SimulationTests"
        }
    }

    static func run(
        seed: UInt64,
        wrap: @escaping @Sendable (any Broker) -> any Broker = { $0 }
    ) async -> Verdict {
        await onOwnThread { drive(seed: seed, wrap: wrap) }
    }

    private static func drive(seed: UInt64, wrap: @escaping @Sendable (any Broker) -> any Broker) -> Verdict {
        let box = Box()
        var problems: [String] = []
        let climate = World.Climate(seed: seed)
        let witness = StepWitness()
        do {
            try Simulation.run(seed: seed, maximumSteps: 500_000) { context in
                let recorder = HistoryRecorder(clock: context.clock)
                box.set(recorder, context)
                try await World(context, recorder: recorder, witness: witness, wrap: wrap).live()
            }
        } catch {
            problems.append("\(error)")
        }
        let history = box.history
        problems += HistoryChecker(
            limits: Dictionary(uniqueKeysWithValues: climate.limits.map { ($0.queue, $0.limits) })
        )
        .violations(in: history).map(\.description)
        problems += witness.problems
        return Verdict(
            seed: seed,
            problems: problems,
            history: history,
            digest: box.digest,
            steps: box.steps,
            repetitions: witness.repetitions
        )
    }
}

@Suite("The simulation", .timeLimit(.minutes(20)))
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = environment["LINESHAFT_SIMULATION_HISTORIES"].flatMap(Int.init) ?? 1_000
    private static let chosenSeed = environment["LINESHAFT_SIMULATION_SEED"].flatMap(UInt64.init)

    @Test("replays a history from its seed")
    func replay() async {
        for seed in UInt64(0)..<60 {
            let first = await Histories.run(seed: seed)
            for _ in 0..<2 {
                let again = await Histories.run(seed: seed)
                #expect(again.digest == first.digest, "seed \(seed)")
                #expect(again.history == first.history, "seed \(seed)")
            }
        }
    }

    @Test("keeps every promise in every history")
    func everyHistory() async {
        if let seed = Self.chosenSeed {
            let verdict = await Histories.run(seed: seed)
            print(verdict.history)
            if !verdict.problems.isEmpty { Issue.record("\(verdict.report)") }
            return
        }
        let lanes = 2
        var (steps, events, repetitions, failures) = (0, 0, 0, 0)
        await withTaskGroup(of: (Int, Int, Int, [String]).self) { group in
            for lane in 0..<lanes {
                group.addTask {
                    var (steps, events, repetitions, failures) = (0, 0, 0, [String]())
                    for seed in stride(from: lane, to: Self.count, by: lanes) {
                        let verdict = await Histories.run(seed: UInt64(seed))
                        steps += verdict.steps
                        events += verdict.history.events.count
                        repetitions += verdict.repetitions
                        if !verdict.problems.isEmpty { failures.append(verdict.report) }
                    }
                    return (steps, events, repetitions, failures)
                }
            }
            for await lane in group {
                (steps, events, repetitions) = (steps + lane.0, events + lane.1, repetitions + lane.2)
                failures += lane.3.count
                for report in lane.3.prefix(5) { Issue.record("\(report)") }
            }
        }
        #expect(Self.count < 100 || repetitions > 0)
        print(
            "\(Self.count) histories, \(failures) bad, \(events) events, \(steps) steps, \(repetitions) steps remembered"
        )
    }
}
