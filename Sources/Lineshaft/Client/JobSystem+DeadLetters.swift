//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobSystem {
    /// Makes dead letters ready again, as if just submitted: attempts start at 1, and their outcome is withdrawn.
    ///
    /// Expiry and deadline move along with the time of submission. Handles that have had the failure keep it; make a new
    /// one to await the next outcome.
    ///
    /// - Parameter ids: Dead letters; others are left alone.
    /// - Returns: How many were made ready.
    /// - Throws: ``BrokerError`` when broker or store cannot be reached; some may have been made ready then, and repeating
    ///   the call is safe.
    @discardableResult
    public func retry(_ ids: [JobID]) async throws -> Int {
        let inspector = try inspector
        if broker.workflows == nil { return try await retryAlone(ids) }
        var alone: [JobID] = []
        var count = 0
        for id in ids {
            let job = try await inspector.find(id)
            if let job, job.state == .dead, job.envelope.isPartOfWorkflow {
                count += try await retry(partOf: job.envelope.details.workflow) ? 1 : 0
            } else {
                alone.append(id)
            }
        }
        return count + (alone.isEmpty ? 0 : try await retryAlone(alone))
    }

    /// Makes dead letters ready again that are no part of a workflow.
    private func retryAlone(_ ids: [JobID]) async throws -> Int {
        let inspector = try inspector
        for id in ids { try await restartExpansion(of: id) }
        guard storesResultsApart else { return try await inspector.retry(ids) }
        var queues: Set<QueueName> = []
        var dead: [JobID] = []
        for id in ids {
            guard let job = try await inspector.find(id), job.state == .dead else { continue }
            queues.insert(job.envelope.queue)
            dead.append(id)
        }
        // What the broker has still to tell of their first life must not arrive in the next.
        try await storeEndings(of: queues.sorted())
        // A worker that was thought dead may have stored another outcome before the broker gave the job up.
        let outcomes = try await results.outcomes(of: dead)
        let over = dead.filter { id in
            guard let outcome = outcomes[id]?.outcome else { return false }
            if case .failed = outcome { return false }
            return true
        }
        if !over.isEmpty { _ = try await inspector.delete(over) }
        let failed = dead.filter { !over.contains($0) }
        // In this order: a job that ran again before its failure was withdrawn would end with it. Should the process die
        // in between, the dead letter itself still tells the outcome.
        try await results.withdraw(failed)
        return try await inspector.retry(failed)
    }

    /// Makes all dead letters of a queue ready again that are there now.
    ///
    /// - Parameter queue: The queue.
    /// - Returns: How many were made ready.
    /// - Throws: As ``retry(_:)``.
    @discardableResult
    public func retryAll(in queue: QueueName) async throws -> Int {
        // All are found first, so that one which fails again at once is not retried for ever.
        var ids: [JobID] = []
        var count = 0
        for try await job in deadLetters(in: queue) where !job.envelope.isPartOfWorkflow { ids.append(job.id) }
        for try await job in deadLetters(in: queue) where job.envelope.isPartOfWorkflow {
            if try await retry(partOf: job.envelope.details.workflow) { count += 1 }
        }
        for start in stride(from: 0, to: ids.count, by: DeadLetters.pageSize) {
            count += try await retryAlone(Array(ids[start..<min(start + DeadLetters.pageSize, ids.count)]))
        }
        return count
    }

    /// Restarts the workflow that a dead letter is a part of, which enqueues the job anew.
    ///
    /// - Returns: Whether the workflow had failed and goes on now.
    private func retry(partOf workflow: WorkflowReference?) async throws -> Bool {
        guard let workflow else { return false }
        do {
            try await restartWorkflow(workflow.id)
            return true
        } catch let error as ConfigurationError where error.code == .invalidState {
            return false
        } catch let error as JobError where error.code == .notFound {
            return false
        }
    }

    /// Deletes jobs that are not running: a waiting one ends as cancelled; a dead letter goes, and its outcome stays.
    ///
    /// - Parameter ids: The jobs; running and unknown ones are left alone.
    /// - Returns: How many were deleted.
    /// - Throws: ``BrokerError`` when the broker cannot be reached; some may have been deleted then.
    @discardableResult
    public func delete(_ ids: [JobID]) async throws -> Int {
        let inspector = try inspector
        guard storesResultsApart else { return try await inspector.delete(ids) }
        var queues: Set<QueueName> = []
        for id in ids {
            if let job = try await inspector.find(id), job.state != .dead { queues.insert(job.envelope.queue) }
        }
        let count = try await inspector.delete(ids)
        await storeEndingsNow(of: queues.sorted())
        return count
    }

    /// The dead letters of a queue, oldest first.
    ///
    /// They are read in pages while the sequence is iterated. Jobs that move meanwhile may be seen twice or missed.
    ///
    /// - Parameter queue: The queue.
    /// - Returns: The dead letters, whose failures say what went wrong.
    public func deadLetters(in queue: QueueName) -> DeadLetters {
        DeadLetters(system: self, queue: queue)
    }
}

/// The dead letters of one queue, see ``JobSystem/deadLetters(in:)``.
///
/// It may be iterated more than once and by several tasks.
public struct DeadLetters: AsyncSequence, Sendable {
    /// What it gives out.
    public typealias Element = JobSnapshot

    static let pageSize = 500

    let system: JobSystem
    let queue: QueueName

    /// Starts with the oldest dead letter.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(system: system, queue: queue)
    }

    /// Goes through dead letters.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let system: JobSystem
        private let queue: QueueName
        private var page: ArraySlice<JobSnapshot> = []
        private var cursor: String?
        private var isLast = false

        init(system: JobSystem, queue: QueueName) {
            self.system = system
            self.queue = queue
        }

        /// The next dead letter; `nil` after the last.
        ///
        /// - Throws: ``BrokerError`` when the broker cannot be reached, or cannot look into its queues.
        public mutating func next() async throws -> JobSnapshot? {
            while page.isEmpty && !isLast {
                let next = try await system.inspector.jobs(
                    in: queue,
                    state: .dead,
                    after: cursor,
                    limit: DeadLetters.pageSize
                )
                page = next.jobs[...]
                cursor = next.cursor
                isLast = next.cursor == nil
            }
            return page.popFirst()
        }
    }
}

// One task iterates it; another makes an iterator of its own.
@available(*, unavailable)
extension DeadLetters.AsyncIterator: Sendable {}
