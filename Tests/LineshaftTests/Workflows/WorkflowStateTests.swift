//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import Testing

@Suite(.timeLimit(.minutes(20)))
struct WorkflowStateTests {
    @Test
    func `What follows is told again to whoever tells the same again`() throws {
        var (state, starts) = launched(try plan(Group([Fetch(), Fetch()]).then(Collect())))
        #expect(starts == [0, 1])
        #expect(state.end(0, generation: 0, .succeeded([1])).step.starts == [])
        #expect(state.end(0, generation: 0, .succeeded([9])).outcome == .succeeded([1]))
        let first = state.end(1, generation: 0, .succeeded([2]))
        #expect(first.step.starts.map(\.node) == [3])
        #expect(state.end(1, generation: 0, .succeeded([2])) == first)
        let last = state.end(3, generation: 0, .succeeded([3]))
        #expect(last.step.end == .succeeded)
        #expect(state.end(3, generation: 0, failed) == last)
        // What has ended is not begun again.
        #expect(state.end(1, generation: 0, .succeeded([2])).step.starts == [])
    }

    @Test
    func `A failure cancels the rest, and is told when nothing runs any more`() throws {
        var (state, _) = launched(try plan(Group([Fetch(), Fetch(), Fetch()]).then(Collect()).onFailure(Warn())))
        let first = state.end(1, generation: 0, failed).step
        #expect(first.cancels == [0..<5])
        #expect(first.starts == [])
        #expect(first.end == nil)
        #expect(state.openNodes(in: 0..<5, limit: 10).starts.map(\.node) == [0, 2])
        #expect(state.end(0, generation: 0, .cancelled).step.cancels == [])
        // One that could not be cancelled in time has succeeded, and nothing follows.
        let last = state.end(2, generation: 0, .succeeded([])).step
        #expect(last.starts.map(\.node) == [5])
        #expect(last.end == .failed(node: 1))
        #expect(state.end(5, generation: 0, .succeeded([])).step.end == .failed(node: 1))
    }

    @Test
    func `A restart keeps what has succeeded and forgets what is told of the rest later`() throws {
        var (state, _) = launched(try plan(Group([Fetch(), Fetch()]).then(Collect()).onFailure(Warn())))
        _ = state.end(0, generation: 0, .succeeded([1]))
        _ = state.end(1, generation: 0, failed)
        let restarted = state.restart()
        let step = try #require(restarted)
        #expect(state.openNodes(in: 0..<9, limit: 10).starts == [.init(node: 1, generation: 1)])
        #expect(step.end == nil)
        let twice = state.restart()
        #expect(twice == nil)
        // The first life's job and callback have no say any more.
        #expect(state.end(1, generation: 0, failed).step.starts == [])
        #expect(state.outcome(of: 1, generation: 0) == .cancelled)
        #expect(state.outcome(of: 1, generation: 1) == nil)
        #expect(state.end(1, generation: 1, .succeeded([2])).step.starts.map(\.node) == [3])
        #expect(state.end(3, generation: 0, .succeeded([3])).step.end == .succeeded)
    }

    @Test
    func `A cancelled workflow begins no more and can be restarted`() throws {
        var (state, _) = launched(try plan(Fetch().then(Shrink())))
        let step = state.cancel()
        #expect(step.cancels == [0..<2])
        let end = state.end(0, generation: 0, .succeeded([1])).step
        #expect(end.starts == [])
        #expect(end.end == .cancelled)
        let restarted = state.restart()
        #expect(restarted != nil)
        #expect(state.openNodes(in: 0..<9, limit: 10).starts == [.init(node: 1, generation: 1)])
        #expect(state.end(1, generation: 1, .succeeded([])).step.end == .succeeded)
    }

    @Test
    func `A part that is stopped between its links is told`() throws {
        let links = Fetch().then(Shrink()).onFailure(Warn())
        var (state, _) = launched(try plan(Parallel(links, Fetch())))
        #expect(state.end(2, generation: 0, failed).step.cancels == [0..<4])
        // The first link could not be cancelled in time; the second one is not begun.
        let step = state.end(0, generation: 0, .succeeded([])).step
        #expect(step.starts.map(\.node) == [4])
        #expect(step.end == .failed(node: 2))
        #expect(state.stop(of: 1) == state.stop(of: 0))
        // Of a part that has not begun, there is nothing to tell.
        var (other, _) = launched(try plan(Fetch().then(Shrink().onFailure(Warn()))))
        _ = other.cancel()
        #expect(other.end(0, generation: 0, .succeeded([])).step.starts == [])
    }

    @Test
    func `A workflow that is cancelled while it is launched tells its callbacks`() throws {
        let written = try plan(Fetch().then(Shrink()).onFailure(Warn()))
        var state = WorkflowState(written.head)
        state.append(written.nodes[...], at: 0)
        #expect(state.cancel().end == nil)
        _ = state.begin([0])
        let step = state.launch()
        #expect(step.starts.map(\.node) == [2])
        #expect(step.end == .cancelled)
        #expect(state.launch() == step)
        #expect(state.open == 1)
        let restarted = state.restart()
        #expect(restarted != nil)
        // The callback that had not ended is not counted any more.
        #expect(state.open == 1)
    }

    @Test
    func `Many that wait for one are told a page at a time, whoever is lost in between`() throws {
        let written = try plan(Fetch().then(Group((0..<10).map { _ in Shrink() })))
        var state = WorkflowState(written.head, pageLimit: 3)
        state.append(written.nodes[...], at: 0)
        _ = state.begin([0])
        _ = state.launch()
        var begun: [Int] = []
        var step = state.end(0, generation: 0, .succeeded([])).step
        #expect(step.starts.count == 3)
        // Those who were told first may end before the others are, and nothing is over.
        for start in step.starts { #expect(state.end(start.node, generation: 0, .succeeded([])).step.end == nil) }
        #expect(state.openNodes(in: 0..<20, limit: 20).passing == [0])
        _ = state.advance(0, from: 3)
        // Somebody else begins from the front.
        step = state.end(0, generation: 0, .succeeded([])).step
        while let rest = step.rest.popLast() {
            let next = state.advance(rest.node, from: rest.position)
            begun += next.starts.map(\.node)
            step.rest += next.rest
        }
        #expect(begun.sorted() == Array(4...10))
        #expect(state.openNodes(in: 0..<20, limit: 20).passing == [])
        for node in begun { step = state.end(node, generation: 0, .succeeded([])).step }
        #expect(step.end == .succeeded)
        #expect(state.open == 0)
    }

    @Test(arguments: 0..<300)
    func `Any workflow is over once in any order of events, each told any number of times`(_ seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let plan = try RandomWorkflow.plan(&generator)
        var (state, starts) = launched(plan)
        var waiting = starts
        var enqueued = Set(starts.map { WorkflowStep.Start(node: $0, generation: 0) })
        var told: [(Int, Int, Outcome)] = []
        var ends: Set<WorkflowEnd> = []
        if case .over(let end) = state.phase { ends.insert(end) }
        while let place = waiting.indices.randomElement(using: &generator) {
            let node = waiting.remove(at: place)
            let outcome: Outcome =
                Int.random(in: 0..<12, using: &generator) == 0 ? failed : .succeeded([UInt8(node & 255)])
            told.append((node, state.generation(of: node), outcome))
            for event in [told[told.count - 1]] + told.shuffled(using: &generator).prefix(2) {
                let answer = state.end(event.0, generation: event.1, event.2)
                for start in answer.step.starts where enqueued.insert(start).inserted { waiting.append(start.node) }
                if let end = answer.step.end { ends.insert(end) }
            }
        }
        #expect(ends.count == 1)
        #expect(state.open == 0)
        let hasFailed = ends.first != .succeeded
        // A workflow that succeeded has run all that was not in a part that failed.
        for node in plan.nodes.indices where !hasFailed && state.outcome(of: node) == nil && node < plan.head.mainCount
        {
            let regions = sequence(first: plan.nodes[node].region) { plan.head.regions[$0].parent }
            #expect(regions.contains { state.isStopped($0) })
        }
        // Repaired, it comes to its end.
        guard hasFailed else { return }
        let restarted = state.restart()
        #expect(restarted != nil)
        var again = state.openNodes(in: 0..<plan.nodes.count, limit: 1_000).starts
        while let start = again.popLast() {
            let answer = state.end(start.node, generation: start.generation, .succeeded([]))
            again += answer.step.starts.filter { $0 != start && enqueued.insert($0).inserted }
        }
        #expect(state.phase == .over(.succeeded))
    }
}
