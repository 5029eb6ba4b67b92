//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting

/// The job of the simulation: what its handler does is written in it, one step for each delivery, the last one again
/// and again.
struct Chore: Job {
    static let name: JobName = "chore"

    enum Step: Codable, Sendable, Hashable {
        case succeed(after: Int)
        case fail(after: Int)
        case failForGood
        case retry(after: Int, countsAttempt: Bool)
        case snooze(for: Int)
        /// Never ends by itself.
        case hang
        /// Ignores its cancellation for so long.
        case ignoreCancellation(for: Int)
        case reportProgress(times: Int)
        /// Says it is done although it was cancelled.
        case finishAnyway(after: Int)
        /// Does so much in steps of its own, each of which takes a while.
        case remember(count: Int, each: Int)
    }

    var steps: [Step]

    /// The number of the delivery that succeeded: two runs of one job never return the same.
    typealias Output = Int
}

/// What cannot be decoded as a ``Chore`` has its name all the same.
struct Garbled: Job {
    static let name: JobName = "chore"
    var nonsense = true
}

/// A job that no worker knows.
struct Unheard: Job {
    static let name: JobName = "unheard"
}

/// Why a step failed.
struct ChoreFailure: Error {}

extension Chore {
    /// The handler.
    static func run(_ chore: Chore, _ context: JobContext, _ witness: StepWitness) async throws -> Int {
        let step = chore.steps[min(context.delivery, chore.steps.count) - 1]
        let clock = context.clock
        switch step {
        case .succeed(let delay):
            try await clock.sleep(for: .milliseconds(delay))
        case .fail(let delay):
            try await clock.sleep(for: .milliseconds(delay))
            throw ChoreFailure()
        case .failForGood:
            throw PermanentFailure("no use")
        case .retry(let delay, let countsAttempt):
            throw Retry.after(.milliseconds(delay), countsAttempt: countsAttempt)
        case .snooze(let delay):
            try context.snooze(for: .milliseconds(delay))
        case .hang:
            try await clock.sleep(for: .seconds(100_000))
        case .ignoreCancellation(let duration):
            await deafSleep(for: .milliseconds(duration), on: clock)
            try Task.checkCancellation()
        case .reportProgress(let times):
            for number in 0..<times {
                await context.report(progress: Double(number), of: Double(times))
                try await clock.sleep(for: .milliseconds(50))
            }
        case .finishAnyway(let delay):
            do {
                try await clock.sleep(for: .milliseconds(delay))
            } catch {
                return context.delivery
            }
        case .remember(let count, let delay):
            for number in 0..<count {
                // Two runs of one job never do it with the same value.
                let value = try await context.checkpoint("step \(number)") { () -> Int in
                    try await clock.sleep(for: .milliseconds(delay))
                    return context.delivery
                }
                witness.saw(value, of: "step \(number)", in: context.id)
            }
            // So that most of such jobs run again with what is recorded.
            if context.delivery < 3 { throw ChoreFailure() }
        }
        return context.delivery
    }

    /// Sleeps on whether or not the calling task is cancelled.
    private static func deafSleep(for duration: Duration, on clock: any QueueClock) async {
        _ = await Task(executorPreference: ExecutorPreference.current) {  // lint:allow(task) not to be cancelled
            try await clock.sleep(for: duration)
        }.result
    }

    /// A chore that comes to an end by itself, sooner or later.
    static func random(using generator: inout SeededGenerator) -> Chore {
        var steps: [Step] = []
        while generator.chance(0.4), steps.count < 4 { steps.append(anyStep(using: &generator)) }
        let delay = generator.chance(0.5) ? 0 : Int.random(in: 0...3_000, using: &generator)
        steps.append(generator.chance(0.8) ? .succeed(after: delay) : .fail(after: delay))
        return Chore(steps: steps)
    }

    private static func anyStep(using generator: inout SeededGenerator) -> Step {
        let delay = Int.random(in: 0...6_000, using: &generator)
        switch Int.random(in: 0..<13, using: &generator) {
        case 0: return .failForGood
        case 1: return .retry(after: delay, countsAttempt: generator.chance(0.5))
        case 2: return .snooze(for: delay)
        case 3: return .hang
        case 4: return .ignoreCancellation(for: delay * 5)
        case 5: return .reportProgress(times: 3)
        case 6: return .finishAnyway(after: delay * 3)
        case 7: return .succeed(after: delay * 4)
        case 8, 9: return .remember(count: Int.random(in: 1...4, using: &generator), each: delay / 8)
        default: return .fail(after: delay / 4)
        }
    }
}
