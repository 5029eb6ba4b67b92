//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A workflow of any shape, written down step by step.
///
/// ```swift
/// Graph { graph in
///     let page = try graph.add(Fetch(url))
///     let words = try graph.add(CountWords(), taking: page)
///     let links = try graph.add(CountLinks(), taking: page)
///     return try graph.add(Report(), taking: words, links)
/// }
/// ```
///
/// Each step can take only what steps before it return, so there is no way to write a circle. If one fails, the graph
/// fails, and the steps that have not ended are cancelled; a step made with ``Workflow/asResult()`` takes no other along. It
/// has succeeded once all steps have.
public struct Graph<Output: Codable & Sendable>: Workflow {
    /// A graph takes nothing.
    public typealias Input = NoValue

    private let body: @Sendable (inout GraphBuilder) throws -> GraphStep<Output>

    /// Creates a graph.
    ///
    /// - Parameter body: Adds the steps, and returns the one whose output is the graph's. Called each time that the graph
    ///   is submitted.
    public init(_ body: @escaping @Sendable (inout GraphBuilder) throws -> GraphStep<Output>) {
        self.body = body
    }

    /// Writes the steps down.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the graph's output will be.
    /// - Throws: What the steps and the closure throw.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        var graph = GraphBuilder(builder: builder, start: source)
        let last = try body(&graph)
        graph.check(last)
        let others = graph.leaves(beside: last)
        builder = graph.builder
        return others.isEmpty ? last.source : builder.relay(last.source, once: others)
    }
}

/// A step of a ``Graph``, for later steps to take its output.
public struct GraphStep<Output: Codable & Sendable>: Sendable {
    package let source: WorkflowSource
    /// Which graph it is a step of.
    package let graph: Int
}

/// Takes the steps of a ``Graph``.
public struct GraphBuilder: Sendable {
    package fileprivate(set) var builder: WorkflowBuilder
    private let start: WorkflowSource
    private let graph: Int
    /// Where the steps' outputs will be, in order, and which of them others take.
    private var sources: [WorkflowSource] = []
    private var taken: Set<Int> = []

    fileprivate init(builder: WorkflowBuilder, start: WorkflowSource) {
        self.builder = builder
        self.start = start
        graph = self.builder.numberGraph()
    }

    /// Adds a step that takes nothing and waits for nothing.
    ///
    /// - Parameter step: What to do.
    /// - Returns: The step.
    /// - Throws: What the step throws when it is written down.
    public mutating func add<Step: Workflow>(_ step: Step) throws -> GraphStep<Step.Output>
    where Step.Input == NoValue {
        note(try step.plan(into: &builder, after: start))
    }

    /// Adds a step that takes nothing and waits until others have succeeded.
    ///
    /// - Parameters:
    ///   - step: What to do.
    ///   - others: What it waits for.
    /// - Returns: The step.
    /// - Throws: What the step throws when it is written down.
    public mutating func add<Step: Workflow, each Value: Codable & Sendable>(
        _ step: Step,
        after others: repeat GraphStep<each Value>
    ) throws -> GraphStep<Step.Output> where Step.Input == NoValue {
        var sources: [WorkflowSource] = []
        for other in repeat each others {
            check(other)
            sources.append(other.source)
        }
        let source = sources.count == 1 ? sources[0] : builder.gather(sources, after: start)
        return note(try step.plan(into: &builder, after: source))
    }

    /// Adds a step that takes what another returns.
    ///
    /// - Parameters:
    ///   - step: What to do.
    ///   - other: Whose output it takes.
    /// - Returns: The step.
    /// - Throws: What the step throws when it is written down.
    public mutating func add<Step: Workflow>(
        _ step: Step,
        taking other: GraphStep<Step.Input>
    ) throws -> GraphStep<Step.Output> {
        check(other)
        return note(try step.plan(into: &builder, after: other.source))
    }

    /// Adds a step that takes what several others of one type return.
    ///
    /// - Parameters:
    ///   - step: What to do.
    ///   - others: Whose outputs it takes, in this order.
    /// - Returns: The step.
    /// - Throws: What the step throws when it is written down.
    public mutating func add<Step: Workflow, Value: Codable & Sendable>(
        _ step: Step,
        taking others: [GraphStep<Value>]
    ) throws -> GraphStep<Step.Output> where Step.Input == [Value] {
        for other in others { check(other) }
        let source = builder.gather(others.map(\.source), after: start)
        return note(try step.plan(into: &builder, after: source))
    }

    /// Adds a step that takes what several others of different types return.
    ///
    /// - Parameters:
    ///   - step: What to do.
    ///   - first: Whose output comes first.
    ///   - others: Whose outputs come after it.
    /// - Returns: The step.
    /// - Throws: What the step throws when it is written down.
    public mutating func add<Step: Workflow, First: Codable & Sendable, each Value: Codable & Sendable>(
        _ step: Step,
        taking first: GraphStep<First>,
        _ others: repeat GraphStep<each Value>
    ) throws -> GraphStep<Step.Output> where Step.Input == Outputs<First, repeat each Value> {
        check(first)
        var sources = [first.source]
        for other in repeat each others {
            check(other)
            sources.append(other.source)
        }
        let source = builder.gather(sources, after: start)
        return note(try step.plan(into: &builder, after: source))
    }

    private mutating func note<Value: Codable & Sendable>(_ source: WorkflowSource) -> GraphStep<Value> {
        sources.append(source)
        return GraphStep(source: source, graph: graph)
    }

    /// The steps that no other one waits for.
    fileprivate func leaves(beside last: GraphStep<some Codable & Sendable>) -> [WorkflowSource] {
        var seen: Set<Int> = []
        return sources.filter { source in
            guard let node = source.node, node != last.source.node else { return false }
            return !taken.contains(node) && seen.insert(node).inserted
        }
    }

    fileprivate mutating func check(_ step: GraphStep<some Codable & Sendable>) {
        precondition(
            step.graph == graph,
            "A step of one graph was used in another. Steps can only take what steps of the same closure return."
        )
        if let node = step.source.node { taken.insert(node) }
    }
}
