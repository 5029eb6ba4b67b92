//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// What a harness found when nothing was left to run.
public struct DrainReport: Sendable {
    /// How the jobs ended that were submitted through the harness, as far as their outcomes are kept.
    public let outcomes: [JobID: OutcomeRecord]
    /// The jobs that have not ended: of queues that nobody serves, paused, or parked because nobody knows their names.
    public let unfinished: [JobSnapshot]
    /// How much virtual time went by.
    public let elapsed: Duration

    /// How many jobs succeeded.
    public var succeeded: Int {
        outcomes.values.count { if case .succeeded = $0.outcome { true } else { false } }
    }

    /// The failures of the jobs that failed for good.
    public var failures: [JobID: JobFailure] {
        outcomes.compactMapValues { record in
            if case .failed(let failure) = record.outcome { failure } else { nil }
        }
    }

    /// How many jobs were cancelled.
    public var cancelled: Int { outcomes.values.count { $0.outcome == .cancelled } }

    /// How many jobs expired.
    public var expired: Int { outcomes.values.count { $0.outcome == .expired } }
}
