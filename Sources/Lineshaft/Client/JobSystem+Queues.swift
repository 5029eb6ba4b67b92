//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension JobSystem {
    /// Stops giving out a queue's jobs, to all workers everywhere.
    ///
    /// Submitting goes on; running jobs run on.
    ///
    /// - Parameter queue: The queue.
    /// - Throws: ``ConfigurationError`` when the name is not a queue's; ``BrokerError`` when the broker cannot be reached or
    ///   cannot pause.
    public func pause(_ queue: QueueName) async throws {
        try NameRules.check(queue)
        try require(.pause, to: "pause the queue “\(queue)”", "pause")
        try await inspector.setPaused(true, queue: queue)
    }

    /// Gives out a paused queue's jobs again.
    ///
    /// - Parameter queue: The queue.
    /// - Throws: ``ConfigurationError`` when the name is not a queue's; ``BrokerError`` when the broker cannot be reached or
    ///   cannot pause.
    public func resume(_ queue: QueueName) async throws {
        try NameRules.check(queue)
        try require(.pause, to: "pause the queue “\(queue)”", "pause")
        try await inspector.setPaused(false, queue: queue)
    }

    /// Limits how much of a queue is given out, over all workers everywhere.
    ///
    /// ```swift
    /// try await jobs.limit("exports", concurrency: 2)
    /// try await jobs.limit("mail", rate: RateLimit(100, per: .seconds(60), burst: 10))
    /// ```
    ///
    /// Within a queue each tenant, and single job types, can be limited too:
    ///
    /// ```swift
    /// try await jobs.limit("reports", perTenant: PartLimits(concurrency: 2))
    /// try await jobs.limit("hooks", perJob: ["hook.send": PartLimits(rate: RateLimit(5, per: .seconds(1)))])
    /// ```
    ///
    /// The limits replace those that were set before, by whomever, and hold until others are set. They are kept by leases:
    /// the place of a worker that died is free again when its lease has run out.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - concurrency: How many of its jobs run at once; any number if left out.
    ///   - rate: How many of its jobs are begun in a time; any number if left out.
    ///   - perTenant: What each of its tenants is limited to; nothing if left out.
    ///   - perJob: What job types are limited to, within this queue.
    /// - Throws: ``ConfigurationError`` when a number is out of its range or the name is not a queue's; ``BrokerError`` when
    ///   the broker cannot be reached or cannot limit queues.
    public func limit(
        _ queue: QueueName,
        concurrency: Int? = nil,
        rate: RateLimit? = nil,
        perTenant: PartLimits? = nil,
        perJob: [JobName: PartLimits] = [:]
    ) async throws {
        let limits = QueueLimits(concurrency: concurrency, rate: rate, perTenant: perTenant, perJob: perJob)
        try NameRules.check(queue)
        if let problem = limits.problem {
            throw ConfigurationError(code: .invalidValue, message: "The queue “\(queue)” is given \(problem).")
        }
        try require(.limits, to: "limit the queue “\(queue)” over all workers", "limits")
        try await inspector.setLimits(limits, queue: queue)
    }

    /// Takes a queue's limits away.
    ///
    /// - Parameter queue: The queue.
    /// - Throws: ``ConfigurationError`` when the name is not a queue's; ``BrokerError`` when the broker cannot be reached or
    ///   cannot limit queues.
    public func removeLimits(of queue: QueueName) async throws {
        try NameRules.check(queue)
        try require(.limits, to: "limit the queue “\(queue)” over all workers", "limits")
        try await inspector.setLimits(.none, queue: queue)
    }

    /// The tenants of a queue that have the most jobs ready.
    ///
    /// It reads all tenants that have any, page by page.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - limit: How many tenants to name.
    /// - Returns: The tenants, the one with the most jobs first.
    /// - Throws: ``ConfigurationError`` when the name is not a queue's; ``BrokerError`` when the broker cannot be reached or
    ///   knows no tenants.
    public func busiestTenants(of queue: QueueName, limit: Int = 10) async throws -> [TenantCounts] {
        try NameRules.check(queue)
        try require(.limits, to: "tell the tenants of the queue “\(queue)” apart", "limits")
        let inspector = try inspector
        var found: [TenantName: TenantCounts] = [:]
        var cursor: String?
        repeat {
            let page = try await inspector.tenants(in: queue, after: cursor, limit: 500)
            for counts in page.tenants { found[counts.tenant] = counts }
            if found.count - 1_000 > min(limit, 1_000_000) * 2 {
                found = Dictionary(
                    uniqueKeysWithValues: Self.busiest(found.values, limit: limit).map { ($0.tenant, $0) }
                )
            }
            cursor = page.cursor
        } while cursor != nil
        return Self.busiest(found.values, limit: limit)
    }

    private static func busiest(_ tenants: some Sequence<TenantCounts>, limit: Int) -> [TenantCounts] {
        Array(tenants.sorted { ($1.ready, $0.tenant) < ($0.ready, $1.tenant) }.prefix(max(limit, 0)))
    }

    /// The broker's view into its queues: counts, lists, dead letters, workers.
    ///
    /// It throws ``BrokerError`` with the code `unsupported` when the broker has none.
    public var inspector: any QueueInspector {
        get throws(BrokerError) {
            if let inspector = broker.inspector { return inspector }
            throw BrokerError(
                code: .unsupported,
                message: "This broker cannot look into its queues, so it can count, find, pause and explain nothing. "
                    + "Use a broker that has a `QueueInspector`."
            )
        }
    }
}
