//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Logging
public import ServiceLifecycle
internal import UnixSignals

/// Services that run until they end, or until the program is told to stop: by the first signal (Ctrl-C, or `SIGTERM`) they
/// shut down gracefully, by the second they are cancelled.
///
/// A `ServiceGroup` knows signals, too, but each of them either for the one or for the other.
public struct SignalledServices: Sendable {
    /// How the services ended.
    public enum Ending: Sendable, Hashable {
        /// By themselves, or gracefully after one signal.
        case finished
        /// At once, after two.
        case cancelled
    }

    private let group: ServiceGroup

    /// Creates the services; nothing starts.
    ///
    /// - Parameters:
    ///   - services: The services; the last one is shut down first.
    ///   - logger: Where the group logs.
    public init(_ services: [ServiceGroupConfiguration.ServiceConfiguration], logger: Logger) {
        group = ServiceGroup(configuration: .init(services: services, logger: logger))
    }

    /// Runs the services to their end.
    ///
    /// - Returns: How they ended.
    /// - Throws: What a service throws, unless it was cancelled.
    public func run() async throws -> Ending {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Step.self) { [group] tasks in
            tasks.addTask {
                try await group.run()
                return .ended
            }
            tasks.addTask {
                var isFirst = true
                for await _ in signals {
                    if !isFirst { return .signalledTwice }
                    isFirst = false
                    await group.triggerGracefulShutdown()
                }
                return .unsignalled
            }
            var ending = Ending.finished
            do {
                while let step = try await tasks.next(), step != .ended {
                    guard step == .signalledTwice else { continue }
                    ending = .cancelled
                    tasks.cancelAll()
                }
            } catch {
                // Whatever a service threw after that, it was told to stop at once and has.
                if ending != .cancelled { throw error }
            }
            tasks.cancelAll()
            return ending
        }
    }

    private enum Step: Sendable {
        case ended
        case signalledTwice
        /// The wait for signals was cancelled.
        case unsignalled
    }
}
