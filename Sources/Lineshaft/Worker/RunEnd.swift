//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How one run of a handler ended, before anybody has decided what that means for the job.
package enum RunEnd: Sendable {
    /// It returned; this is the encoded output.
    case returned([UInt8])
    /// It threw, or something on the way to it did.
    case threw(any Error)
    /// The worker has no handler for the name, or only one for older versions.
    case unknown
    /// The job was over when the run began; an outcome had been stored.
    case alreadyOver(Outcome)
}

/// Why a worker cancelled a run.
package enum CancellationReason: Sendable, Hashable {
    /// The attempt ran longer than its timeout.
    case timeout(Duration)
    /// The job's deadline passed.
    case deadline
    /// Somebody cancelled the job.
    case requested
    /// The lease is lost: the job has ended elsewhere, or runs there.
    case leaseLost
    /// The worker shuts down.
    case shutdown
}

/// What is known about a run when it has ended.
package struct RunFacts: Sendable {
    package var attempt: Int
    package var delivery: Int
    package var submitted: Timestamp
    package var now: Timestamp
    package var strategy: RetryStrategy
    package var isRetryable: (@Sendable (any Error) -> Bool)?
    package var cancellation: CancellationReason?
    package var parkDelay: Duration

    package init(
        attempt: Int,
        delivery: Int = 1,
        submitted: Timestamp,
        now: Timestamp,
        strategy: RetryStrategy,
        isRetryable: (@Sendable (any Error) -> Bool)? = nil,
        cancellation: CancellationReason? = nil,
        parkDelay: Duration = .seconds(30)
    ) {
        self.attempt = attempt
        self.delivery = delivery
        self.submitted = submitted
        self.now = now
        self.strategy = strategy
        self.isRetryable = isRetryable
        self.cancellation = cancellation
        self.parkDelay = parkDelay
    }
}
