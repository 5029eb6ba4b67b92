//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How much of a queue is given out, over all workers together.
///
/// A limit belongs to the queue and not to a process: whoever sets it sets it for all, until somebody sets another.
/// Workers' own settings (``WorkerQueues``) hold beside it.
public struct QueueLimits: Sendable, Hashable, Codable {
    /// No limit.
    public static let none = QueueLimits()

    /// How many of the queue's jobs run at once, on all workers together; `nil` for any number.
    ///
    /// What counts is leases: the place of a worker that died is free again when its lease has run out.
    public var concurrency: Int?
    /// How many of the queue's jobs are begun in a time; `nil` for any number.
    public var rate: RateLimit?
    /// What each tenant of the queue is limited to by itself; `nil` for nothing.
    ///
    /// Jobs without a tenant are not limited by it.
    public var perTenant: PartLimits?
    /// What job types are limited to, each by itself, within this queue; at most 64.
    public var perJob: [JobName: PartLimits]

    /// The most job types that one queue limits.
    package static let maximumJobs = 64

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - concurrency: How many of the queue's jobs run at once, on all workers together.
    ///   - rate: How many of them are begun in a time.
    ///   - perTenant: What each tenant is limited to.
    ///   - perJob: What job types are limited to.
    public init(
        concurrency: Int? = nil,
        rate: RateLimit? = nil,
        perTenant: PartLimits? = nil,
        perJob: [JobName: PartLimits] = [:]
    ) {
        self.concurrency = concurrency
        self.rate = rate
        self.perTenant = perTenant == PartLimits.none ? nil : perTenant
        self.perJob = perJob.filter { $0.value != .none }
    }

    /// What is wrong with these numbers, or `nil` when nothing is.
    package var problem: String? {
        if let concurrency, concurrency < 1 || concurrency > 1_000_000 {
            return "a concurrency of \(concurrency); it must be from 1 to 1,000,000. To stop a queue, pause it"
        }
        if let problem = rate?.problem { return problem }
        if let problem = perTenant?.problem { return "for each tenant \(problem)" }
        if perJob.count > Self.maximumJobs {
            return "limits for \(perJob.count) job types; the most are \(Self.maximumJobs). Use several queues"
        }
        for (name, limits) in perJob.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            do throws(ConfigurationError) {
                try NameRules.check(name)
            } catch {
                return "a limit for a job type without a proper name: \(error.message)"
            }
            if let problem = limits.problem { return "for the job “\(name)” \(problem)" }
        }
        return nil
    }

    /// Refuses numbers that make no sense.
    ///
    /// For brokers, whose ``QueueInspector/setLimits(_:queue:)`` may be called with anything.
    ///
    /// - Parameter queue: Whose limits these are to be.
    /// - Throws: ``BrokerError`` with the code `rejected`, which names the number and its range.
    public func validate(for queue: QueueName) throws(BrokerError) {
        guard let problem else { return }
        throw BrokerError(code: .rejected, message: "The queue “\(queue)” is given \(problem).")
    }
}

/// So many jobs in a time, evenly, with a few more at once after a rest.
public struct RateLimit: Sendable, Hashable, Codable {
    /// How many jobs are begun in each ``period``.
    public var count: Int
    /// The time in which ``count`` jobs are begun.
    public var period: Duration
    /// How many jobs may be begun at once when the queue has rested.
    public var burst: Int

    /// Creates a limit.
    ///
    /// Jobs are begun at even distances: with 10 per second, one each 100 milliseconds. Over any time `t`, at most
    /// `count × t ÷ period + burst` are begun.
    ///
    /// - Parameters:
    ///   - count: How many jobs are begun in each period.
    ///   - period: The time.
    ///   - burst: How many may be begun at once after a rest; 1 keeps the distances even always.
    public init(_ count: Int, per period: Duration, burst: Int = 1) {
        self.count = count
        self.period = period
        self.burst = burst
    }

    package var problem: String? {
        if count < 1 || count > 1_000_000 {
            return "a rate of \(count) jobs per \(period); the count must be from 1 to 1,000,000. "
                + "To stop a queue, pause it"
        }
        if period < .milliseconds(1) || period > .seconds(366 * 86_400) {
            return "a rate per \(period); the period must be from a millisecond to a year"
        }
        if interval < 1_000 {
            return "a rate of \(count) jobs per \(period), which is more than a million per second. Leave the rate out"
        }
        if burst < 1 || burst > 1_000_000 {
            return "a rate with a burst of \(burst); it must be from 1 to 1,000,000"
        }
        // Thirty years; above that it would overflow.
        if Double(interval) * Double(burst) > 1e18 {
            return "a rate of \(count) jobs per \(period) with a burst of \(burst), which takes decades to refill"
        }
        return nil
    }

    /// The distance between two jobs in nanoseconds, rounded up so that the rate is never exceeded.
    package var interval: Int64 {
        let nanoseconds = period.saturatedNanoseconds
        let count = Int64(max(count, 1))
        return nanoseconds / count + (nanoseconds % count > 0 ? 1 : 0)
    }
}
