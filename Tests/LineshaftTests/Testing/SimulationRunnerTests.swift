//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Foundation
import Lineshaft
import LineshaftTesting
import Testing

@Suite("A simulation", .timeLimit(.minutes(20)))
struct SimulationRunnerTests {
    @Test("replays the same history from the same seed, a hundred times of a hundred")
    func sameSeedSameHistory() throws {
        let first = try Simulation.run(seed: 7) { try await ChattyProgram.run($0) }
        #expect(first.count > 100)
        for _ in 0..<100 {
            let again = try Simulation.run(seed: 7) { try await ChattyProgram.run($0) }
            try #require(again == first)
        }
    }

    @Test("sees different histories with different seeds")
    func differentSeedsDiffer() throws {
        var traces: Set<[String]> = []
        for seed in 0..<50 {
            traces.insert(try Simulation.run(seed: UInt64(seed)) { try await ChattyProgram.run($0) })
        }
        #expect(traces.count > 45)
    }

    @Test("replays on whatever thread it runs, beside other simulations")
    func concurrentSimulations() async throws {
        let expected = try Simulation.run(seed: 3) { try await ChattyProgram.run($0) }
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { try Simulation.run(seed: 3) { try await ChattyProgram.run($0) } }
            }
            for try await trace in group { #expect(trace == expected) }
        }
    }

    @Test("moves time only when nothing can run, and takes none of ours")
    func virtualTime() throws {
        let elapsed = try Simulation.run(seed: 1) { context in
            try await withThrowingTaskGroup { group in
                for hours in 1...24 {
                    group.addTask { try await context.clock.sleep(for: .seconds(3600 * hours)) }
                }
                try await group.waitForAll()
            }
            return context.clock.uptime
        }
        #expect(elapsed == .seconds(24 * 3600))
    }

    @Test("finds an interleaving that loses an update")
    func findsRace() throws {
        actor Account {
            private(set) var balance = 0
            func set(_ value: Int) { balance = value }
        }
        var balances: Set<Int> = []
        for seed in 0..<40 {
            balances.insert(
                try Simulation.run(seed: UInt64(seed)) { _ in
                    let account = Account()
                    await withTaskGroup { group in
                        for _ in 0..<2 {
                            group.addTask { await account.set(await account.balance + 1) }
                        }
                    }
                    return await account.balance
                }
            )
        }
        #expect(balances == [1, 2])
    }

    @Test("throws what the body throws")
    func bodyThrows() {
        struct Boom: Error {}
        #expect(throws: Boom.self) {
            try Simulation.run(seed: 1) { _ in throw Boom() }
        }
    }

    @Test("that waits for what never comes ends with an error that names the seed, and cancels its body")
    func deadlock() throws {
        let signal = Signal()
        let trace = ChattyProgram.Trace()
        let error = #expect(throws: SimulationError.self) {
            try Simulation.run(seed: 4711) { context in
                try await context.clock.sleep(for: .seconds(5))
                await signal.wait()
                if Task.isCancelled { trace.add("cancelled") }
            }
        }
        #expect(error?.code == .deadlock)
        #expect(error?.elapsed == .seconds(5))
        #expect(error.map { "\($0)".contains("4711") } == true)
        #expect(trace.all == ["cancelled"])
    }

    @Test("that goes round in circles runs out of steps")
    func livelock() {
        let error = #expect(throws: SimulationError.self) {
            try Simulation.run(seed: 1, maximumSteps: 1_000) { context in
                while !Task.isCancelled { await Task.yield() }
            }
        }
        #expect(error?.code == .tooManySteps)
        #expect(error?.steps == 1_000)
    }

    @Test("that is resumed from outside says so")
    func escapeByContinuation() {
        let error = #expect(throws: SimulationError.self) {
            try Simulation.run(seed: 1, maximumSteps: 100_000_000) { context in
                let trace = ChattyProgram.Trace()
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
                            Thread.detachNewThread {
                                // Not before the waiter has suspended: time passes only when nothing can run.
                                while trace.all.isEmpty {}
                                continuation.resume()
                            }
                        }
                    }
                    group.addTask {
                        while true {
                            try await context.clock.sleep(for: .seconds(1))
                            trace.add("a second has passed")
                        }
                    }
                    try await group.next()
                    group.cancelAll()
                }
            }
        }
        #expect(error?.code == .escaped)
    }

    @Test("whose clock is asked from outside says so")
    func escapeByClock() {
        let error = #expect(throws: SimulationError.self) {
            try Simulation.run(seed: 1, maximumSteps: 100_000_000) { context in
                let trace = ChattyProgram.Trace()
                Thread.detachNewThread {
                    _ = context.clock.now
                    trace.add("asked")
                }
                while trace.all.isEmpty { await Task.yield() }
            }
        }
        #expect(error?.code == .escaped)
    }

    @Test("leaves the task that called it as it was")
    func callersTask() async throws {
        enum Label { @TaskLocal static var text = "none" }
        try await Label.$text.withValue("mine") {
            let inside = try Simulation.run(seed: 1) { context in
                try await context.clock.sleep(for: .seconds(1))
                return Label.text
            }
            #expect(inside == "mine")
            #expect(Label.text == "mine")
            await Task.yield()
            #expect(Label.text == "mine")
        }
    }
}
