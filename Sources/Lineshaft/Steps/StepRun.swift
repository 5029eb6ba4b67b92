//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// Performs what the ``StepBook`` of one run decides: records steps before the handler goes on.
package final class StepRun: Sendable {
    // The run's scope holds this, so this does not hold the scope.
    private let lease: Lease
    private let system: JobSystem
    private let calls: UncancelledTasks
    private let store: any StepStore
    private let book: Mutex<StepBook>

    private init(_ scope: RunScope, store: any StepStore, records: [StepRecord]) {
        lease = scope.delivery.lease
        system = scope.system
        calls = scope.steps.calls
        self.store = store
        var policy = scope.steps.policy
        policy.maximumValueSize = min(policy.maximumValueSize, store.maximumValueSize)
        book = Mutex(StepBook(job: Self.title(scope), policy: policy, records: records))
    }

    private static func title(_ scope: RunScope) -> String {
        "job \(scope.delivery.envelope.id), “\(scope.delivery.envelope.name)”,"
    }

    /// Reads what earlier runs have recorded.
    ///
    /// - Parameters:
    ///   - scope: The run.
    ///   - name: The step that is asked for, for messages.
    /// - Returns: The run's steps.
    /// - Throws: ``StepError`` when the broker keeps none or the lease is lost, ``BrokerError``, or `CancellationError`.
    static func read(_ scope: RunScope, for name: String) async throws -> StepRun {
        guard let store = scope.system.broker.steps else {
            throw StepError(
                code: .unsupported,
                message:
                    "Step “\(name)” of \(title(scope)) cannot be recorded, because the system's broker keeps no steps. Use "
                    + "one that does, in memory or on Redis, or do without `checkpoint`."
            )
        }
        let lease = scope.delivery.lease
        var failures = 0
        let start = scope.system.clock.uptime
        while true {
            do throws(BrokerError) {
                if let records = try await store.steps(of: lease) {
                    return StepRun(scope, store: store, records: records)
                }
            } catch {
                failures += 1
                try await scope.system.waitForSteps(after: error, failures: failures, since: start)
                continue
            }
            var book = StepBook(job: title(scope), policy: scope.steps.policy, records: [])
            throw book.loseLease(name)
        }
    }

    /// The handler asks for a step.
    func begin(_ name: String, isOwn: Bool) throws(StepError) -> StepBook.Answer {
        try book.withLock { (book) throws(StepError) in try book.begin(name, isOwn: isOwn) }
    }

    /// A step was not begun, because its task is cancelled.
    func noteCancellation() {
        book.withLock { $0.noteCancellation() }
    }

    /// A step threw.
    func abandon(_ name: String) {
        book.withLock { $0.abandon(name) }
    }

    /// A recorded value is not what the handler asks for.
    func misread(_ name: String, type: String, cause: any Error) -> StepError {
        book.withLock { $0.misread(name, type: type, cause: cause) }
    }

    /// Records a step that is done.
    ///
    /// The work is done, so it is recorded also when the run has been cancelled meanwhile, if the store answers at once. A
    /// store that does not answer is asked again for five minutes, if the run goes on for so long.
    ///
    /// - Parameters:
    ///   - name: The step.
    ///   - value: Its encoded value.
    /// - Throws: ``StepError`` when the value is too large or the lease lost, ``BrokerError``, or `CancellationError`.
    func finish(_ name: String, value: [UInt8]) async throws {
        let step = try book.withLock { (book) throws(StepError) in try book.finish(name, value: value) }
        do {
            try await record(step)
        } catch {
            book.withLock { $0.takeBack(step) }
            throw error
        }
    }

    private func record(_ step: StepRecord) async throws {
        var failures = 0
        let start = system.clock.uptime
        while true {
            let wasCancelled = Task.isCancelled
            let result = await calls.run { [store, lease] () -> Result<SettlementResult, BrokerError> in
                do throws(BrokerError) {
                    return .success(try await store.record(step, under: lease))
                } catch {
                    return .failure(error)
                }
            }
            switch result {
            case .success(.applied): return
            case .success(.refused):
                throw book.withLock { $0.loseLease(step.name) }
            case .failure(let error):
                // Cancelled together with the run, it is made once more where that does not reach.
                if error.code == .cancelled && Task.isCancelled && !wasCancelled { continue }
                failures += 1
                try await system.waitForSteps(after: error, failures: failures, since: start)
            }
        }
    }
}

extension JobSystem {
    /// Waits a moment before a store that did not answer is asked again.
    ///
    /// - Parameters:
    ///   - error: What the store said.
    ///   - failures: How many times in a row.
    ///   - start: The uptime at which it was asked first.
    /// - Throws: The error, when asking again does not help; `CancellationError` when the run is cancelled.
    fileprivate func waitForSteps(after error: BrokerError, failures: Int, since start: Duration) async throws {
        if error.code == .cancelled { try Task.checkCancellation() }
        // A server that has no memory left keeps the lease alive, and a slot should not be held for ever because of it.
        guard error.isTransient, clock.uptime < start + .seconds(300) else { throw error }
        let backoff = Backoff.exponential(base: .milliseconds(200), maximum: .seconds(5))
        let delay = random.withGenerator { backoff.delay(afterAttempt: failures, using: &$0) }
        try await clock.sleep(for: max(delay, .milliseconds(20)))
    }
}
