//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Workflows of one type that run side by side, and whose outputs are handed on together, in the order of the members.
///
/// All members take the same: what comes before the group. If one fails, the group fails and the members that have not
/// ended are cancelled; ``collected()`` goes on instead. An empty group is done at once and returns an empty array.
public struct Group<Member: Workflow>: Workflow {
    /// What each member takes.
    public typealias Input = Member.Input
    /// What the members return, in their order.
    public typealias Output = [Member.Output]

    fileprivate let members: [Member]

    /// Creates a group.
    ///
    /// - Parameter members: The members, in the order in which their outputs are wanted.
    public init(_ members: some Sequence<Member>) {
        self.members = Array(members)
    }

    /// The group, with the results of all members, failed ones too: it never fails itself.
    ///
    /// A member that fails takes only itself along, and the others go on.
    ///
    /// - Returns: A workflow that returns a ``MemberResult`` for each member, in their order.
    public func collected() -> CollectedGroup<Member> {
        CollectedGroup(group: self)
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
        sources.reserveCapacity(members.count)
        for member in members { sources.append(try member.plan(into: &builder, after: source)) }
        return builder.gather(sources, after: source)
    }
}

/// A group that hands on how each member ended.
///
/// Made by ``Group/collected()``.
public struct CollectedGroup<Member: Workflow>: Workflow {
    /// What each member takes.
    public typealias Input = Member.Input
    /// How the members ended, in their order.
    public typealias Output = [MemberResult<Member.Output>]

    private let group: Group<Member>

    fileprivate init(group: Group<Member>) {
        self.group = group
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
        for member in group.members {
            let (output, region) = try builder.planApart(member, after: source)
            sources.append(output)
            regions.append(region)
        }
        return builder.gather(sources, collecting: regions, after: source)
    }
}
