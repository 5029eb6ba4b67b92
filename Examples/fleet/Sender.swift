//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ExampleTerminal
import Lineshaft
import LineshaftConfiguration

/// What senders share: they submit through a system that remembers what was submitted, and take it back when interrupted.
struct Sender {
    /// How long taking back may last: a broker that is gone would make it endless.
    private static let patience = Duration.seconds(10)
    /// How many jobs are cancelled at a time.
    private static let width = 64

    let jobs: JobSystem
    private let submitted: Submitted

    /// Opens the broker.
    init(_ connection: ConnectionOptions, lengthLimits: [QueueName: JobSystem.LengthLimit] = [:]) async throws {
        let submitted = Submitted()
        var system = ConnectionOptions.quietSystem
        system.middleware = [submitted]
        system.lengthLimits = lengthLimits
        jobs = try await connection.open(connection.settings(system: system))
        self.submitted = submitted
    }

    /// How sending ended.
    enum Ending<Value: Sendable>: Sendable {
        case done(Value)
        /// The user did not want to wait; the jobs were cancelled, and this says what became of them.
        case interrupted(leaving: String)
    }

    /// Does the work, and closes the system.
    ///
    /// - Parameters:
    ///   - name: The jobs that the work submits, to tell whether anybody runs them.
    ///   - work: The work.
    /// - Returns: What the work returned, or what became of its jobs.
    /// - Throws: What the work throws.
    func send<Value: Sendable>(
        _ name: JobName,
        _ work: @escaping @Sendable (JobSystem) async throws -> Value
    ) async throws -> Ending<Value> {
        do {
            try await warnOfNobody(name)
            let value = try await Errand { [jobs] in try await work(jobs) }.run(logger: jobs.configuration.logger)
            let ending: Ending<Value> = if let value { .done(value) } else { .interrupted(leaving: await takeBack()) }
            await jobs.shutdown()
            return ending
        } catch {
            await jobs.shutdown()
            throw error
        }
    }

    /// Tells the user when there is nobody yet who runs such jobs.
    private func warnOfNobody(_ name: JobName) async throws {
        guard try await !jobs.inspector.workers().contains(where: { $0.knownJobs[name] != nil }) else { return }
        Terminal.errors.print("No worker that runs “\(name)” is there yet; start one with “fleet worker”.")
    }

    /// Cancels what was submitted and has not ended, and says how that went.
    private func takeBack() async -> String {
        let ids = submitted.ids
        do {
            let results = try await cancel(ids)
            let waiting = results.count { $0 == .cancelled }
            let running = results.count { $0 == .requested }
            return "Of \(ids.count.of("job")) sent, \(waiting.grouped) were cancelled before they ran and "
                + "\(running.grouped) while they ran; \((ids.count - waiting - running).grouped) had ended."
        } catch {
            return "The jobs that were sent could not be cancelled, so workers will run them: \(error)"
        }
    }

    private func cancel(_ ids: [JobID]) async throws -> [CancellationResult] {
        try await withThrowingTaskGroup(of: [CancellationResult].self) { group in
            group.addTask {
                try await withThrowingTaskGroup(of: CancellationResult.self) { [jobs] cancellations in
                    var results: [CancellationResult] = []
                    for (index, id) in ids.enumerated() {
                        if index >= Self.width, let result = try await cancellations.next() { results.append(result) }
                        cancellations.addTask { try await jobs.cancel(id) }
                    }
                    for try await result in cancellations { results.append(result) }
                    return results
                }
            }
            group.addTask { [jobs] in
                try await jobs.clock.sleep(for: Self.patience)
                throw BrokerError(code: .unavailable, message: "The broker did not answer in \(Self.patience.inWords).")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? []
        }
    }
}
