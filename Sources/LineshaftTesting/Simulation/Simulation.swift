//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Synchronization

/// Runs real concurrent code in one of its possible interleavings, in virtual time, decided by a seed.
///
/// ```swift
/// let sum = try Simulation.run(seed: 42) { context in
///     try await context.clock.sleep(for: .seconds(3600))   // takes no real time
///     return 6
/// }
/// ```
///
/// The same seed gives the same history as long as the code is structured (see ``SeededExecutor``) and takes time and
/// randomness from the ``SimulationContext``. The order in which a `Set` or `Dictionary` is walked is random as well:
/// code that wakes others in that order replays only with the environment variable `SWIFT_DETERMINISTIC_HASHING=1`.
public enum Simulation: Sendable {
    /// Runs `body` to its end on the calling thread.
    ///
    /// Whenever nothing is left to run, virtual time moves to the next deadline that somebody sleeps for. The caller is
    /// blocked meanwhile, but by work and not by waiting.
    ///
    /// - Parameters:
    ///   - seed: What the interleaving follows from.
    ///   - maximumSteps: How many of Swift's jobs may run before it counts as going round in circles.
    ///   - start: The wall-clock time at which the simulation begins.
    ///   - body: What to run. Its structured children and the default actors that it calls run in the simulation too.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, or ``SimulationError``. The body is then cancelled, and left behind if it does not
    ///   end within as many steps again.
    public static func run<Value: Sendable>(
        seed: UInt64,
        maximumSteps: Int = 1_000_000,
        start: Timestamp = VirtualClock.defaultStart,
        body: @escaping @Sendable (SimulationContext) async throws -> Value
    ) throws -> Value {
        let executor = SeededExecutor(seed: seed)
        let clock = VirtualClock(now: start)
        let context = SimulationContext(
            seed: seed,
            clock: SimulationClock(clock: clock, executor: executor),
            executor: executor
        )
        executor.bindToCurrentThread()
        let end = SimulationEnd<Value>()
        // Nothing else can bring a body onto an executor from synchronous code.
        let root = Task(executorPreference: executor) {  // lint:allow(task) the root of what is driven below
            do {
                let value = try await ExecutorPreference.$current.withValue(executor) { try await body(context) }
                end.set(.success(value))
            } catch {
                end.set(.failure(error))
            }
        }
        var driver = SimulationDriver(executor: executor, clock: clock, limit: maximumSteps)
        let stop = driver.drive { end.result != nil }
        if let result = end.result, stop == nil { return try result.get() }
        let error = SimulationError(
            code: stop ?? .deadlock,
            seed: seed,
            steps: executor.steps,
            elapsed: clock.uptime
        )
        root.cancel()
        driver.limit += maximumSteps
        driver.toleratesEscapes = true
        _ = driver.drive { end.result != nil }
        throw error
    }
}

/// Alternates between running what can run and moving time.
private struct SimulationDriver {
    let executor: SeededExecutor
    let clock: VirtualClock
    var limit: Int
    var toleratesEscapes = false

    init(executor: SeededExecutor, clock: VirtualClock, limit: Int) {
        self.executor = executor
        self.clock = clock
        self.limit = limit
    }

    private var hasEscape: Bool { executor.escapes > 0 && !toleratesEscapes }

    /// Drives until the body has ended and nothing is left to run; says why, if it stops before.
    func drive(isOver: () -> Bool) -> SimulationError.Code? {
        while true {
            while executor.step() {
                if executor.steps >= limit { return hasEscape ? .escaped : .tooManySteps }
            }
            if hasEscape { return .escaped }
            if isOver() { return nil }
            guard let deadline = clock.nextDeadline else { return .deadlock }
            clock.advance(by: deadline - clock.uptime)
        }
    }
}

/// Where the body of a simulation leaves its result.
private final class SimulationEnd<Value: Sendable>: Sendable {
    private let stored = Mutex<Result<Value, any Error>?>(nil)

    var result: Result<Value, any Error>? { stored.withLock { $0 } }

    func set(_ result: Result<Value, any Error>) {
        stored.withLock { $0 = result }
    }
}
