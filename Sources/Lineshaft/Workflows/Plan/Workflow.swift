//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Jobs that depend on one another, submitted as one.
///
/// A job is the smallest workflow. Larger ones are put together with ``then(_:)``, ``Group``, ``Parallel``, ``Series`` and
/// ``Graph``, in any nesting, and the compiler checks that what one part returns is what the next one takes:
///
/// ```swift
/// Group(chunks.map(SumIntegers.init)).then(Total())
/// ```
///
/// Only a workflow that takes nothing can be submitted, with ``JobSystem/submit(_:id:retention:)``.
///
/// Adopt ``Job``; nothing else needs to adopt this protocol.
public protocol Workflow<Input, Output>: Sendable {
    /// What the workflow takes from what comes before it.
    associatedtype Input: Codable & Sendable
    /// What it hands on.
    associatedtype Output: Codable & Sendable

    /// Writes the workflow down as nodes. Called once for each time it is submitted.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the output will be.
    /// - Throws: ``ConfigurationError`` for options that make no sense; ``JobError`` for a job that cannot be encoded.
    func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource
}

extension Workflow {
    /// This workflow, then another one that takes what this one returns.
    ///
    /// - Parameter next: What comes after; it begins once this one has succeeded.
    /// - Returns: Both as one.
    public func then<Next: Workflow>(_ next: Next) -> Chain<Self, Next> where Next.Input == Output {
        Chain(first: self, second: next)
    }

    /// This workflow, then another one that takes nothing: what this one returns is not handed on.
    ///
    /// - Parameter next: What comes after; it begins once this one has succeeded.
    /// - Returns: Both as one.
    public func followed<Next: Workflow>(by next: Next) -> Sequel<Self, Next> where Next.Input == NoValue {
        Sequel(first: self, second: next)
    }
}

/// Where a part of a workflow finds what it takes.
public struct WorkflowSource: Sendable, Hashable {
    /// What is handed on.
    package let part: WorkflowNode.Part

    /// The node whose output it is; `nil` at the beginning, where there is nothing.
    package var node: Int? { part.node }

    /// The beginning of a workflow.
    package static let start = WorkflowSource(.nothing)

    package init(_ part: WorkflowNode.Part) {
        self.part = part
    }
}

extension Job {
    /// Writes the job down as one node.
    ///
    /// - Parameters:
    ///   - builder: Takes the node.
    ///   - source: What comes before.
    /// - Returns: Where the output will be.
    /// - Throws: ``ConfigurationError`` for options that make no sense; ``JobError`` for a job that cannot be encoded.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        try builder.add(self, options: nil, after: source)
    }

    /// This job with options of its own in a workflow: queue, retries, timeout and whatever else ``JobOptions`` has.
    ///
    /// Times count from when the job's turn comes.
    ///
    /// - Parameter options: What to do otherwise than the job's type says.
    /// - Returns: The job as a part of a workflow.
    public func with(_ options: JobOptions) -> JobWithOptions<Self> {
        JobWithOptions(job: self, options: options)
    }
}

/// A job with options of its own, as a part of a workflow.
public struct JobWithOptions<Base: Job>: Workflow {
    /// What the job takes.
    public typealias Input = Base.Input
    /// What it returns.
    public typealias Output = Base.Output

    private let job: Base
    private let options: JobOptions

    fileprivate init(job: Base, options: JobOptions) {
        self.job = job
        self.options = options
    }

    /// Writes the job down as one node.
    ///
    /// - Parameters:
    ///   - builder: Takes the node.
    ///   - source: What comes before.
    /// - Returns: Where the output will be.
    /// - Throws: ``ConfigurationError`` for options that make no sense; ``JobError`` for a job that cannot be encoded.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        try builder.add(job, options: options, after: source)
    }
}
