//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft
internal import Logging
internal import ServiceLifecycle

/// One process of a case: a system, a worker, and the way of both to the broker.
final class TrialHost: Sendable {
    let way: HostBroker
    let system: JobSystem
    let worker: Worker
    /// Opens when the worker has stopped.
    let end = TrialGate()
    private let death = TrialGate()
    private let cancellation = TrialGate()
    private let services: ServiceGroup

    init(way: HostBroker, system: JobSystem, worker: Worker) {
        self.way = way
        self.system = system
        self.worker = worker
        var logger = Logger(label: "trial")
        logger.logLevel = .critical
        services = ServiceGroup(services: [worker], logger: logger)
    }

    /// Runs the worker until the host stops, dies, or its task is cancelled.
    func run() async throws {
        defer { end.open() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await self.services.run()
                } catch {
                    // What becomes of a dead worker's own code does not matter to anybody.
                    if !self.death.isOpen && !self.cancellation.isOpen { throw error }
                }
            }
            group.addTask { await self.death.wait() }
            group.addTask { await self.cancellation.wait() }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Begins graceful shutdown.
    func stop() async {
        if !end.isOpen { await services.triggerGracefulShutdown() }
    }

    /// Cancels the task that runs the worker.
    func cancel() {
        cancellation.open()
    }

    /// Dies as a killed process does: nothing that it does from now on has an effect.
    func die() async {
        await way.cut()
        death.open()
    }
}
