//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension WorkflowState {
    /// Begins again what failed or was cancelled; what has succeeded is kept.
    ///
    /// The nodes that go on are among the open ones afterwards.
    ///
    /// - Returns: What is to be done beside enqueueing the open nodes; `nil` when the workflow has not failed.
    package mutating func restart() -> WorkflowStep? {
        guard case .over(let end) = phase, end != .succeeded else { return nil }
        generation += 1
        phase = .running
        let absorbed = Set(stops.keys.filter { isAbsorbed($0) })
        func isKept(_ region: Int) -> Bool { regions(from: region).contains { absorbed.contains($0) } }
        // What was a result for want of the workflow's going on is none: its place is empty again.
        for region in stops.keys where !isKept(region) && closed.contains(region) {
            guard let exit = head.regions[region].exit else { continue }
            withdraw(exit)
            held.remove(exit.target)
        }
        var again = held
        held = []
        for node in 0..<head.mainCount {
            guard let outcome = outcomes[node], !outcome.isSuccess, !isKept(nodes[node].region) else { continue }
            outcomes[node] = nil
            started[node] = false
            completed -= 1
            again.insert(node)
        }
        for region in stops.keys where !isKept(region) {
            stops[region] = nil
            closed.remove(region)
            for callback in head.regions[region].callbacks { forget(callback: callback) }
        }
        for node in again.sorted() {
            generations[node] = generation
            reach([node], from: nil)
        }
        return conclude(makeStep())
    }

    /// A callback may be told once more.
    private mutating func forget(callback: Int) {
        if started[callback], outcomes[callback] == nil { leave(callback) }
        outcomes[callback] = nil
        started[callback] = false
        generations[callback] = generation
    }

    /// Whether the failure of a part is a result that stands.
    ///
    /// It does not when nobody has had it yet and the part was stopped only because what is around it was.
    private func isAbsorbed(_ region: Int) -> Bool {
        guard let exit = head.regions[region].exit, closed.contains(region) else { return false }
        if outcomes[exit.target] != nil { return true }
        guard case .failure(let node) = stops[region], head.regions[region].nodes.contains(node) else { return false }
        return outcomes[node] != .cancelled
    }
}
