//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

// What follows from what.

extension WorkflowState {
    /// Nodes have all that they wait for, the last of it from `source`.
    mutating func reach(_ reached: [Int], from source: Int?) {
        var reached = reached.map { (node: $0, source: source) }
        while let (node, source) = reached.popLast() {
            if outcomes[node] != nil || started[node] { continue }
            if node < head.mainCount, let region = regions(around: node).first(where: { stops[$0] != nil }) {
                hold(node, for: region, from: source)
            } else if nodes[node].isJob {
                started[node] = true
                enter(node)
            } else {
                outcomes[node] = .succeeded([])
                for target in arrivals(after: node, from: 0).reversed() { reached.append((target, node)) }
            }
        }
    }

    /// A node's turn has come in a part that has stopped.
    ///
    /// What is around the node and has begun goes no further either, and its callbacks are told.
    private mutating func hold(_ node: Int, for stopped: Int, from source: Int?) {
        held.insert(node)
        guard let source else { return }
        for region in regions(around: node) {
            if region == stopped { return }
            if head.regions[region].nodes.contains(source) { stops[region] = stops[stopped] }
        }
    }

    /// A node has succeeded: those that wait for it have one thing less to wait for, a page of them.
    mutating func pass(_ node: Int, from position: Int) {
        // The last is taken first.
        reach(arrivals(after: node, from: position).reversed(), from: node)
    }

    /// - Returns: Which nodes now have all that they wait for, among a page of those that wait for one that has succeeded.
    private mutating func arrivals(after node: Int, from position: Int) -> [Int] {
        let edges = nodes[node].edges.dropFirst(position)
        let reached = edges.prefix(pageLimit).filter { arrive($0) }.map(\.target)
        if edges.count > pageLimit {
            // Until the last page it counts among what goes on.
            if passing.insert(node).inserted, !nodes[node].isJob { enter(node) }
        } else if passing.remove(node) != nil {
            leave(node)
        }
        return reached
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

    /// Takes an arrival back.
    mutating func withdraw(_ edge: WorkflowNode.Edge) {
        let join = edge.join
        guard join.count > 1 else { return }
        let (byte, bit) = (join.offset + edge.position / 8, UInt8(1) << UInt8(edge.position % 8))
        guard arrivals[byte] & bit != 0 else { return }
        arrivals[byte] &= ~bit
        missing[edge.target] += 1
    }

    /// A part of the workflow goes no further, and with it what is around, up to where failures are results.
    mutating func stop(_ region: Int, _ reason: Stop) {
        for stopped in regions(from: region) {
            if stops[stopped] == nil { stops[stopped] = reason }
            if head.regions[stopped].exit != nil { return }
        }
    }

    /// Tells of stopped parts of which nothing runs any more, from the inside out.
    mutating func closeStopped(around region: Int) {
        for region in regions(from: region)
        where stops[region] != nil && active[region] == 0 && !closed.contains(region) {
            closed.insert(region)
            reach(head.regions[region].callbacks.reversed(), from: nil)
            guard let exit = head.regions[region].exit, arrive(exit) else { continue }
            reach([exit.target], from: head.regions[region].nodes.lowerBound)
        }
    }

    /// Counts a node among what goes on.
    mutating func enter(_ node: Int) {
        open += 1
        guard node < head.mainCount else { return }
        for region in regions(around: node) { active[region] += 1 }
    }

    /// Counts a node no more among what goes on.
    mutating func leave(_ node: Int) {
        open -= 1
        guard node < head.mainCount else { return }
        for region in regions(around: node) { active[region] -= 1 }
    }

    func regions(around node: Int) -> UnfoldSequence<Int, (Int?, Bool)> { regions(from: nodes[node].region) }

    func regions(from region: Int) -> UnfoldSequence<Int, (Int?, Bool)> {
        sequence(first: region) { head.regions[$0].parent }
    }

    // MARK: Saying what is to be done

    func makeStep() -> WorkflowStep {
        WorkflowStep(
            completed: completed,
            total: head.jobCount,
            incarnation: head.incarnation,
            generation: generation
        )
    }

    mutating func consequences(of node: Int) -> WorkflowStep {
        var step = makeStep()
        if outcomes[node]?.isSuccess ?? false { follow(node, from: 0, &step) }
        guard node < head.mainCount else { return conclude(step) }
        let stopped = tellStopped(around: nodes[node].region, &step)
        // What was cancelled was so because of another one's end, whoever told of which has the rest cancelled.
        if let stopped, active[stopped] > 0, outcomes[node] != .cancelled {
            step.cancels.append(head.regions[stopped].nodes)
        }
        return conclude(step)
    }

    /// Adds what has come of the ends of the parts around.
    ///
    /// - Returns: The outermost of them that has stopped.
    @discardableResult
    func tellStopped(around region: Int, _ step: inout WorkflowStep) -> Int? {
        var stopped: Int?
        for region in regions(from: region) where stops[region] != nil {
            stopped = region
            if closed.contains(region) { tell(region, &step) }
        }
        return stopped
    }

    /// Adds what has come of the end of a part of the workflow.
    func tell(_ region: Int, _ step: inout WorkflowStep) {
        for callback in head.regions[region].callbacks { follow(start: callback, &step) }
        if let exit = head.regions[region].exit { follow(start: exit.target, &step) }
    }

    /// Adds what has come of a node's success, for a page of those that wait for it.
    func follow(_ node: Int, from position: Int, _ step: inout WorkflowStep) {
        let edges = nodes[node].edges.dropFirst(position)
        for edge in edges.prefix(pageLimit) { follow(start: edge.target, &step) }
        if edges.count > pageLimit { step.rest.append(.init(node: node, position: position + pageLimit)) }
    }

    /// Adds a node if it has been begun and has not ended; or what has come of it, if it is no job.
    func follow(start node: Int, _ step: inout WorkflowStep) {
        if !nodes[node].isJob {
            if outcomes[node] != nil { follow(node, from: 0, &step) }
        } else if started[node], outcomes[node] == nil {
            step.starts.append(.init(node: node, generation: generation(of: node)))
        }
    }

    /// Adds the end of the workflow, if it has come.
    mutating func conclude(_ step: WorkflowStep) -> WorkflowStep {
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
