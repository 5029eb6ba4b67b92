//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Synchronization

/// Runs Swift's own jobs one at a time, on the thread that asks for it, and picks the next one at random from a seed.
///
/// A task that prefers this executor takes its structured children and the default actors it calls along, so real code
/// runs on it unchanged, and one seed replays one interleaving. What does not follow the preference escapes: `Task {}`,
/// detached tasks, actors with an executor of their own, Dispatch, real sleeps. An escape is noticed when something comes
/// back from another thread.
///
/// Use ``Simulation/run(seed:maximumSteps:start:body:)`` unless you need to drive the executor yourself.
public final class SeededExecutor: TaskExecutor {
    private struct State {
        /// Room for what is runnable, which is what is before `count`.
        ///
        /// It is never made shorter: in debug builds removing the last element takes a lock of Swift's runtime, for which
        /// simulations on several threads would wait.
        private var places: [UnownedJob] = []
        private var count = 0
        var generator: SeededGenerator
        var steps = 0
        var escapes = 0
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        var driver: ThreadIdentity?

        init(generator: SeededGenerator) {
            self.generator = generator
        }

        mutating func add(_ job: UnownedJob) {
            if count < places.count { places[count] = job } else { places.append(job) }
            count += 1
        }

        /// Takes one runnable job at random and notes the choice.
        mutating func takeNext() -> UnownedJob? {
            guard count > 0 else { return nil }
            let choice = count == 1 ? 0 : Int.random(in: 0..<count, using: &generator)
            digest = (digest ^ UInt64(count)) &* 0x0000_0100_0000_01B3
            digest = (digest ^ UInt64(choice)) &* 0x0000_0100_0000_01B3
            steps += 1
            let job = places[choice]
            count -= 1
            places[choice] = places[count]
            return job
        }

        mutating func noteCaller() {
            if let driver, driver != .current { escapes += 1 }
        }
    }

    private let state: Mutex<State>

    /// Creates an executor with nothing to run.
    ///
    /// - Parameter seed: What every choice follows from.
    public init(seed: UInt64) {
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    /// How many jobs have been run.
    public var steps: Int { state.withLock { $0.steps } }

    /// A number that two runs share only if they made the same choices from equally many runnable jobs.
    public var digest: UInt64 { state.withLock { $0.digest } }

    /// How many times something came from a thread that does not drive this executor.
    ///
    /// A history with an escape does not replay.
    public var escapes: Int { state.withLock { $0.escapes } }

    /// Takes a job that has become runnable.
    ///
    /// Called by Swift's runtime.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { state in
            state.noteCaller()
            state.add(job)
        }
    }

    /// Runs one job, if one is runnable.
    ///
    /// - Returns: Whether there was one.
    public func step() -> Bool {
        let job = state.withLock { state in
            if state.driver == nil { state.driver = .current }
            return state.takeNext()
        }
        guard let job else { return false }
        job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    /// Makes the calling thread the one that drives, before the first step.
    func bindToCurrentThread() {
        state.withLock { $0.driver = .current }
    }

    /// Counts an escape if the calling thread does not drive this executor.
    func noteCaller() {
        state.withLock { $0.noteCaller() }
    }
}
