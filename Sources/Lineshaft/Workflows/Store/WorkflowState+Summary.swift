//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension WorkflowState {
    /// How far the workflow has come.
    package var summary: WorkflowSummary {
        let end: WorkflowEnd? = if case .over(let end) = phase { end } else { nil }
        return WorkflowSummary(
            isLaunched: phase != .launching,
            end: end,
            isStopping: isStopped(0) && end == nil,
            completed: completed,
            total: head.jobCount,
            incarnation: head.incarnation,
            generation: generation,
            hasExpansions: hasExpansions
        )
    }
}

extension Timestamp {
    /// The incarnation of a workflow that is created now.
    ///
    /// Seconds, because a workflow is kept for a minute at least and cannot be restarted more often than it fails.
    package var workflowIncarnation: Int { Int(max(nanosecondsSinceEpoch, 0) / 1_000_000_000) }
}

extension WorkflowHead {
    /// What two submissions of one workflow have in common.
    package var shape: [Int] { [nodeCount, mainCount, jobCount, joinBytes, templates.count] }
}

/// The error for a workflow that is not there.
package enum WorkflowMissing: Sendable {
    /// What to throw.
    package static func error(_ id: JobID) -> BrokerError {
        BrokerError(
            code: .rejected,
            message: "There is no workflow \(id). One whose submission is not completed within a day is dropped; "
                + "submit it again."
        )
    }

    /// What to throw for a second plan under one identity.
    package static func otherShape(_ id: JobID) -> BrokerError {
        BrokerError(
            code: .rejected,
            message: "The submission of workflow \(id) was broken off, and this is another workflow under the same "
                + "identity. Submit the same one again, or use another identity; a job that is expanded into a workflow "
                + "must come to the same one each time."
        )
    }
}
