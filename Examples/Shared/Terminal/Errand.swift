//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
public import Logging
internal import ServiceLifecycle
internal import Synchronization

/// Work that is done once, with or without a worker beside it: the worker stops when the work is done, and both stop
/// cleanly when the program is told to (Ctrl-C, or `SIGTERM`), and at once when it is told again.
///
/// A server needs none of this: it gives its workers to a `ServiceGroup` and runs that until it is told to stop.
public struct Errand<Value: Sendable>: Sendable {
    private let work: @Sendable () async throws -> Value

    /// Creates an errand; nothing starts.
    ///
    /// - Parameter work: The work. It is cancelled when the program is told to stop.
    public init(_ work: @escaping @Sendable () async throws -> Value) {
        self.work = work
    }

    /// Does the work while `worker` runs.
    ///
    /// - Parameter worker: What runs the work's jobs.
    /// - Returns: What the work returned; `nil` when it was interrupted.
    /// - Throws: What the work or the worker throws.
    public func run(beside worker: Worker) async throws -> Value? {
        // The last one is shut down first: the work stops asking before the worker stops answering.
        try await run(after: [.init(service: worker)], logger: worker.jobs.configuration.logger)
    }

    /// Does the work, whose jobs run elsewhere.
    ///
    /// - Parameter logger: Where the services log.
    /// - Returns: What the work returned; `nil` when it was interrupted.
    /// - Throws: What the work throws.
    public func run(logger: Logger) async throws -> Value? {
        try await run(after: [], logger: logger)
    }

    private func run(
        after services: [ServiceGroupConfiguration.ServiceConfiguration],
        logger: Logger
    ) async throws -> Value? {
        let service = Once(work: work)
        let last = ServiceGroupConfiguration.ServiceConfiguration(
            service: service,
            successTerminationBehavior: .gracefullyShutdownGroup
        )
        _ = try await SignalledServices(services + [last], logger: logger).run()
        return service.value
    }
}

/// The work as a service that ends by itself.
private final class Once<Value: Sendable>: Service {
    private let work: @Sendable () async throws -> Value
    private let result = Mutex<Value?>(nil)

    init(work: @escaping @Sendable () async throws -> Value) {
        self.work = work
    }

    var value: Value? { result.withLock { $0 } }

    func run() async throws {
        do {
            let value = try await cancelWhenGracefulShutdown { try await self.work() }
            result.withLock { $0 = value }
        } catch  where Task.isShuttingDownGracefully && isInterruption(error) {
            // It was asked to stop, and has.
            return
        }
    }

    private func isInterruption(_ error: any Error) -> Bool {
        error is CancellationError || (error as? BrokerError)?.code == .cancelled
    }
}
