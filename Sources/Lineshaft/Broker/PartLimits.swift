//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What one part of a queue is limited to, over all workers: each tenant, or one job type.
public struct PartLimits: Sendable, Hashable, Codable {
    /// No limit.
    public static let none = PartLimits()

    /// How many of the part's jobs run at once; `nil` for any number.
    public var concurrency: Int?
    /// How many of the part's jobs are begun in a time; `nil` for any number.
    public var rate: RateLimit?

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - concurrency: How many of the part's jobs run at once.
    ///   - rate: How many of them are begun in a time.
    public init(concurrency: Int? = nil, rate: RateLimit? = nil) {
        self.concurrency = concurrency
        self.rate = rate
    }

    /// What is wrong with these numbers, or `nil` when nothing is.
    package var problem: String? { QueueLimits(concurrency: concurrency, rate: rate).problem }
}

/// Which of its queue's parts keeps a ready job back.
public struct LimitHold: Sendable, Hashable {
    /// A part of a queue.
    ///
    /// More may come, so a switch outside this package keeps an `@unknown default`.
    @nonexhaustive
    public enum Part: Sendable, Hashable {
        /// The job's tenant.
        case tenant(TenantName)
        /// The job's type.
        case job(JobName)
    }

    /// The part that has reached its limit.
    public let part: Part
    /// How long until its rate lets another job begin; `nil` when as many of its jobs run as may.
    public let rateDelay: Duration?

    /// Creates a hold.
    ///
    /// - Parameters:
    ///   - part: The part that has reached its limit.
    ///   - rateDelay: How long until its rate lets another job begin; `nil` when it waits for a place.
    public init(_ part: Part, rateDelay: Duration? = nil) {
        self.part = part
        self.rateDelay = rateDelay
    }
}

/// How many jobs one tenant has in a queue.
public struct TenantCounts: Sendable, Hashable {
    /// The tenant.
    public let tenant: TenantName
    /// Its jobs that wait for a worker.
    public let ready: Int
    /// Its jobs that are leased.
    public let running: Int
    /// Whether it has reached a limit of its own, so that its jobs are passed over.
    public let isHeldBack: Bool

    /// Creates counts.
    ///
    /// - Parameters:
    ///   - tenant: The tenant.
    ///   - ready: Its jobs that wait for a worker.
    ///   - running: Its jobs that are leased.
    ///   - isHeldBack: Whether it has reached a limit of its own.
    public init(tenant: TenantName, ready: Int, running: Int, isHeldBack: Bool) {
        self.tenant = tenant
        self.ready = ready
        self.running = running
        self.isHeldBack = isHeldBack
    }
}

/// Some tenants of a queue.
public struct TenantPage: Sendable {
    /// The tenants.
    public let tenants: [TenantCounts]
    /// Where the next page begins; `nil` when this was the last.
    public let cursor: String?

    /// Creates a page.
    ///
    /// - Parameters:
    ///   - tenants: The tenants.
    ///   - cursor: Where the next page begins.
    public init(tenants: [TenantCounts], cursor: String?) {
        self.tenants = tenants
        self.cursor = cursor
    }
}
