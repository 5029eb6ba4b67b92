//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A workflow that is submitted again and again: its plan, without an identity.
package struct ScheduledWorkflow: Sendable, Hashable, Codable {
    /// The most bytes of one, encoded: a schedule's record is read and written at each of its ticks.
    package static let maximumSize = 256 << 10

    private let templates: [Template]
    private let regions: [[Int]]
    private let nodes: [Node]
    private let mainCount: Int
    private let jobCount: Int
    private let joinBytes: Int
    private let output: [Int]
    private let retention: Int64?

    /// What jobs have in common; times in nanoseconds after a job's turn has come.
    struct Template: Sendable, Hashable, Codable {
        let name: JobName
        let version: Int
        let queue: QueueName?
        let priority: JobPriority?
        let tenant: TenantName?
        let start: Int64?
        let expires: Int64?
        let deadline: Int64?
        let timeout: Int64?
        let optionRetry: RetryPolicy?
        let retry: RetryPolicy?
        let headers: [String: String]
        let retention: Int64?
        let acknowledgement: Acknowledgement?
    }

    /// A node in few numbers: what it is, its region, its join, what it takes, and its edges.
    struct Node: Sendable, Hashable, Codable {
        let kind: [Int]
        let payload: Base64?
        let edges: [Int]
    }

    /// Writes a workflow down.
    ///
    /// - Parameters:
    ///   - workflow: The workflow.
    ///   - retention: How long it is kept once it is over; the system's own if left out.
    ///   - codec: What encodes parameters.
    /// - Throws: ``ConfigurationError`` when a job's time is a point in time, or options make no sense; ``JobError`` when a job cannot
    ///   be encoded.
    package init<W: Workflow>(_ workflow: W, retention: Duration?, codec: any PayloadCodec) throws
    where W.Input == NoValue {
        var builder = WorkflowBuilder(codec: codec, time: Timestamp(nanosecondsSinceEpoch: 0))
        let source = try workflow.plan(into: &builder, after: .start)
        let none = JobID(high: 0, low: 0)
        let plan = builder.plan(id: none, output: source, replyTo: nil, retention: .zero)
        templates = try plan.head.templates.map(Template.init)
        regions = plan.head.regions.map(\.numbers)
        nodes = plan.nodes.map(Node.init)
        mainCount = plan.head.mainCount
        jobCount = plan.head.jobCount
        joinBytes = plan.head.joinBytes
        output = plan.head.output.numbers
        self.retention = retention?.saturatedNanoseconds
    }

    /// The wire name of the first job; `nil` when there is none.
    var firstName: JobName? { templates.first?.name }

    /// Where the first job will wait; `nil` when there is none.
    var firstQueue: QueueName? { templates.first.map { $0.queue ?? .default } }

    /// The plan of one submission.
    ///
    /// - Parameters:
    ///   - id: The workflow's identity.
    ///   - headers: Text that travels with each job of this one.
    ///   - retention: How long it is kept when it does not say.
    /// - Returns: The plan; `nil` when what was stored is none.
    package func plan(id: JobID, headers: [String: String], retention: Duration) -> WorkflowPlan? {
        let read = nodes.compactMap(\.node)
        let parts = regions.compactMap(WorkflowRegion.init(numbers:))
        guard read.count == nodes.count, parts.count == regions.count,
            let part = WorkflowNode.Part(numbers: output[...])
        else { return nil }
        let head = WorkflowHead(
            id: id,
            templates: templates.map { $0.template(headers) },
            regions: parts,
            nodeCount: read.count,
            mainCount: mainCount,
            jobCount: jobCount,
            output: part,
            joinBytes: joinBytes,
            replyTo: nil,
            retention: self.retention.map { .nanoseconds($0) } ?? retention
        )
        return WorkflowPlan(head: head, nodes: read)
    }
}
