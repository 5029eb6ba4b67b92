//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Workflows of different types that run side by side, and whose outputs are handed on together.
///
/// ```swift
/// Parallel(FetchText(url), CountLinks(url)).then(Report())
/// ```
///
/// All members take the same: what comes before. If one fails, all of it fails, and the members that have not ended are
/// cancelled; ``collected()`` goes on instead.
public struct Parallel<Input: Codable & Sendable, each MemberOutput: Codable & Sendable>: Workflow {
    /// What the members return, in their order.
    public typealias Output = Outputs<repeat each MemberOutput>

    fileprivate let members: (repeat any Workflow<Input, each MemberOutput>)

    /// Creates a group of workflows of different types.
    ///
    /// - Parameter members: The members.
    public init(_ members: repeat any Workflow<Input, each MemberOutput>) {
        self.members = (repeat each members)
    }

    /// The same, with the results of all members, failed ones too: it never fails itself.
    ///
    /// - Returns: A workflow that returns a ``MemberResult`` for each member.
    public func collected() -> CollectedParallel<Input, repeat each MemberOutput> {
        CollectedParallel(parallel: self)
    }

    /// Writes the members down.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the outputs will be.
    /// - Throws: What the members throw.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        var sources: [WorkflowSource] = []
        for member in repeat each members { sources.append(try member.plan(into: &builder, after: source)) }
        return builder.gather(sources, after: source)
    }
}

/// Workflows of different types, with how each of them ended.
///
/// Made by ``Parallel/collected()``.
public struct CollectedParallel<Input: Codable & Sendable, each MemberOutput: Codable & Sendable>: Workflow {
    /// How the members ended, in their order.
    public typealias Output = Outputs<repeat MemberResult<each MemberOutput>>

    private let parallel: Parallel<Input, repeat each MemberOutput>

    fileprivate init(parallel: Parallel<Input, repeat each MemberOutput>) {
        self.parallel = parallel
    }

    /// Writes the members down, each so that its failure stays its own.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the results will be.
    /// - Throws: What the members throw.
    public func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        var sources: [WorkflowSource] = []
        var regions: [Int] = []
        for member in repeat each parallel.members {
            let (output, region) = try builder.planApart(member, after: source)
            sources.append(output)
            regions.append(region)
        }
        return builder.gather(sources, collecting: regions, after: source)
    }
}

/// The outputs of workflows of different types.
public struct Outputs<each Value: Codable & Sendable>: Codable, Sendable {
    /// The outputs as a tuple, or as the one output that there is.
    public let values: (repeat each Value)

    /// Creates outputs.
    ///
    /// - Parameter values: The outputs.
    public init(_ values: repeat each Value) {
        self.values = (repeat each values)
    }

    /// Reads the outputs one after the other.
    ///
    /// - Parameter decoder: Where from.
    /// - Throws: What the outputs' own decoding throws.
    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        values = (repeat try container.decode((each Value).self))
    }

    /// Writes the outputs one after the other.
    ///
    /// - Parameter encoder: Where to.
    /// - Throws: What the outputs' own encoding throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for value in repeat each values { try container.encode(value) }
    }
}
