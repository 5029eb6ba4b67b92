//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Takes the nodes of a workflow while it is written down.
///
/// Workflows write themselves down; there is nothing to do with a builder elsewhere.
public struct WorkflowBuilder: Sendable {
    private struct Node: Sendable {
        let kind: WorkflowNode.Kind
        let region: Int
        /// The nodes it waits for.
        let waits: [Int]

        var isJob: Bool {
            if case .job = kind { true } else { false }
        }
    }

    private struct Callback: Sendable {
        let node: Node
        /// The region whose failure it waits for, if it does.
        let failure: Int?
    }

    private struct Region: Sendable {
        let parent: Int?
        let first: Int
        var end: Int
        /// Where its failure becomes a result: at which node, as which of those that it waits for.
        var exit: (target: Int, position: Int)?
    }

    private let codec: any PayloadCodec
    private let time: Timestamp
    private var nodes: [Node] = []
    private var callbacks: [Callback] = []
    private var regions = [Region(parent: nil, first: 0, end: 0)]
    /// The region that is being written down.
    private var current = 0
    private var templates: [WorkflowTemplate] = []
    private var templateNumbers: [WorkflowTemplate: Int] = [:]
    /// The template of the last job: members of a group mostly have the same.
    private var lastTemplate: (type: ObjectIdentifier, number: Int)?
    private var lastGraph = 0

    package init(codec: any PayloadCodec, time: Timestamp) {
        self.codec = codec
        self.time = time
    }

    /// Adds a job.
    package mutating func add<J: Job>(
        _ job: J,
        options: JobOptions?,
        after source: WorkflowSource
    ) throws -> WorkflowSource {
        let input = WorkflowNode.Input.value(J.Input.self == NoValue.self ? .nothing : source.part)
        let kind = try self.kind(job, options: options, input: input)
        nodes.append(Node(kind: kind, region: current, waits: source.node.map { [$0] } ?? []))
        return WorkflowSource(.output(of: nodes.count - 1))
    }

    /// Adds a node that has the outputs of others.
    package mutating func gather(
        _ sources: [WorkflowSource],
        collecting members: [Int]? = nil,
        after source: WorkflowSource
    ) -> WorkflowSource {
        let index = nodes.count
        let outputs = sources.map(\.part)
        var waits: [Int] = []
        for (place, output) in outputs.enumerated() {
            guard let output = output.node else { continue }
            if let members { regions[members[place]].exit = (index, waits.count) }
            waits.append(output)
        }
        // Of nothing, it is done when what comes before is.
        if waits.isEmpty, let node = source.node { waits = [node] }
        let kind = members.map { WorkflowNode.Kind.collect(outputs, regions: $0) } ?? .gather(outputs)
        nodes.append(Node(kind: kind, region: current, waits: waits))
        return WorkflowSource(.gathered(by: index))
    }

    /// Adds a node that hands on what another one does, once others have ended too.
    package mutating func relay(_ source: WorkflowSource, once others: [WorkflowSource]) -> WorkflowSource {
        let waits = ([source] + others).compactMap(\.node)
        nodes.append(Node(kind: .relay(source.part), region: current, waits: waits))
        return WorkflowSource(.gathered(by: nodes.count - 1))
    }

    /// Adds a job that is run beside the workflow when a node has succeeded.
    package mutating func addCallback<J: Job>(
        _ job: J,
        options: JobOptions? = nil,
        onSuccessOf source: WorkflowSource
    ) throws {
        let input = WorkflowNode.Input.value(J.Input.self == NoValue.self ? .nothing : source.part)
        let kind = try self.kind(job, options: options, input: input)
        let node = Node(kind: kind, region: 0, waits: source.node.map { [$0] } ?? [])
        callbacks.append(Callback(node: node, failure: nil))
    }

    /// Adds a job that is run beside the workflow when a part of it has failed.
    package mutating func addCallback<J: Job>(
        _ job: J,
        options: JobOptions? = nil,
        onFailureOf region: Int
    ) throws {
        let kind = try self.kind(
            job,
            options: options,
            input: J.Input.self == NoValue.self ? .value(.nothing) : .failure(of: region)
        )
        callbacks.append(Callback(node: Node(kind: kind, region: 0, waits: []), failure: region))
    }

    /// Begins a part that fails as one.
    package mutating func openRegion() -> Int {
        regions.append(Region(parent: current, first: nodes.count, end: nodes.count))
        current = regions.count - 1
        return current
    }

    /// Ends a part that fails as one.
    package mutating func closeRegion(_ region: Int) {
        regions[region].end = nodes.count
        current = regions[region].parent ?? 0
    }

    /// A number for a graph, by which its steps are told from those of others.
    mutating func numberGraph() -> Int {
        lastGraph += 1
        return lastGraph
    }

    private mutating func kind<J: Job>(
        _ job: J,
        options: JobOptions?,
        input: WorkflowNode.Input
    ) throws -> WorkflowNode.Kind {
        .job(template: try template(of: job, options), payload: try job.payload(using: codec), input: input)
    }

    private mutating func template<J: Job>(of job: J, _ options: JobOptions?) throws -> Int {
        if options == nil, let lastTemplate, lastTemplate.type == ObjectIdentifier(J.self) {
            return lastTemplate.number
        }
        let own = options ?? JobOptions()
        let merged = J.options.overridden(by: own)
        _ = try SubmissionPlan(J.self, options: own, at: time)
        if merged.unique != nil {
            throw ConfigurationError(
                code: .unsupported,
                message:
                    "The job “\(J.name)” is to be unique, which a job of a workflow cannot be: what waits for it would "
                    + "wait for ever if it were taken for another one. Submit it by itself, or leave `unique` out."
            )
        }
        let template = WorkflowTemplate(name: J.name, version: J.version, options: merged, retry: own.retry)
        let number = templateNumbers[template] ?? templates.count
        if number == templates.count {
            templates.append(template)
            templateNumbers[template] = number
        }
        if options == nil { lastTemplate = (ObjectIdentifier(J.self), number) }
        return number
    }

    /// The finished plan.
    ///
    /// - Parameters:
    ///   - id: The workflow.
    ///   - output: Where its output is.
    ///   - replyTo: Who waits for it.
    ///   - retention: How long it is kept afterwards.
    ///   - deadline: When its jobs end as failed at the latest.
    ///   - parent: The job that waits for it.
    /// - Returns: The plan.
    package func plan(
        id: JobID,
        output: WorkflowSource,
        replyTo: ClientID?,
        retention: Duration,
        deadline: Timestamp? = nil,
        parent: WorkflowParent? = nil
    ) -> WorkflowPlan {
        let all = nodes + callbacks.map(node(of:))
        var joinBytes = 0
        let joins = all.map { node in
            let join = WorkflowNode.Join(offset: joinBytes, count: node.waits.count)
            if join.count > 1 { joinBytes += (join.count + 7) / 8 }
            return join
        }
        func edge(_ target: Int, _ position: Int) -> WorkflowNode.Edge {
            .init(target: target, position: position, join: joins[target], isJob: all[target].isJob)
        }
        var edges = [[WorkflowNode.Edge]](repeating: [], count: all.count)
        for (target, node) in all.enumerated() {
            for (position, source) in node.waits.enumerated() { edges[source].append(edge(target, position)) }
        }
        let finished = all.indices.map { index in
            WorkflowNode(
                kind: all[index].kind,
                region: all[index].region,
                join: joins[index],
                edges: edges[index]
            )
        }
        let head = WorkflowHead(
            id: id,
            templates: templates,
            regions: finishedRegions(edge),
            nodeCount: all.count,
            mainCount: nodes.count,
            jobCount: finished.prefix(nodes.count).count(where: \.isJob),
            output: output.part,
            joinBytes: joinBytes,
            replyTo: replyTo,
            retention: retention,
            deadline: deadline,
            parent: parent
        )
        return WorkflowPlan(head: head, nodes: finished)
    }

    private func finishedRegions(_ edge: (Int, Int) -> WorkflowNode.Edge) -> [WorkflowRegion] {
        var told = [[Int]](repeating: [], count: regions.count)
        for (index, callback) in callbacks.enumerated() {
            if let region = callback.failure { told[whole(region)].append(nodes.count + index) }
        }
        return regions.enumerated().map { index, region in
            WorkflowRegion(
                parent: region.parent,
                nodes: index == 0 ? 0..<nodes.count : region.first..<region.end,
                callbacks: told[index],
                exit: region.exit.map { edge($0.target, $0.position) }
            )
        }
    }

    /// The whole workflow for a part that is all there is, for then its callbacks are told also of what stops only that.
    private func whole(_ region: Int) -> Int {
        var region = region
        while let parent = regions[region].parent, regions[region].exit == nil, regions[region].first == 0,
            regions[region].end == nodes.count
        {
            region = parent
        }
        return region
    }

    /// The node of a callback.
    private func node(of callback: Callback) -> Node {
        guard case .job(let template, let payload, .failure(let region)) = callback.node.kind else {
            return callback.node
        }
        let kind = WorkflowNode.Kind.job(template: template, payload: payload, input: .failure(of: whole(region)))
        return Node(kind: kind, region: 0, waits: [])
    }
}
