//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft
internal import Synchronization

/// Counts what a worker does, through ``hooks``.
public final class Tally: Sendable {
    /// What has been counted so far.
    public struct Counts: Sendable, Hashable {
        /// Jobs that were run, each once however many attempts it took.
        public var jobs = 0
        /// Attempts after a job's first.
        public var retries = 0
        /// Attempts that threw.
        ///
        /// Each is followed by a retry or by the end of its job.
        public var failedAttempts = 0

        /// Creates counts of nothing.
        public init() {}
    }

    private let state = Mutex(Counts())

    /// Creates a tally of nothing.
    public init() {}

    /// What has been counted so far.
    public var counts: Counts { state.withLock { $0 } }

    /// The middleware that counts; give it to the worker.
    public var hooks: Hooks {
        Hooks(
            beforeRun: { [self] context in
                state.withLock { counts in
                    if context.attempt > 1 { counts.retries += 1 } else { counts.jobs += 1 }
                }
            },
            onError: { [self] _, error in
                // A run that was interrupted is given back and does not count as an attempt, whatever it throws.
                guard !(error is CancellationError), !Task.isCancelled else { return }
                state.withLock { $0.failedAttempts += 1 }
            }
        )
    }
}
