//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension MemoryBroker: QueueInspector {
    /// The queues that hold or have held jobs, or are paused or limited, by name.
    ///
    /// - Returns: Their names.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func queues() throws(BrokerError) -> [QueueName] {
        _ = try begin()
        return table.queueNames
    }

    /// How many jobs a queue holds in each state.
    ///
    /// - Parameter queue: The queue.
    /// - Returns: The counts.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func counts(of queue: QueueName) throws(BrokerError) -> QueueCounts {
        let moment = try begin()
        defer { finish(moment) }
        return table.counts(of: queue, at: moment)
    }

    /// The jobs of a queue in one state, a page at a time, in the order in which they would be taken.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - state: The state.
    ///   - cursor: Where the last page ended; `nil` for the first.
    ///   - limit: The most jobs of a page.
    /// - Returns: The page, with a cursor if there is more.
    /// - Throws: ``BrokerError`` with the code `closed`, or `rejected` when the cursor is not one of this broker's.
    public func jobs(
        in queue: QueueName,
        state: JobState,
        after cursor: String?,
        limit: Int
    ) throws(BrokerError) -> JobPage {
        let moment = try begin()
        defer { finish(moment) }
        if let page = table.jobs(in: queue, state: state, after: cursor, limit: limit, at: moment) { return page }
        throw BrokerError(
            code: .rejected,
            message: "“\(cursor ?? "")” is not a cursor of a page of jobs; pass the one of the last page, or nil."
        )
    }

    /// One job, as long as it has not ended or is among the dead letters.
    ///
    /// - Parameter id: The job.
    /// - Returns: What is known of it, or `nil`.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func find(_ id: JobID) throws(BrokerError) -> JobSnapshot? {
        let moment = try begin()
        defer { finish(moment) }
        if let job = table.find(id, at: moment) { return job }
        var mail = Mail()
        fileEndings(moment, &mail)
        mail.send()
        return unrecorded.find(id)
    }

    /// Makes dead letters ready again, as if just submitted; their outcome is withdrawn.
    ///
    /// - Parameter ids: Dead letters; others are left alone.
    /// - Returns: How many were made ready.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func retry(_ ids: [JobID]) throws(BrokerError) -> Int {
        let moment = try begin()
        defer { finish(moment) }
        var count = 0
        for id in ids where !unrecorded.isGiven(id, at: moment.uptime) && table.retry(id, at: moment) {
            ledger.withdraw(id)
            unrecorded.remove(id)
            count += 1
        }
        return count
    }

    /// Deletes jobs that are not running.
    ///
    /// A waiting one ends as cancelled; a dead letter's outcome stays.
    ///
    /// - Parameter ids: The jobs; running and unknown ones are left alone.
    /// - Returns: How many were deleted.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func delete(_ ids: [JobID]) throws(BrokerError) -> Int {
        let moment = try begin()
        defer { finish(moment) }
        var count = 0
        for id in ids where table.delete(id, at: moment) { count += 1 }
        return count
    }

    /// Stops or resumes giving out a queue's jobs.
    ///
    /// - Parameters:
    ///   - paused: Whether to stop.
    ///   - queue: The queue.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func setPaused(_ paused: Bool, queue: QueueName) throws(BrokerError) {
        let moment = try begin()
        table.setPaused(paused, queue: queue)
        finish(moment)
    }

    /// Limits how much of a queue is given out, over all workers.
    ///
    /// - Parameters:
    ///   - limits: The limits.
    ///   - queue: The queue.
    /// - Throws: ``BrokerError`` with the code `closed`, or `rejected` when a number is out of its range.
    public func setLimits(_ limits: QueueLimits, queue: QueueName) throws(BrokerError) {
        try limits.validate(for: queue)
        let moment = try begin()
        table.setLimits(limits, queue: queue, at: moment)
        finish(moment)
    }

    /// The tenants of a queue that have jobs ready, a page at a time, in the order in which they would be served.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - cursor: Where the last page ended; `nil` for the first.
    ///   - limit: The most tenants of a page.
    /// - Returns: The page, with a cursor if there is more.
    /// - Throws: ``BrokerError`` with the code `closed`, or `rejected` when the cursor is none of its own.
    public func tenants(in queue: QueueName, after cursor: String?, limit: Int) throws(BrokerError) -> TenantPage {
        let moment = try begin()
        defer { finish(moment) }
        if let page = table.tenants(in: queue, after: cursor, limit: limit, at: moment) { return page }
        throw BrokerError(
            code: .rejected,
            message: "“\(cursor ?? "")” is not a cursor of a page of tenants; pass the one of the last page, or nil."
        )
    }

    /// The workers that have reported and not gone, by name.
    ///
    /// - Returns: Their last reports.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func workers() throws(BrokerError) -> [WorkerReport] {
        let moment = try begin()
        reports = reports.filter { $0.value.expiry > moment.uptime }
        return reports.values.map(\.report).sorted { $0.id.rawValue < $1.id.rawValue }
    }
}
