//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Two workflows one after the other, the second of which takes what the first returns.
///
/// Made by ``Workflow/then(_:)``.
public struct Chain<First: Workflow, Second: Workflow>: Workflow where First.Output == Second.Input {
    /// What the first takes.
    public typealias Input = First.Input
    /// What the second returns.
    public typealias Output = Second.Output

    private let first: First
    private let second: Second

    package init(first: First, second: Second) {
        self.first = first
        self.second = second
    }

    /// Writes both down.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the second's output will be.
    /// - Throws: What the parts throw.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        try second.plan(into: &builder, after: try first.plan(into: &builder, after: source))
    }
}

/// Two workflows one after the other, the second of which takes nothing.
///
/// Made by ``Workflow/followed(by:)``.
public struct Sequel<First: Workflow, Second: Workflow>: Workflow where Second.Input == NoValue {
    /// What the first takes.
    public typealias Input = First.Input
    /// What the second returns.
    public typealias Output = Second.Output

    private let first: First
    private let second: Second

    package init(first: First, second: Second) {
        self.first = first
        self.second = second
    }

    /// Writes both down.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the second's output will be.
    /// - Throws: What the parts throw.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        // A job that takes nothing waits for its source and does not read it.
        try second.plan(into: &builder, after: try first.plan(into: &builder, after: source))
    }
}

/// Any number of workflows one after the other, each of which returns what the next one takes.
///
/// It is a chain whose length is known only when the program runs. An empty one hands on what comes before it.
public struct Series<Link: Workflow>: Workflow where Link.Input == Link.Output {
    /// What the first link takes.
    public typealias Input = Link.Input
    /// What the last link returns.
    public typealias Output = Link.Output

    private let links: [Link]

    /// Creates a series.
    ///
    /// - Parameter links: The links, in order.
    public init(_ links: some Sequence<Link>) {
        self.links = Array(links)
    }

    /// Writes the links down.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the last link's output will be.
    /// - Throws: What the links throw.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        var source = source
        for link in links { source = try link.plan(into: &builder, after: source) }
        return source
    }
}
