//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Synchronization

/// Where jobs arrive whose receipt needs no look at what is there, so that their submitters need not wait for the broker
/// to have time for them.
///
/// The broker takes them in before it does anything else, so nobody can tell the difference.
final class Intake: Sendable {
    private struct State {
        var submissions: [Submission] = []
        /// Whether somebody waits for jobs, who must be told of the next one.
        var isAwaited = false
        var isClosed = false
    }

    private let state = Mutex(State())

    /// What the submitter has to do.
    enum Answer {
        /// Nothing: the broker is busy, or nobody waits for jobs.
        case done
        /// See to it that the broker takes the jobs in.
        case tell
        /// Nothing was taken: the broker is closed.
        case closed
    }

    /// Whether a submission can arrive here: no condition is tied to it, it need not wait for its time, and submitting it
    /// twice is answered as once.
    static func isOpen(to submission: Submission) -> Bool {
        guard submission.maximumLength == nil else { return false }
        guard submission.envelope.hasDetails else { return true }
        let details = submission.envelope.details
        return details.unique == nil && details.start == nil
    }

    func put(_ submissions: [Submission]) -> Answer {
        state.withLock { state in
            if state.isClosed { return .closed }
            if submissions.count == 1 {
                state.submissions.append(submissions[0])
            } else {
                state.submissions += submissions
            }
            guard state.isAwaited else { return .done }
            state.isAwaited = false
            return .tell
        }
    }

    /// Takes out what has arrived, and gives its room back to be used again.
    func take(_ submissions: inout [Submission]) {
        state.withLock { swap(&$0.submissions, &submissions) }
    }

    /// Says that somebody waits for jobs.
    ///
    /// - Returns: `false` when jobs have arrived meanwhile, which must be taken in first.
    func await() -> Bool {
        state.withLock { state in
            guard state.submissions.isEmpty else { return false }
            state.isAwaited = true
            return true
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            state.submissions = []
        }
    }
}
