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
    private enum Stop: Sendable, Hashable {
        case failure(of: Int)
        case cancellation
    }

    package let head: WorkflowHead
    package private(set) var nodes: [WorkflowNode] = []
    package private(set) var phase = Phase.launching
    package private(set) var generation = 0
    /// How many jobs have ended, callbacks left out.
    package private(set) var completed = 0
    /// How many jobs have been begun and have not ended, callbacks included.
    package private(set) var open = 0
    /// Whether jobs of it have turned out to be workflows themselves.
    package var hasExpansions = false

    private var outcomes: [Outcome?] = []
    private var started: [Bool] = []
    private var arrivals: [UInt8]
    /// How many arrivals each node still waits for; told from `arrivals`, and kept because counting takes long.
    private var missing: [Int32] = []
    /// Nodes whose turn had come when their part of the workflow had stopped.
    private var held: Set<Int> = []
    private var stops: [Int: Stop] = [:]
    /// Stopped parts of which nothing runs any more.
    private var closed: Set<Int> = []
    /// How many jobs of each part have been begun and have not ended.
    private var active: [Int]
    /// The generation in which nodes were last begun, if it is not the first.
    private var generations: [Int: Int] = [:]

    package init(_ head: WorkflowHead) {
        self.head = head
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
        for root in roots where nodes.indices.contains(root) { reach([root]) }
        var step = makeStep()
        for root in roots where nodes.indices.contains(root) { follow(start: root, &step) }
        return step
    }

    /// All nodes that wait for nothing have been begun.
    package mutating func launch() -> WorkflowStep {
        if phase == .launching { phase = .running }
        return conclude(makeStep())
    }

    /// A job has ended.
    package mutating func end(_ node: Int, generation: Int, _ outcome: Outcome) -> WorkflowAnswer {
        guard nodes.indices.contains(node), nodes[node].isJob, generation >= generations[node, default: 0] else {
            // What was restarted since is somebody else's.
            return WorkflowAnswer(outcome: outcome, step: makeStep())
        }
        if let known = outcomes[node] { return WorkflowAnswer(outcome: known, step: consequences(of: node)) }
        outcomes[node] = outcome
        let isMain = node < head.mainCount
        if outcome.isSuccess { pass(node) } else if isMain { stop(nodes[node].region, .failure(of: node)) }
        if started[node] { open -= 1 }
        if isMain {
            completed += 1
            if started[node] { for region in regions(around: node) { active[region] -= 1 } }
            closeStopped(around: nodes[node].region)
        }
        return WorkflowAnswer(outcome: outcome, step: consequences(of: node))
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

    /// Begins again what failed or was cancelled; what has succeeded is kept.
    ///
    /// - Returns: What is to be done; `nil` when the workflow has not failed.
    package mutating func restart() -> WorkflowStep? {
        guard case .over(let end) = phase, end != .succeeded else { return nil }
        generation += 1
        phase = .running
        var again = held
        held = []
        for node in 0..<head.mainCount {
            guard let outcome = outcomes[node], !outcome.isSuccess, !isAbsorbed(nodes[node].region) else { continue }
            outcomes[node] = nil
            started[node] = false
            completed -= 1
            again.insert(node)
        }
        for region in stops.keys where !isAbsorbed(region) {
            stops[region] = nil
            closed.remove(region)
            for callback in head.regions[region].callbacks {
                outcomes[callback] = nil
                started[callback] = false
                generations[callback] = generation
            }
        }
        var step = makeStep()
        for node in again.sorted() {
            generations[node] = generation
            reach([node])
            follow(start: node, &step)
        }
        return conclude(step)
    }

    // MARK: Looking

    /// The outcome of a node as one of its runs sees it.
    package func outcome(of node: Int, generation: Int) -> Outcome? {
        guard nodes.indices.contains(node) else { return nil }
        if generation < generations[node, default: 0] { return .cancelled }
        return outcomes[node]
    }

    /// The outcome of a node that stands now.
    package func outcome(of node: Int) -> Outcome? {
        nodes.indices.contains(node) ? outcomes[node] : nil
    }

    /// The generation in which a node was last begun.
    package func generation(of node: Int) -> Int { generations[node, default: 0] }

    /// The node whose failure has stopped a part of the workflow.
    package func failure(of region: Int) -> Int? {
        if case .failure(let node) = stops[region] { node } else { nil }
    }

    /// Whether a part of the workflow has been stopped.
    package func isStopped(_ region: Int) -> Bool { stops[region] != nil }

    /// The next nodes of a part of the workflow that have been begun and have not ended.
    package func openNodes(in range: Range<Int>, limit: Int) -> [Int] {
        Array(range.clamped(to: nodes.indices).lazy.filter { started[$0] && outcomes[$0] == nil }.prefix(limit))
    }
}

// MARK: - What follows from what

extension WorkflowState {
    /// Nodes have all that they wait for.
    private mutating func reach(_ reached: [Int]) {
        var reached = reached
        while let node = reached.popLast() {
            if outcomes[node] != nil || started[node] { continue }
            if node < head.mainCount, isHeld(node) {
                held.insert(node)
                continue
            }
            if nodes[node].isJob {
                started[node] = true
                open += 1
                if node < head.mainCount { for region in regions(around: node) { active[region] += 1 } }
            } else {
                outcomes[node] = .succeeded([])
                for edge in nodes[node].edges where arrive(edge) { reached.append(edge.target) }
            }
        }
    }

    /// A node has succeeded: those that wait for it have one thing less to wait for.
    private mutating func pass(_ node: Int) {
        var reached: [Int] = []
        for edge in nodes[node].edges where arrive(edge) { reached.append(edge.target) }
        // The last is taken first.
        reach(reached.reversed())
    }

    /// - Returns: Whether the node at the end of the edge now has all that it waits for.
    private mutating func arrive(_ edge: WorkflowNode.Edge) -> Bool {
        let join = edge.join
        guard join.count > 1 else { return true }
        let (byte, bit) = (join.offset + edge.position / 8, UInt8(1) << UInt8(edge.position % 8))
        guard arrivals[byte] & bit == 0 else { return missing[edge.target] == 0 }
        arrivals[byte] |= bit
        missing[edge.target] -= 1
        return missing[edge.target] == 0
    }

    /// A part of the workflow goes no further, and with it what is around, up to where failures are results.
    private mutating func stop(_ region: Int, _ reason: Stop) {
        var region: Int? = region
        while let stopped = region {
            if stops[stopped] == nil { stops[stopped] = reason }
            if head.regions[stopped].exit != nil { return }
            region = head.regions[stopped].parent
        }
    }

    /// Tells of stopped parts of which nothing runs any more, from the inside out.
    private mutating func closeStopped(around region: Int) {
        for region in regions(from: region)
        where stops[region] != nil && active[region] == 0 && !closed.contains(region) {
            closed.insert(region)
            reach(head.regions[region].callbacks.reversed())
            guard let exit = head.regions[region].exit, arrive(exit) else { continue }
            reach([exit.target])
        }
    }

    private func isHeld(_ node: Int) -> Bool {
        regions(around: node).contains { stops[$0] != nil }
    }

    /// Whether the failure of a part has become a result.
    private func isAbsorbed(_ region: Int) -> Bool {
        regions(from: region).contains { head.regions[$0].exit != nil && closed.contains($0) }
    }

    private func regions(around node: Int) -> UnfoldSequence<Int, (Int?, Bool)> { regions(from: nodes[node].region) }

    private func regions(from region: Int) -> UnfoldSequence<Int, (Int?, Bool)> {
        sequence(first: region) { head.regions[$0].parent }
    }

    // MARK: Saying what is to be done

    private func makeStep() -> WorkflowStep {
        WorkflowStep(completed: completed, total: head.jobCount)
    }

    private mutating func consequences(of node: Int) -> WorkflowStep {
        var step = makeStep()
        if outcomes[node]?.isSuccess ?? false { follow(node, &step) }
        guard node < head.mainCount else { return conclude(step) }
        var stopped: Int?
        for region in regions(around: node) {
            guard stops[region] != nil else { continue }
            stopped = region
            guard closed.contains(region) else { continue }
            tell(region, &step)
        }
        // What was cancelled was so because of another one's end, whoever told of which has the rest cancelled.
        if let stopped, active[stopped] > 0, outcomes[node] != .cancelled {
            step.cancels.append(head.regions[stopped].nodes)
        }
        return conclude(step)
    }

    /// Adds what has come of the end of a part of the workflow.
    private func tell(_ region: Int, _ step: inout WorkflowStep) {
        for callback in head.regions[region].callbacks { follow(start: callback, &step) }
        if let exit = head.regions[region].exit { follow(start: exit.target, &step) }
    }

    /// Adds what has come of a node's success.
    private func follow(_ node: Int, _ step: inout WorkflowStep) {
        for edge in nodes[node].edges { follow(start: edge.target, &step) }
    }

    /// Adds a node if it has been begun and has not ended; or what has come of it, if it is no job.
    private func follow(start node: Int, _ step: inout WorkflowStep) {
        if !nodes[node].isJob {
            if outcomes[node] != nil { follow(node, &step) }
        } else if started[node], outcomes[node] == nil {
            step.starts.append(.init(node: node, generation: generations[node, default: 0]))
        }
    }

    /// Adds the end of the workflow, if it has come.
    private mutating func conclude(_ step: WorkflowStep) -> WorkflowStep {
        var step = step
        if phase == .running, active[0] == 0 {
            switch stops[0] {
            case nil: phase = .over(.succeeded)
            case .failure(let node): phase = .over(.failed(node: node))
            case .cancellation: phase = .over(.cancelled)
            }
        }
        if case .over(let end) = phase { step.end = end }
        return step
    }
}

extension Outcome {
    /// Whether the handler returned.
    package var isSuccess: Bool {
        if case .succeeded = self { true } else { false }
    }
}
