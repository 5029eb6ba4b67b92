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
        /// The workflow's generation in which the node was begun.
        public let generation: Int

        /// Creates a start.
        public init(node: Int, generation: Int) {
            self.node = node
            self.generation = generation
        }
    }

    /// A node that has ended, and the place from which those that wait for it have still to be told.
    public struct Rest: Sendable, Hashable {
        /// The node.
        public let node: Int
        /// The first of those that wait for it.
        public let position: Int

        /// Creates a rest.
        public init(node: Int, position: Int) {
            self.node = node
            self.position = position
        }
    }

    /// The jobs to enqueue.
    public var starts: [Start]
    /// What is to be gone on with, because too many wait for one node to be told at once.
    public var rest: [Rest]
    /// The parts of which whatever has been begun and has not ended is to be cancelled.
    public var cancels: [Range<Int>]
    /// How the workflow has ended, if it has.
    public var end: WorkflowEnd?
    /// How many jobs have ended, callbacks left out.
    public var completed: Int
    /// How many jobs there are, callbacks left out.
    public var total: Int
    /// Which of the workflows that there have been under this identity it is.
    public var incarnation: Int
    /// The generation that the workflow is in: its incarnation, and one more for each time that it was restarted.
    public var generation: Int

    /// Creates a step.
    public init(
        starts: [Start] = [],
        rest: [Rest] = [],
        cancels: [Range<Int>] = [],
        end: WorkflowEnd? = nil,
        completed: Int = 0,
        total: Int = 0,
        incarnation: Int = 0,
        generation: Int = 0
    ) {
        self.starts = starts
        self.rest = rest
        self.incarnation = incarnation
        self.generation = generation
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

/// Why a part of a workflow goes no further.
public enum WorkflowStop: Sendable, Hashable {
    /// This node has failed.
    case failure(WorkflowStep.Start)
    /// Somebody has cancelled the workflow.
    case cancellation
}

/// Nodes of a workflow that have been begun, and with which something is still to happen.
public struct WorkflowOpenNodes: Sendable, Hashable {
    /// Jobs that have not ended.
    public let starts: [WorkflowStep.Start]
    /// Nodes that have ended, of which not all that wait for them have been told.
    public let passing: [Int]
    /// The last node that was looked at; `nil` when there are no more.
    public let last: Int?

    /// Creates open nodes.
    public init(starts: [WorkflowStep.Start] = [], passing: [Int] = [], last: Int? = nil) {
        self.starts = starts
        self.passing = passing
        self.last = last
    }
}

/// What a store says when it is told that the end of a workflow is known.
public struct WorkflowRelease: Sendable, Hashable {
    /// Whether the workflow is still over, and in the same generation.
    public let stands: Bool
    /// The job that waits for the workflow.
    public let parent: WorkflowParent?

    /// Creates an answer.
    public init(stands: Bool, parent: WorkflowParent?) {
        self.stands = stands
        self.parent = parent
    }
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
    /// The workflow's generation in which the node was begun.
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
