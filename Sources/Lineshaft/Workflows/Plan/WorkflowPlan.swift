//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A workflow as it is kept: everything that is decided before it begins.
///
/// The nodes before `mainCount` are the workflow proper, those behind are its callbacks. Nodes refer to one another by
/// index, and members of a group share what is common to them as a ``WorkflowTemplate``.
public struct WorkflowPlan: Sendable {
    /// What is known of the workflow as a whole.
    public let head: WorkflowHead
    /// The nodes.
    public let nodes: [WorkflowNode]

    package init(head: WorkflowHead, nodes: [WorkflowNode]) {
        self.head = head
        self.nodes = nodes
    }

    /// The nodes that wait for nothing.
    package var roots: [Int] {
        let told = Set(head.regions.flatMap(\.callbacks))
        return nodes.indices.filter { nodes[$0].join.count == 0 && !told.contains($0) }
    }
}

/// What is known of a workflow as a whole: everything but its nodes.
public struct WorkflowHead: Sendable, Hashable {
    /// The workflow.
    public let id: JobID
    /// What its jobs have in common.
    public let templates: [WorkflowTemplate]
    /// Its parts that fail as one; the first is the whole.
    ///
    /// Empty when the head was read from a store.
    public let regions: [WorkflowRegion]
    /// How many nodes there are, callbacks included.
    public let nodeCount: Int
    /// How many of them are no callbacks.
    public let mainCount: Int
    /// How many jobs the workflow has, callbacks left out.
    public let jobCount: Int
    /// Where the workflow's output is.
    public let output: WorkflowNode.Part
    /// How many bytes the arrivals at all joins take, a bit for each.
    public let joinBytes: Int
    /// The process that waits for the outcome.
    public let replyTo: ClientID?
    /// How long everything is kept once the workflow is over.
    public let retention: Duration
    /// When its jobs end as failed at the latest.
    public let deadline: Timestamp?
    /// The job that waits for the workflow, to be its outcome.
    public package(set) var parent: WorkflowParent?
    /// Which of the workflows that there have been under this identity it is; the store says so.
    ///
    /// It is the generation in which the workflow begins.
    public package(set) var incarnation: Int

    package init(
        id: JobID,
        templates: [WorkflowTemplate],
        regions: [WorkflowRegion],
        nodeCount: Int,
        mainCount: Int,
        jobCount: Int,
        output: WorkflowNode.Part,
        joinBytes: Int,
        replyTo: ClientID?,
        retention: Duration,
        deadline: Timestamp? = nil,
        parent: WorkflowParent? = nil,
        incarnation: Int = 0
    ) {
        self.id = id
        self.templates = templates
        self.regions = regions
        self.nodeCount = nodeCount
        self.mainCount = mainCount
        self.jobCount = jobCount
        self.output = output
        self.joinBytes = joinBytes
        self.replyTo = replyTo
        self.retention = retention
        self.deadline = deadline
        self.parent = parent
        self.incarnation = incarnation
    }
}

/// A job that has turned out to be a workflow, and waits for it.
public struct WorkflowParent: Sendable, Hashable {
    /// The job.
    public let id: JobID
    /// Where it waits.
    public let queue: QueueName

    /// Creates a parent.
    public init(id: JobID, queue: QueueName) {
        self.id = id
        self.queue = queue
    }
}

/// What jobs of a workflow have in common: their type, and how they are submitted.
public struct WorkflowTemplate: Sendable, Hashable {
    /// The wire name.
    public let name: JobName
    /// The version of the parameters' layout.
    public let version: Int
    /// How the jobs are submitted; times count from their turn.
    public let options: JobOptions
    /// The retry policy that travels with the jobs, if the workflow chose one.
    public let retry: RetryPolicy?

    package init(name: JobName, version: Int, options: JobOptions, retry: RetryPolicy?) {
        self.name = name
        self.version = version
        self.options = options
        self.retry = retry
    }
}

/// A part of a workflow that fails as one: when one of its nodes fails, the rest is cancelled and no more is begun.
public struct WorkflowRegion: Sendable, Hashable {
    /// The part around it; `nil` for the whole.
    public let parent: Int?
    /// The nodes, callbacks left out: they are always next to one another.
    public let nodes: Range<Int>
    /// The callbacks that are told.
    public let callbacks: [Int]
    /// Where the failure ends, as one result among others; `nil` when it goes on to the part around.
    public let exit: WorkflowNode.Edge?

    package init(parent: Int?, nodes: Range<Int>, callbacks: [Int] = [], exit: WorkflowNode.Edge? = nil) {
        self.parent = parent
        self.nodes = nodes
        self.callbacks = callbacks
        self.exit = exit
    }
}

/// One node of a workflow.
public struct WorkflowNode: Sendable, Hashable {
    /// What a node is.
    public enum Kind: Sendable, Hashable {
        /// A job: which template it follows, its encoded parameters, and what it takes.
        case job(template: Int, payload: [UInt8], input: Input)
        /// These outputs, in this order.
        case gather([Part])
        /// The same with failures among them: those of the parts of the workflow that these are in.
        case collect([Part], regions: [Int])
        /// What another node hands on, once others have ended too.
        case relay(Part)
    }

    /// Something that is handed on.
    public enum Part: Sendable, Hashable {
        /// Nothing.
        case nothing
        /// What a job returned.
        case output(of: Int)
        /// What a node gathers.
        case gathered(by: Int)

        /// The node.
        public var node: Int? {
            switch self {
            case .nothing: nil
            case .output(let node), .gathered(let node): node
            }
        }
    }

    /// What a job takes.
    public enum Input: Sendable, Hashable {
        /// What comes before it.
        case value(Part)
        /// Why a part of the workflow failed.
        case failure(of: Int)
    }

    /// The way from a node to one that waits for it.
    public struct Edge: Sendable, Hashable {
        /// The node that waits.
        public let target: Int
        /// Which of the things that it waits for this is.
        public let position: Int
        /// Where its arrivals are noted.
        public let join: Join
        /// Whether it is a job.
        public let isJob: Bool

        package init(target: Int, position: Int, join: Join, isJob: Bool) {
            self.target = target
            self.position = position
            self.join = join
            self.isJob = isJob
        }
    }

    /// Where the arrivals at a node that waits for several are noted, among those of the whole workflow.
    public struct Join: Sendable, Hashable {
        /// The first byte.
        public let offset: Int
        /// For how many the node waits; with one, nothing is noted.
        public let count: Int

        package init(offset: Int, count: Int) {
            self.offset = offset
            self.count = count
        }
    }

    /// What it is.
    public let kind: Kind
    /// The innermost part of the workflow that it is in.
    public let region: Int
    /// What it waits for.
    public let join: Join
    /// Who waits for it.
    public let edges: [Edge]

    package init(kind: Kind, region: Int, join: Join, edges: [Edge]) {
        self.kind = kind
        self.region = region
        self.join = join
        self.edges = edges
    }

    /// Whether it is a job, and so something that can be run and can fail.
    public var isJob: Bool {
        if case .job = kind { true } else { false }
    }
}
