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

    let claim: TicketClaim
    let system: JobSystem

    /// Starts to follow the job at the first call of `next()`.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(claim: claim, system: system)
    }

    /// Follows a job's progress.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let claim: TicketClaim
        let system: JobSystem
        var reports: AsyncStream<JobProgress>.Iterator?

        init(claim: TicketClaim, system: JobSystem) {
            self.claim = claim
            self.system = system
        }

        /// The next report; `nil` once the job has ended or the task is cancelled.
        ///
        /// - Throws: ``JobError`` with the code `notFound` when there is no such job or its outcome is no longer kept;
        ///   ``BrokerError`` when the store cannot be reached.
        public mutating func next() async throws -> JobProgress? {
            if reports == nil {
                let stream = claim.ticket.followProgress()
                if try await !system.watch(claim.id), let latest = try await system.results.progress(of: claim.id) {
                    claim.ticket.progress(latest)
                }
                reports = stream.makeAsyncIterator()
            }
            return await reports?.next(isolation: #isolation)
        }
    }
}

// One task iterates it; another makes an iterator of its own.
@available(*, unavailable)
extension JobProgressSequence.AsyncIterator: Sendable {}
