//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Synchronization

/// Lets calls and pushes go wrong as a plan says.
///
/// Brokers and result stores of one process share one.
public final class FaultInjector: Sendable {
    private struct Postponed: Sendable {
        let due: Duration
        let action: @Sendable () async throws(BrokerError) -> Void
    }

    private struct State {
        var plan: FaultPlan
        var isHealed = false
        var injected: [FaultPoint: Int] = [:]
        var postponed: [Postponed] = []
    }

    /// The process whose calls go wrong.
    public let process: SimulatedProcess
    private let clock: any QueueClock
    private let reconnection: Duration
    private let onFault: @Sendable (FaultPoint, Fault) -> Void
    private let state: Mutex<State>
    private let changed = Signal()

    /// Creates an injector.
    ///
    /// - Parameters:
    ///   - plan: What goes wrong.
    ///   - clock: What delays are measured on.
    ///   - process: Whose calls go wrong, and who dies of it; one of its own if left out.
    ///   - reconnection: How long after a dropped push the connection counts as restored, see ``Fault/drop``.
    ///   - onFault: Called with each fault before it strikes. Must not block.
    public init(
        plan: FaultPlan = .none,
        clock: any QueueClock,
        process: SimulatedProcess = SimulatedProcess(name: "process"),
        reconnection: Duration = .seconds(1),
        onFault: @escaping @Sendable (FaultPoint, Fault) -> Void = { _, _ in }
    ) {
        self.process = process
        self.clock = clock
        self.reconnection = reconnection
        self.onFault = onFault
        state = Mutex(State(plan: plan))
    }

    /// How many calls and pushes of each kind have gone wrong.
    public var injected: [FaultPoint: Int] { state.withLock { $0.injected } }

    /// Makes one call of a kind go wrong, whatever the plan says.
    ///
    /// - Parameters:
    ///   - fault: What goes wrong.
    ///   - point: The kind of call.
    ///   - calls: How many calls of this kind are left alone before.
    public func inject(_ fault: Fault, on point: FaultPoint, after calls: Int = 0) {
        state.withLock { $0.plan.strike(point, fault, after: calls) }
    }

    /// Lets nothing go wrong from now on.
    ///
    /// A dead process stays dead.
    public func heal() {
        state.withLock { $0.isHealed = true }
    }

    /// Lets delayed pushes arrive when they are due, until cancelled.
    ///
    /// Without it they arrive with the next call.
    public func run() async {
        while !Task.isCancelled {
            await deliverDuePushes()
            let next = state.withLock { state in state.postponed.map(\.due).min() }
            guard let next else {
                await changed.wait()
                continue
            }
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        try await self.clock.sleep(until: next)
                    } catch {
                        // Cancelled, because something was postponed or the run is over; the loop looks again.
                    }
                }
                group.addTask { await self.changed.wait() }
                await group.next()
                group.cancelAll()
            }
        }
    }

    /// Carries out one call, or not.
    func call<Answer: Sendable>(
        _ point: FaultPoint,
        _ body: () async throws(BrokerError) -> Answer
    ) async throws(BrokerError) -> Answer {
        await deliverDuePushes()
        try await process.checkAlive(point)
        let answer: Answer
        switch next(point) {
        case nil:
            answer = try await body()
        case .drop:
            throw lost(point, "the call")
        case .fail(let error):
            throw error
        case .loseAnswer:
            _ = try await body()
            try await process.checkAlive(point)
            throw lost(point, "the answer")
        case .hang:
            // Raised by nobody, it ends with the calling task's cancellation.
            while !Task.isCancelled { await Signal().wait() }
            throw BrokerError(
                code: .cancelled,
                message: "The calling task was cancelled while its call of `\(point.rawValue)` had no answer."
            )
        case .delay(let duration):
            try await sleep(duration, point)
            try await process.checkAlive(point)
            answer = try await body()
        case .delayAnswer(let duration):
            answer = try await body()
            do {
                try await clock.sleep(for: duration)
            } catch {
                // What was done must be told, so cancellation only makes the answer come sooner.
            }
        case .duplicate:
            _ = try await body()
            try await process.checkAlive(point)
            answer = try await body()
        case .die:
            process.die()
            try await process.checkAlive(point)
            throw lost(point, "the process")
        case .dieAfter:
            answer = try await body()
            process.die()
        }
        // The process may have died while the call was under way; then nobody is left to take the answer.
        try await process.checkAlive(point)
        return answer
    }

    /// Carries out one call whose failure nobody is told of.
    func callSilently(_ point: FaultPoint, _ body: () async -> Void) async {
        do {
            try await call(point) { () async throws(BrokerError) in await body() }
        } catch {
            // The protocol gives such a call no way to fail, so what goes wrong with it shows only in what it did not do.
        }
    }

    /// Lets one push arrive, or not.
    ///
    /// - Parameters:
    ///   - point: The kind of push.
    ///   - recovery: What makes up for a lost push once the connection is back.
    ///   - arrive: Delivers it.
    func push(
        _ point: FaultPoint,
        recovery: (@Sendable () async throws(BrokerError) -> Void)?,
        _ arrive: @escaping @Sendable () -> Void
    ) {
        guard process.isAlive else { return }
        switch next(point) {
        case nil, .loseAnswer, .delayAnswer:
            arrive()
        case .drop:
            if let recovery { postpone(by: reconnection, recovery) }
        case .fail, .hang:
            return
        case .delay(let duration):
            postpone(by: duration, arrive)
        case .duplicate:
            arrive()
            arrive()
        case .die:
            process.die()
        case .dieAfter:
            arrive()
            process.die()
        }
    }

    private func next(_ point: FaultPoint) -> Fault? {
        let fault = state.withLock { state -> Fault? in
            guard !state.isHealed, let fault = state.plan.next(point) else { return nil }
            state.injected[point, default: 0] += 1
            return fault
        }
        if let fault { onFault(point, fault) }
        return fault
    }

    private func postpone(by delay: Duration, _ action: @escaping @Sendable () async throws(BrokerError) -> Void) {
        let due = clock.uptime + delay
        state.withLock { $0.postponed.append(Postponed(due: due, action: action)) }
        changed.raise()
    }

    private func deliverDuePushes() async {
        let uptime = clock.uptime
        let due = state.withLock { state in
            let due = state.postponed.filter { $0.due <= uptime }
            if !due.isEmpty { state.postponed.removeAll { $0.due <= uptime } }
            return due
        }
        for push in due where process.isAlive {
            do throws(BrokerError) {
                try await push.action()
            } catch  where error.code == .closed {
                continue
            } catch {
                postpone(by: reconnection, push.action)
            }
        }
    }

    private func sleep(_ duration: Duration, _ point: FaultPoint) async throws(BrokerError) {
        do {
            try await clock.sleep(for: duration)
        } catch {
            throw BrokerError(
                code: .cancelled,
                message: "The calling task was cancelled while its call of `\(point.rawValue)` was delayed.",
                cause: error
            )
        }
    }

    private func lost(_ point: FaultPoint, _ what: String) -> BrokerError {
        BrokerError(code: .unavailable, message: "Injected fault: \(what) of `\(point.rawValue)` was lost.")
    }
}
