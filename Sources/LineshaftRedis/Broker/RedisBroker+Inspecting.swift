//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

extension RedisBroker: QueueInspector {
    /// The queues that hold or have held jobs, or are paused, by name.
    ///
    /// - Returns: Their names.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func queues() async throws(BrokerError) -> [QueueName] {
        let key = settings.queuesKey
        var names: Set<QueueName> = []
        var cursor = "0"
        repeat {
            // Piece by piece, so that thousands of queues do not hold the server up.
            let reply = try await send(["SSCAN", .bytes(key), .string(cursor), "COUNT", "500"], key: key)
            guard let parts = reply.elements, parts.count == 2, let next = parts[0].text, let found = parts[1].elements
            else { throw BrokerError(code: .corrupt, message: "Redis answers SSCAN with \(reply.kind).") }
            names.formUnion(found.compactMap { $0.text.map { QueueName($0) } })
            cursor = next
        } while cursor != "0"
        return names.sorted()
    }

    /// How many jobs a queue holds in each state.
    ///
    /// - Parameter queue: The queue.
    /// - Returns: The counts.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func counts(of queue: QueueName) async throws(BrokerError) -> QueueCounts {
        try await call(CountsCall(keys: keys(queue), settings: settings))
    }

    /// The jobs of a queue in one state, a page at a time, in the order in which they would be taken.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - state: The state.
    ///   - cursor: Where the last page ended; `nil` for the first.
    ///   - limit: The most jobs of a page; 1,000 at most.
    /// - Returns: The page, with a cursor if there is more.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached, or the cursor is not one of its own.
    public func jobs(
        in queue: QueueName,
        state: JobState,
        after cursor: String?,
        limit: Int
    ) async throws(BrokerError) -> JobPage {
        // Outcomes are stored together with the end, so no job is ever on the way between the two.
        if state == .ended { return JobPage(jobs: [], cursor: nil) }
        let page: PageCall
        do throws(StorageError) {
            page = try PageCall(state, after: cursor, limit: limit, keys: keys(queue), settings: settings)
        } catch {
            throw BrokerError(code: .rejected, message: error.message, cause: error)
        }
        return try await call(page)
    }

    /// One job, as long as it has not ended or is among the dead letters.
    ///
    /// - Parameter id: The job.
    /// - Returns: What Redis knows of it, or `nil`.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func find(_ id: JobID) async throws(BrokerError) -> JobSnapshot? {
        let calls = try await queues().map { FindCall([id], keys: keys($0), settings: settings) }
        for answer in try await call(all: calls.map(Found.init)) where answer[id] != nil { return answer[id] }
        return nil
    }

    /// One job whose queue is known.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - queue: Its queue.
    /// - Returns: What the broker knows of it, or `nil`.
    /// - Throws: ``BrokerError`` when the server cannot be reached.
    public func find(_ id: JobID, in queue: QueueName) async throws(BrokerError) -> JobSnapshot? {
        try await call(Found(FindCall([id], keys: keys(queue), settings: settings)))[id]
    }

    /// A call of which only the jobs are wanted.
    private struct Found: StorageCall {
        let find: FindCall

        init(_ find: FindCall) {
            self.find = find
        }

        var script: StorageScript { find.script }
        var keys: StorageKeys { find.keys }
        var arguments: RESPWords { find.arguments }

        func decode(_ reply: RESPValue) throws(StorageError) -> [JobID: JobSnapshot] { try find.decode(reply).jobs }
    }

    /// Makes dead letters ready again, as if just submitted.
    ///
    /// - Parameter ids: Dead letters; others are left alone.
    /// - Returns: How many were made ready.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func retry(_ ids: [JobID]) async throws(BrokerError) -> Int {
        var count = 0
        for queue in try await queues() {
            for part in ids.parts {
                let (now, jobs) = try await call(FindCall(Array(part), keys: keys(queue), settings: settings))
                let dead = part.compactMap { jobs[$0] }.filter { $0.state == .dead }
                if dead.isEmpty { continue }
                let anew = dead.map { $0.envelope.resubmitted(at: now) }
                let retry: RetryCall
                do throws(StorageError) {
                    retry = try RetryCall(anew, keys: keys(queue), settings: settings)
                } catch {
                    throw BrokerError(error)
                }
                count += try await call(retry).count { $0 }
            }
        }
        return count
    }

    /// Deletes jobs that are not running.
    ///
    /// - Parameter ids: The jobs; running and unknown ones are left alone.
    /// - Returns: How many were deleted.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func delete(_ ids: [JobID]) async throws(BrokerError) -> Int {
        let queues = try await queues()
        let calls = queues.flatMap { queue in
            ids.parts.map { DeleteCall(Array($0), keys: keys(queue), settings: settings) }
        }
        return try await call(all: calls).reduce(0) { $0 + $1.count { $0 } }
    }

    /// Stops or resumes giving out a queue's jobs, for all attachedWorkers.
    ///
    /// - Parameters:
    ///   - paused: Whether to stop.
    ///   - queue: The queue.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func setPaused(_ paused: Bool, queue: QueueName) async throws(BrokerError) {
        try await register(queue)
        try await call(ConfigureCall(paused: paused, keys: keys(queue), settings: settings))
    }

    /// Limits how much of a queue is given out, over all workers together and from the next claim on.
    ///
    /// - Parameters:
    ///   - limits: The limits; none takes them away.
    ///   - queue: The queue.
    /// - Throws: ``/Lineshaft/BrokerError``, with the code `rejected` when a number is out of its range.
    public func setLimits(_ limits: QueueLimits, queue: QueueName) async throws(BrokerError) {
        try limits.validate(for: queue)
        try await register(queue)
        try await call(ConfigureCall(limits, keys: keys(queue), settings: settings))
    }

    /// The tenants of a queue that have jobs ready, a page at a time, in the order in which they would be served.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - cursor: Where the last page ended; `nil` for the first.
    ///   - limit: The most tenants of a page; 1,000 at most.
    /// - Returns: The page, with a cursor if there is more.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached, or the cursor is not one of its own.
    public func tenants(
        in queue: QueueName,
        after cursor: String?,
        limit: Int
    ) async throws(BrokerError) -> TenantPage {
        let page: TenantsCall
        do throws(StorageError) {
            page = try TenantsCall(after: cursor, limit: limit, keys: keys(queue), settings: settings)
        } catch {
            throw BrokerError(code: .rejected, message: error.message, cause: error)
        }
        return try await call(page)
    }

    /// The workers that have reported and not gone, by name.
    ///
    /// - Returns: Their last reports.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func workers() async throws(BrokerError) -> [WorkerReport] {
        try await call(WorkersCall(settings: settings))
    }

    /// Cancels jobs: a waiting one ends at once, a running one is marked and its worker told.
    ///
    /// - Parameter ids: The jobs.
    /// - Returns: What happened to each, in the same order.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func cancel(_ ids: [JobID]) async throws(BrokerError) -> [CancellationResult] {
        var results = [CancellationResult](repeating: .notFound, count: ids.count)
        let queues = try await queues()
        for (start, part) in zip(stride(from: 0, to: ids.count, by: StorageLimits.jobs), ids.parts) {
            let calls = queues.map { CancelCall(Array(part), keys: keys($0), settings: settings) }
            for answer in try await call(all: calls) {
                // Of all queues one knows the job.
                for (offset, result) in answer.enumerated() where result != .notFound {
                    results[start + offset] = result
                }
            }
        }
        return results
    }

    /// Cancels jobs whose queue is known.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - queue: The queue of all of them.
    /// - Returns: What happened to each, in the same order.
    /// - Throws: ``BrokerError`` when the server cannot be reached.
    public func cancel(_ ids: [JobID], in queue: QueueName) async throws(BrokerError) -> [CancellationResult] {
        var results: [CancellationResult] = []
        for part in ids.parts {
            results += try await call(CancelCall(Array(part), keys: keys(queue), settings: settings))
        }
        return results
    }
}
