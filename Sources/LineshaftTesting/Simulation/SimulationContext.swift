//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// What the body of a simulation is given.
public struct SimulationContext: Sendable {
    /// What everything random follows from.
    public let seed: UInt64
    /// The simulation's time.
    ///
    /// It stands still while anything can run.
    public let clock: SimulationClock
    let executor: SeededExecutor

    /// Makes a generator for the body's own choices, independent of the order in which jobs run.
    ///
    /// - Parameter stream: Which one; the same name gives the same numbers again.
    /// - Returns: The generator, at its beginning.
    public func generator(_ stream: String) -> SeededGenerator {
        SeededGenerator(seed: seed, stream: stream)
    }

    /// A number that two runs share up to here only if they ran the same way.
    public var digest: UInt64 { executor.digest }

    /// How many of Swift's jobs have run up to here.
    public var steps: Int { executor.steps }
}

/// The clock of a simulation: it moves to the next deadline when nothing is left to run.
///
/// Being asked from a thread outside the simulation counts as an escape and makes the simulation fail.
public struct SimulationClock: QueueClock {
    let clock: VirtualClock
    let executor: SeededExecutor

    /// The wall-clock time.
    public var now: Timestamp {
        executor.noteCaller()
        return clock.now
    }

    /// The time since the simulation began.
    public var uptime: Duration {
        executor.noteCaller()
        return clock.uptime
    }

    /// Suspends the caller until ``uptime`` has reached `deadline`.
    ///
    /// - Parameter deadline: The uptime to wait for; one that has passed returns at once.
    /// - Throws: `CancellationError` as soon as the calling task is cancelled.
    public func sleep(until deadline: Duration) async throws {
        executor.noteCaller()
        try await clock.sleep(until: deadline)
    }

    /// Moves only the wall clock, as somebody does who sets a machine's clock.
    ///
    /// Nobody wakes.
    ///
    /// - Parameter duration: How far; less than zero moves it back.
    public func jump(by duration: Duration) {
        executor.noteCaller()
        clock.jump(by: duration)
    }
}
