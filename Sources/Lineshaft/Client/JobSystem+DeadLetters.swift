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
        var letters: [JobSnapshot] = []
        var alone: [JobID] = []
        for id in ids {
            if let job = try await inspector.find(id), job.state == .dead {
                letters.append(job)
            } else {
                alone.append(id)
            }
        }
        return try await retry(letters) + (alone.isEmpty ? 0 : try await retryAlone(alone))
    }

    /// Makes dead letters ready again that are no part of a workflow.
    private func retryAlone(_ ids: [JobID]) async throws -> Int {
        let inspector = try inspector
        for id in ids { try await restartChildren(of: .job(id)) }
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
        var members: [JobSnapshot] = []
        for try await job in deadLetters(in: queue) {
            if job.envelope.isPartOfWorkflow { members.append(job) } else { ids.append(job.id) }
        }
        var count = try await retry(members)
        for start in stride(from: 0, to: ids.count, by: DeadLetters.pageSize) {
            count += try await retryAlone(Array(ids[start..<min(start + DeadLetters.pageSize, ids.count)]))
        }
        return count
    }

    /// Retries dead letters, jobs of workflows with the outermost workflow that has failed for their sake.
    private func retry(_ letters: [JobSnapshot]) async throws -> Int {
        var alone: [JobID] = []
        var members: [JobID: Int] = [:]
        var workflows: [JobID] = []
        for letter in letters {
            switch try await cause(of: letter) {
            case .job(let id): if !alone.contains(id) { alone.append(id) }
            case .workflow(let id):
                if members[id] == nil { workflows.append(id) }
                members[id, default: 0] += 1
            }
        }
        var count = alone.isEmpty ? 0 : try await retryAlone(alone)
        for id in workflows where try await restart(id) { count += members[id] ?? 0 }
        return count
    }

    /// What is to be retried for the sake of a dead letter.
    private enum Cause: Sendable, Hashable {
        case job(JobID)
        case workflow(JobID)
    }

    private func cause(of letter: JobSnapshot) async throws -> Cause {
        guard letter.envelope.isPartOfWorkflow, let reference = letter.envelope.details.workflow else {
            return .job(letter.id)
        }
        let inspector = try inspector
        var outermost = reference.id
        // A workflow that a job has started fails that job, which may be a part of another workflow.
        while let parent = try await workflowStore.head(of: outermost)?.parent,
            let above = try await inspector.find(parent.id), above.state == .dead
        {
            guard above.envelope.isPartOfWorkflow, let reference = above.envelope.details.workflow else {
                return .job(above.id)
            }
            outermost = reference.id
        }
        return .workflow(outermost)
    }

    /// Restarts a workflow, which enqueues the failed jobs anew.
    ///
    /// - Returns: Whether the workflow had failed and goes on now.
    private func restart(_ workflow: JobID) async throws -> Bool {
        do {
            try await restartWorkflow(workflow)
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
