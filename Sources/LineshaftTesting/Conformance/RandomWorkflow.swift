//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// A workflow of random shape.
package struct RandomWorkflow: Workflow {
    package typealias Input = NoValue
    package typealias Output = Int

    private indirect enum Shape: Sendable {
        case job
        case chain(Shape)
        case group([Shape])
        case collected([Shape])
        case observed(Shape)
        /// Side by side, the last of which is handed on once the others are done too.
        case graph([Shape])
        case result(Shape)
    }

    private let shape: Shape

    private init(shape: Shape) {
        self.shape = shape
    }

    /// Draws a shape.
    package init(_ generator: inout SeededGenerator) {
        shape = Self.shape(depth: 3, &generator)
    }

    private static func shape(depth: Int, _ generator: inout SeededGenerator) -> Shape {
        if depth == 0 { return .job }
        func members() -> [Shape] {
            (0..<Int.random(in: 0...3, using: &generator)).map { _ in shape(depth: depth - 1, &generator) }
        }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return .job
        case 1: return .chain(shape(depth: depth - 1, &generator))
        case 2, 3: return .group(members())
        case 4: return .collected(members())
        case 5: return .graph([.job] + members())
        case 6: return .result(shape(depth: depth - 1, &generator))
        default: return .observed(shape(depth: depth - 1, &generator))
        }
    }

    /// Draws a shape, and writes it down.
    ///
    /// - Parameter generator: Where the shape comes from.
    /// - Returns: The plan.
    /// - Throws: What writing it down throws.
    package static func plan(_ generator: inout SeededGenerator) throws -> WorkflowPlan {
        var builder = WorkflowBuilder(codec: JSONCodec(), time: .distantPast)
        let output = try RandomWorkflow(&generator).plan(into: &builder, after: .start)
        let id = JobID(at: .distantPast, using: &generator)
        return builder.plan(id: id, output: output, replyTo: nil, retention: .seconds(600))
    }

    /// Writes it down.
    ///
    /// - Parameters:
    ///   - builder: Takes the nodes.
    ///   - source: What comes before.
    /// - Returns: Where the output will be.
    /// - Throws: What the jobs throw.
    package func plan(into builder: inout WorkflowBuilder, after source: WorkflowSource) throws -> WorkflowSource {
        try Self.plan(shape, into: &builder, after: source)
    }

    private static func plan(
        _ shape: Shape,
        into builder: inout WorkflowBuilder,
        after source: WorkflowSource
    ) throws -> WorkflowSource {
        switch shape {
        case .job: return try Number(value: 1).plan(into: &builder, after: source)
        case .chain(let first):
            return try Add().plan(into: &builder, after: try plan(first, into: &builder, after: source))
        case .group(let members):
            let sources = try members.map { try plan($0, into: &builder, after: source) }
            return try Total().plan(into: &builder, after: builder.gather(sources, after: source))
        case .collected(let members):
            var (sources, regions): ([WorkflowSource], [Int]) = ([], [])
            for member in members {
                let region = builder.openRegion()
                sources.append(try plan(member, into: &builder, after: source))
                builder.closeRegion(region)
                regions.append(region)
            }
            let gathered = builder.gather(sources, collecting: regions, after: source)
            return try Tally().plan(into: &builder, after: gathered)
        case .graph(let steps):
            let sources = try steps.map { try plan($0, into: &builder, after: source) }
            return builder.relay(sources[0], once: Array(sources.dropFirst()))
        case .result(let base):
            let (output, region) = try builder.planApart(RandomWorkflow(shape: base), after: source)
            return builder.gather([output], collecting: [region], after: source)
        case .observed(let base):
            let region = builder.openRegion()
            let output = try plan(base, into: &builder, after: source)
            builder.closeRegion(region)
            try builder.addCallback(Alarmed(), onFailureOf: region)
            try builder.addCallback(Noted(word: "done"), onSuccessOf: output)
            return output
        }
    }
}
