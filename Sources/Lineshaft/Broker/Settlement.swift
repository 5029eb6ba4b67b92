//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How one delivery ended: the only way out of *running*.
///
/// A broker applies it once, atomically, if the lease's token is still the job's newest.
public struct Settlement: Sendable {
    /// Where the job goes.
    ///
    /// More may come, so a switch outside this package keeps an `@unknown default`.
    @nonexhaustive
    public enum Disposition: Sendable, Hashable {
        /// The job is done; this is its encoded output.
        case succeeded([UInt8])
        /// The job is over and goes to the dead letters.
        indirect case failed(JobFailure)
        /// The job is over because somebody cancelled it.
        case cancelled
        /// The job is over because it was not started in time.
        case expired
        /// The attempt failed, and the job runs again after the delay. `countsAttempt` says whether it was an attempt.
        indirect case retry(after: Duration, failure: JobFailure, countsAttempt: Bool)
        /// The job was put off by its handler; no attempt, no failure.
        case snoozed(for: Duration)
        /// The job goes back at once, to the front of its queue; no attempt. Shutdown and not-started jobs end so.
        case released
        /// The job was claimed and never started; it goes back at once, to the front, as if nobody had taken it.
        case unstarted
        /// The worker does not know the job's name; it is offered again after the delay, to any worker.
        case parked(for: Duration)
    }

    /// The right under which the delivery ran.
    public let lease: Lease
    /// Where the job goes.
    public let disposition: Disposition

    /// Creates a settlement.
    public init(lease: Lease, disposition: Disposition) {
        self.lease = lease
        self.disposition = disposition
    }
}

/// What became of one ``Settlement``.
public enum SettlementResult: Sendable, Hashable {
    /// It was applied, now or by an earlier call with the same token. The last token of a job is remembered until its
    /// next settlement, and after its end as long as its outcome is kept.
    case applied
    /// It was refused: the lease is not the job's newest, or the job is over. Nothing was changed.
    case refused
}
