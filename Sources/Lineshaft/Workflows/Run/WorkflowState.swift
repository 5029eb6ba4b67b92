//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How far a workflow has come: what has happened goes in, what is to be done comes out.
///
/// Everything that it holds is a set of what has happened, so that hearing the same twice changes nothing: nodes that have
/// ended, arrivals at joins, parts that have failed. What is to be done about an event is told from these sets and not
/// from their change, so that whoever repeats an event is told the same as the one who was lost before acting.
package struct WorkflowState: Sendable {
    package enum Phase: Sendable, Hashable {
        /// Its nodes are being stored, and the first ones begun.
        case launching
        case running
        case over(WorkflowEnd)
    }

    /// Why a part of the workflow goes no further.
    enum Stop: Sendable, Hashable {
        case failure(of: Int)
        case cancellation
    }

    package internal(set) var head: WorkflowHead
    package internal(set) var nodes: [WorkflowNode] = []
    package internal(set) var phase = Phase.launching
    package internal(set) var generation: Int
    /// How many jobs have ended, callbacks left out.
    package internal(set) var completed = 0
    /// How many jobs have been begun and have not ended, callbacks included, and how many nodes have ended of which not all
    /// that wait for them know.
    package internal(set) var open = 0
    /// Whether jobs of it have turned out to be workflows themselves.
    package var hasExpansions = false

    var outcomes: [Outcome?] = []
    var started: [Bool] = []
    var arrivals: [UInt8]
    /// How many arrivals each node still waits for; told from `arrivals`, and kept because counting takes long.
    var missing: [Int32] = []
    /// Nodes whose turn had come when their part of the workflow had stopped.
    var held: Set<Int> = []
    var stops: [Int: Stop] = [:]
    /// Stopped parts of which nothing runs any more.
    var closed: Set<Int> = []
    /// How many jobs of each part have been begun and have not ended.
    var active: [Int]
    /// The generation in which nodes were last begun, if it is not the first.
    var generations: [Int: Int] = [:]
    /// Nodes that have ended and are passed on a page at a time.
    var passing: Set<Int> = []
    /// How many of those that wait for a node are told at once.
    let pageLimit: Int

    /// A workflow of which nothing is stored yet.
    ///
    /// - Parameters:
    ///   - head: What is known of it as a whole; its incarnation is the first generation.
    ///   - pageLimit: How many of those that wait for a node are told at once.
    package init(_ head: WorkflowHead, pageLimit: Int = 1_000) {
        self.head = head
        self.pageLimit = pageLimit
        generation = head.incarnation
        arrivals = [UInt8](repeating: 0, count: head.joinBytes)
        active = [Int](repeating: 0, count: head.regions.count)
    }

    /// Adds nodes; those that are there already are left alone.
    package mutating func append(_ more: ArraySlice<WorkflowNode>, at index: Int) {
        guard index <= nodes.count else { return }
        for node in more.dropFirst(nodes.count - index) {
            nodes.append(node)
            outcomes.append(nil)
            started.append(false)
            missing.append(Int32(node.join.count))
        }
    }

    /// Begins nodes that wait for nothing.
    package mutating func begin(_ roots: [Int]) -> WorkflowStep {
        for root in roots where nodes.indices.contains(root) { reach([root], from: nil) }
        var step = makeStep()
        for root in roots where nodes.indices.contains(root) { follow(start: root, &step) }
        return step
    }

    /// All nodes that wait for nothing have been begun.
    package mutating func launch() -> WorkflowStep {
        if phase == .launching {
            phase = .running
            closeStopped(around: 0)
        }
        var step = makeStep()
        if closed.contains(0) { tell(0, &step) }
        return conclude(step)
    }

    /// Another job waits for the workflow from now on.
    package mutating func adopt(by parent: WorkflowParent) { head.parent = parent }

    /// A job has ended.
    package mutating func end(_ node: Int, generation: Int, _ outcome: Outcome) -> WorkflowAnswer {
        guard nodes.indices.contains(node), nodes[node].isJob, generation >= self.generation(of: node) else {
            // What was restarted since is somebody else's.
            return WorkflowAnswer(outcome: outcome, step: makeStep())
        }
        if let known = outcomes[node] { return WorkflowAnswer(outcome: known, step: consequences(of: node)) }
        outcomes[node] = outcome
        let isMain = node < head.mainCount
        if isMain { completed += 1 }
        if outcome.isSuccess { pass(node, from: 0) } else if isMain { stop(nodes[node].region, .failure(of: node)) }
        if started[node], !passing.contains(node) { leave(node) }
        if isMain { closeStopped(around: nodes[node].region) }
        return WorkflowAnswer(outcome: outcome, step: consequences(of: node))
    }

    /// Goes on with telling those that wait for a node that it is done.
    package mutating func advance(_ node: Int, from position: Int) -> WorkflowStep {
        var step = makeStep()
        guard nodes.indices.contains(node), outcomes[node]?.isSuccess ?? false else { return conclude(step) }
        if passing.contains(node) {
            pass(node, from: position)
            if node < head.mainCount { closeStopped(around: nodes[node].region) }
        }
        follow(node, from: position, &step)
        if node < head.mainCount { tellStopped(around: nodes[node].region, &step) }
        return conclude(step)
    }

    /// Somebody cancels the workflow.
    package mutating func cancel() -> WorkflowStep {
        if case .over = phase { return conclude(makeStep()) }
        if stops[0] == nil { stops[0] = .cancellation }
        if phase == .running { closeStopped(around: 0) }
        var step = makeStep()
        if active[0] > 0 { step.cancels = [head.regions[0].nodes] }
        if closed.contains(0) { tell(0, &step) }
        return conclude(step)
    }

    // MARK: Looking

    /// The outcome of a node as one of its runs sees it.
    package func outcome(of node: Int, generation: Int) -> Outcome? {
        guard nodes.indices.contains(node) else { return nil }
        if generation < self.generation(of: node) { return .cancelled }
        return outcomes[node]
    }

    /// The outcome of a node that stands now.
    package func outcome(of node: Int) -> Outcome? {
        nodes.indices.contains(node) ? outcomes[node] : nil
    }

    /// The generation in which a node was last begun.
    package func generation(of node: Int) -> Int { generations[node, default: head.incarnation] }

    /// Why a part of the workflow has been stopped; `nil` when it has not.
    package func stop(of region: Int) -> WorkflowStop? {
        switch stops[region] {
        case nil: nil
        case .cancellation: .cancellation
        case .failure(let node): .failure(.init(node: node, generation: generation(of: node)))
        }
    }

    /// Whether a part of the workflow has been stopped.
    package func isStopped(_ region: Int) -> Bool { stops[region] != nil }

    /// The next nodes of a part of the workflow that have been begun and have not ended, or are being passed on.
    package func openNodes(in range: Range<Int>, limit: Int) -> WorkflowOpenNodes {
        let found = range.clamped(to: nodes.indices).lazy
            .filter { passing.contains($0) || started[$0] && outcomes[$0] == nil }.prefix(limit)
        return WorkflowOpenNodes(
            starts: found.filter { outcomes[$0] == nil }.map { .init(node: $0, generation: generation(of: $0)) },
            passing: found.filter { outcomes[$0] != nil },
            last: found.last
        )
    }
}

extension Outcome {
    /// Whether the handler returned.
    package var isSuccess: Bool {
        if case .succeeded = self { true } else { false }
    }
}
