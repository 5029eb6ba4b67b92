//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What is to be done about a workflow after something has happened to it.
///
/// Doing it twice is the same as once, and the store says it again when it is told the same again.
public struct WorkflowStep: Sendable, Hashable {
    /// A job whose turn has come.
    public struct Start: Sendable, Hashable {
        /// The node.
        public let node: Int
        /// How many times the workflow had been restarted when the node was begun.
        public let generation: Int

        /// Creates a start.
        public init(node: Int, generation: Int) {
            self.node = node
            self.generation = generation
        }
    }

    /// The jobs to enqueue.
    public var starts: [Start]
    /// The parts of which whatever has been begun and has not ended is to be cancelled.
    public var cancels: [Range<Int>]
    /// How the workflow has ended, if it has.
    public var end: WorkflowEnd?
    /// How many jobs have ended, callbacks left out.
    public var completed: Int
    /// How many jobs there are, callbacks left out.
    public var total: Int

    /// Creates a step.
    public init(
        starts: [Start] = [],
        cancels: [Range<Int>] = [],
        end: WorkflowEnd? = nil,
        completed: Int = 0,
        total: Int = 0
    ) {
        self.starts = starts
        self.cancels = cancels
        self.end = end
        self.completed = completed
        self.total = total
    }
}

/// How a workflow has ended.
public enum WorkflowEnd: Sendable, Hashable {
    /// All of it is done.
    case succeeded
    /// This node failed first.
    case failed(node: Int)
    /// Somebody cancelled it.
    case cancelled
}

/// The end of a job that is a node of a workflow.
public struct WorkflowNodeEnd: Sendable, Hashable {
    /// The node.
    public let reference: WorkflowReference
    /// How the job ended.
    public let outcome: Outcome

    /// Creates an end.
    public init(reference: WorkflowReference, outcome: Outcome) {
        self.reference = reference
        self.outcome = outcome
    }
}

/// What a store makes of the end of a node.
public struct WorkflowAnswer: Sendable, Hashable {
    /// The outcome that stands: the first that was told.
    public let outcome: Outcome
    /// What is to be done.
    public let step: WorkflowStep

    /// Creates an answer.
    public init(outcome: Outcome, step: WorkflowStep) {
        self.outcome = outcome
        self.step = step
    }
}

/// Which node of which workflow a job is.
public struct WorkflowReference: Sendable, Hashable {
    /// The workflow.
    public let id: JobID
    /// The node.
    public let node: Int
    /// How many times the workflow had been restarted when the node was begun.
    public let generation: Int

    /// Creates a reference.
    public init(id: JobID, node: Int, generation: Int) {
        self.id = id
        self.node = node
        self.generation = generation
    }

    /// The job's identity, which every process derives in the same way.
    public var job: JobID { JobID(derivedFrom: "\(id)/\(node)/\(generation)") }
}
