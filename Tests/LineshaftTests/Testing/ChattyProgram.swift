//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Synchronization

/// A program whose trace depends on the order in which nearly everything in it happens: actors that call each other,
/// nested task groups, sleeps, continuations, cancellation.
enum ChattyProgram {
    actor Room {
        private var members: [String] = []
        private let trace: Trace

        init(trace: Trace) { self.trace = trace }

        func enter(_ name: String, next: Room?) async {
            members.append(name)
            trace.add("\(name) is no. \(members.count)")
            await next?.enter(name + "'", next: nil)
            trace.add("\(name) of \(members.count)")
        }
    }

    final class Trace: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    static func run(_ context: SimulationContext) async throws -> [String] {
        let trace = Trace()
        let rooms = [Room(trace: trace), Room(trace: trace), Room(trace: trace)]
        let signals = (0..<5).map { _ in Signal() }
        try await withThrowingTaskGroup { group in
            for number in 0..<10 {
                group.addTask {
                    var generator = context.generator("visitor \(number)")
                    for visit in 0..<3 {
                        await rooms[number % 3].enter("\(number).\(visit)", next: rooms[(number + 1) % 3])
                        try await context.clock.sleep(for: generator.duration(upTo: .milliseconds(4)))
                    }
                    if number < 5 { signals[number].raise() } else { await signals[number - 5].wait() }
                    trace.add("\(number) leaves at \(context.clock.uptime)")
                }
            }
            group.addTask { await cancelledRace(context, trace) }
            try await group.waitForAll()
        }
        trace.add("digest \(context.digest)")
        return trace.all
    }

    /// Children race; the first to come ends the others, which notice in the order the executor picks.
    private static func cancelledRace(_ context: SimulationContext, _ trace: Trace) async {
        await withTaskGroup { group in
            for runner in 0..<6 {
                group.addTask {
                    for _ in 0..<(runner + 2) { await Task.yield() }
                    do {
                        try await context.clock.sleep(for: .milliseconds(2))
                        trace.add("runner \(runner) arrived")
                    } catch {
                        trace.add("runner \(runner) was stopped")
                    }
                }
            }
            await group.next()
            group.cancelAll()
        }
    }
}
