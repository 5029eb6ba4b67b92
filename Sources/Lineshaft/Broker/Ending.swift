//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The end of a job that a broker decided by itself, on its way to a result store that is not the broker's own.
///
/// A broker whose ``Broker/results`` are `nil` cannot tell anybody that a job expired, passed its deadline, was poisoned, or
/// was cancelled while no worker could say so. It keeps the outcome, gives it to whoever claims (``Claim/ended``), and
/// gives it again after a lease's time until it has been told that the outcome is stored (``ClaimRequest/recorded``).
public struct Ending: Sendable, Hashable {
    /// What is to be stored.
    public let record: OutcomeRecord
    /// The job's queue.
    public let queue: QueueName
    /// What the broker knows this ending by.
    ///
    /// A dead letter that was retried may end again, and then has an ending of another number.
    public let number: UInt64
    /// The node that the job is of a workflow, which must be told; `nil` outside workflows.
    public let workflow: WorkflowReference?

    /// Creates an ending.
    public init(record: OutcomeRecord, queue: QueueName, number: UInt64, workflow: WorkflowReference? = nil) {
        self.record = record
        self.queue = queue
        self.number = number
        self.workflow = workflow
    }
}
