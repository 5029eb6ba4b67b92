//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule
public import Lineshaft
internal import Synchronization

/// A clock that a test moves by hand, so that no test waits for real time.
///
/// It stands still until ``advance(by:)`` or ``jump(by:)`` is called. Code that sleeps on it wakes when the clock has been
/// moved to its deadline; ``waitForSleeper(count:)`` tells a test when code has gone to sleep.
public final class VirtualClock: QueueClock {
    private typealias SleepResult = Result<Void, CancellationError>
    private typealias Waiter = UnsafeContinuation<SleepResult, Never>

    private struct Alarm: Comparable {
        let deadline: Duration
        let sleeper: UInt64

        static func < (lhs: Alarm, rhs: Alarm) -> Bool {
            (lhs.deadline, lhs.sleeper) < (rhs.deadline, rhs.sleeper)
        }
    }

    private struct Observer {
        let count: Int
        let continuation: Waiter
    }

    private struct State {
        /// What the wall clock showed when `uptime` was zero.
        var epoch: Timestamp
        var uptime: Duration = .zero
        /// Taken from `uptime` each time: adding each step by itself would lose what is less than a nanosecond, and steps
        /// that are all less would never move it.
        var now: Timestamp { epoch + uptime }
        /// One alarm for each sleeper, and for sleepers that were cancelled since.
        var alarms = Heap<Alarm>()
        var sleepers: [UInt64: Waiter] = [:]
        var observers: [UInt64: Observer] = [:]
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0

        mutating func makeID() -> UInt64 {
            nextID += 1
            return nextID
        }

        /// Takes the sleepers whose deadline has come, in the order of their deadlines.
        mutating func takeDue() -> [Waiter] {
            var due: [Waiter] = []
            while let alarm = alarms.min, alarm.deadline <= uptime {
                alarms.removeMin()
                if let waiter = sleepers.removeValue(forKey: alarm.sleeper) { due.append(waiter) }
            }
            return due
        }

        /// Takes the observers whose number of sleepers has been reached.
        mutating func takeObservers() -> [Waiter] {
            guard !observers.isEmpty else { return [] }
            let reached = observers.filter { $0.value.count <= sleepers.count }
            for id in reached.keys { observers[id] = nil }
            return reached.sorted { $0.key < $1.key }.map(\.value.continuation)
        }
    }

    /// The time at which virtual clocks begin unless told otherwise: 2 March 2026, 08:00 UTC.
    public static let defaultStart = Timestamp(millisecondsSinceEpoch: 1_772_438_400_000)

    private let state: Mutex<State>

    /// Creates a clock that stands still.
    ///
    /// - Parameter now: The wall-clock time that it shows; ``uptime`` begins at zero.
    public init(now: Timestamp = VirtualClock.defaultStart) {
        state = Mutex(State(epoch: now))
    }

    /// The wall-clock time, as moved by ``advance(by:)`` and ``jump(by:)``.
    public var now: Timestamp { state.withLock { $0.now } }

    /// The sum of all advances.
    public var uptime: Duration { state.withLock { $0.uptime } }

    /// The earliest deadline that somebody sleeps for; `nil` when nobody sleeps.
    public var nextDeadline: Duration? {
        state.withLock { state in
            while let alarm = state.alarms.min {
                if state.sleepers[alarm.sleeper] != nil { return alarm.deadline }
                state.alarms.removeMin()
            }
            return nil
        }
    }

    /// How many tasks sleep.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Moves wall-clock time and ``uptime`` forward and wakes whoever sleeps for a time that has come, in the order of
    /// the deadlines.
    ///
    /// - Parameter duration: How far; zero or less moves nothing.
    public func advance(by duration: Duration) {
        guard duration > .zero else { return }
        // Wall time is kept in whole nanoseconds, and the two must not drift apart.
        let whole = Duration.nanoseconds(duration.saturatedNanoseconds)
        let duration = whole < duration ? whole + .nanoseconds(1) : whole
        let due = state.withLock { state in
            state.uptime += duration
            return state.takeDue()
        }
        for waiter in due { waiter.resume(returning: .success(())) }
    }

    /// Moves only the wall clock, as somebody does who sets a machine's clock.
    ///
    /// Nobody wakes.
    ///
    /// - Parameter duration: How far; less than zero moves it back.
    public func jump(by duration: Duration) {
        state.withLock { $0.epoch = $0.epoch + duration }
    }

    /// Suspends the caller until the clock has been advanced to `deadline`.
    ///
    /// - Parameter deadline: The uptime to wait for; one that has passed returns at once.
    /// - Throws: `CancellationError` as soon as the calling task is cancelled, or when it already is.
    public func sleep(until deadline: Duration) async throws {
        try Task.checkCancellation()
        try await wait { state, id, waiter in
            if deadline <= state.uptime { return false }
            state.alarms.insert(Alarm(deadline: deadline, sleeper: id))
            state.sleepers[id] = waiter
            return true
        }
    }

    /// Suspends the caller until at least `count` tasks sleep on this clock.
    ///
    /// - Parameter count: How many.
    /// - Throws: `CancellationError` as soon as the calling task is cancelled.
    public func waitForSleeper(count: Int = 1) async throws {
        try await wait { state, id, waiter in
            if state.sleepers.count >= count { return false }
            state.observers[id] = Observer(count: count, continuation: waiter)
            return true
        }
    }

    /// Suspends the caller until somebody resumes the waiter that `register` stored, or the task is cancelled.
    ///
    /// `register` runs under the lock and returns whether it stored the waiter; if not, there is nothing to wait for.
    private func wait(register: (inout State, UInt64, Waiter) -> Bool) async throws {
        let id = state.withLock { $0.makeID() }
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (waiter: Waiter) in
                let (answer, reached) = state.withLock { state -> (SleepResult?, [Waiter]) in
                    // The cancellation may have come before the wait was registered.
                    if state.cancelled.remove(id) != nil { return (.failure(CancellationError()), []) }
                    guard register(&state, id, waiter) else { return (.success(()), []) }
                    return (nil, state.takeObservers())
                }
                for observer in reached { observer.resume(returning: .success(())) }
                if let answer { waiter.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                if let sleeper = state.sleepers.removeValue(forKey: id) { return sleeper }
                if let observer = state.observers.removeValue(forKey: id) { return observer.continuation }
                state.cancelled.insert(id)
                return nil
            }
            waiter?.resume(returning: .failure(CancellationError()))
        }
        // The cancellation may also have come after the wait was over.
        _ = state.withLock { $0.cancelled.remove(id) }
        try result.get()
    }
}
