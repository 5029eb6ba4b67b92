//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The progress of one job, see ``JobHandle/progress``.
///
/// It may be iterated more than once and by several tasks.
public struct JobProgressSequence: AsyncSequence, Sendable {
    /// What it gives out.
    public typealias Element = JobProgress

    let ticket: Ticket
    let system: JobSystem

    /// Starts to follow the job at the first call of `next()`.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(ticket: ticket, system: system)
    }

    /// Follows a job's progress.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let ticket: Ticket
        let system: JobSystem
        var reports: AsyncStream<JobProgress>.Iterator?

        init(ticket: Ticket, system: JobSystem) {
            self.ticket = ticket
            self.system = system
        }

        /// The next report; `nil` once the job has ended or the task is cancelled.
        ///
        /// - Throws: ``BrokerError`` when the store cannot be reached.
        public mutating func next() async throws -> JobProgress? {
            if reports == nil {
                reports = ticket.followProgress().makeAsyncIterator()
                if let record = try await system.results.watch([ticket.id], for: system.inbox.client)[ticket.id] {
                    ticket.finish(record)
                } else if let latest = try await system.results.progress(of: ticket.id) {
                    ticket.progress(latest)
                }
            }
            return await reports?.next(isolation: #isolation)
        }
    }
}
