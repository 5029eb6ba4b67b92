//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Workflow {
    /// This workflow, whose failure is a result and stops nothing else.
    ///
    /// What comes after it runs either way. In a graph, a step that is made so takes no other one along:
    ///
    /// ```swift
    /// let page = try graph.add(Fetch(url).asResult())
    /// ```
    ///
    /// - Returns: A workflow that returns a ``MemberResult`` and never fails.
    public func asResult() -> Attempted<Self> {
        Attempted(base: self)
    }
}

/// A workflow whose failure is a result.
///
/// Made by ``Workflow/asResult()``.
public struct Attempted<Base: Workflow>: Workflow {
    /// What the workflow takes.
    public typealias Input = Base.Input
    /// How it ended.
    public typealias Output = MemberResult<Base.Output>

    private let base: Base

    fileprivate init(base: Base) {
        self.base = base
    }

    /// Writes the workflow down so that its failure stays its own.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the result will be.
    /// - Throws: What the workflow throws.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        let (output, region) = try builder.planApart(base, after: source)
        return builder.gather([output], collecting: [region], after: source)
    }
}

extension WorkflowBuilder {
    /// Writes a part down so that its failure stays its own.
    ///
    /// - Parameters:
    ///   - part: The part.
    ///   - source: What comes before.
    /// - Returns: Where its output will be, and what fails as one.
    /// - Throws: What the part throws.
    package mutating func planApart<Part: Workflow>(
        _ part: Part,
        after source: WorkflowSource
    ) throws -> (output: WorkflowSource, region: Int) {
        let region = openRegion()
        let output = try part.plan(into: &self, after: source)
        closeRegion(region)
        return (output, region)
    }
}
