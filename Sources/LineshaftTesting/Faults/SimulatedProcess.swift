//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A process that can die at any moment, inside the real one.
///
/// What belongs to it runs inside ``run(_:)`` and talks to brokers through a ``FaultInjectingBroker`` that was given this
/// process. When it dies, not one more of its calls takes effect and no answer reaches it: calls hang, until the process
/// is reaped. ``run(_:)`` reaps: it cancels the body, lets hung calls fail as closed, and waits for the body to end. Code
/// that goes on running without calling anybody cannot be stopped, so let a body that ignores cancellation come to an
/// end by itself.
public final class SimulatedProcess: Sendable {
    /// The process's name, for histories and messages.
    public let name: String
    private let death = Gate()
    private let funeral = Gate()
    private let onDeath: @Sendable (SimulatedProcess) -> Void

    /// Creates a living process.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - onDeath: Called at the moment of its death, from whatever brings it about. Must not block.
    public init(name: String, onDeath: @escaping @Sendable (SimulatedProcess) -> Void = { _ in }) {
        self.name = name
        self.onDeath = onDeath
    }

    /// Whether it lives.
    public var isAlive: Bool { !death.isOpen }

    /// Ends the process's life, as `SIGKILL` does.
    ///
    /// A second death changes nothing.
    public func die() {
        if death.open() { onDeath(self) }
    }

    /// Runs what belongs to the process, until it ends or the process dies.
    ///
    /// - Parameter body: What to run. Its error is lost with the process when that dies.
    /// - Throws: What `body` throws while the process lives.
    public func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.death.wait() }
            group.addTask { try await body() }
            var failure: (any Error)?
            for _ in 0..<2 {
                do {
                    try await group.next()
                } catch {
                    failure = failure ?? error
                }
                if !isAlive { funeral.open() }
                group.cancelAll()
            }
            if let failure, isAlive { throw failure }
        }
    }

    /// Goes on only in a living process.
    ///
    /// - Throws: ``/Lineshaft/BrokerError`` with the code `closed` once the dead process has been reaped, or `cancelled`.
    func checkAlive(_ point: FaultPoint) async throws(BrokerError) {
        if isAlive { return }
        await funeral.wait()
        throw BrokerError(
            code: funeral.isOpen ? .closed : .cancelled,
            message: "The simulated process “\(name)” is dead; its call of `\(point.rawValue)` had no effect or no "
                + "answer."
        )
    }
}
