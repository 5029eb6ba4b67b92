//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Envelope {
    /// The parts that most jobs leave out, behind one reference so that a plain envelope stays small.
    package final class DetailsBox: Sendable, Hashable {
        package let details: Details

        package init(_ details: Details) {
            self.details = details
        }

        package static func == (lhs: DetailsBox, rhs: DetailsBox) -> Bool {
            lhs === rhs || lhs.details == rhs.details
        }

        package func hash(into hasher: inout Hasher) {
            hasher.combine(details)
        }
    }

    /// Whose job it is; `nil` for nobody's.
    package var tenant: TenantName? { hasDetails ? details.tenant : nil }

    /// Whether the job is a node of a workflow.
    package var isPartOfWorkflow: Bool { hasDetails && details.workflow != nil }

    /// The parts that most jobs leave out.
    public struct Details: Sendable, Hashable {
        /// What the job before this one in a workflow returned, encoded; `nil` outside workflows.
        public var input: [UInt8]?
        /// The job or workflow that this one belongs to.
        public var parent: JobID?
        /// The node of a workflow that this job is; `nil` outside workflows.
        public var workflow: WorkflowReference?
        /// Whose job it is; `nil` for nobody's.
        public var tenant: TenantName?
        /// When the job may run first.
        public var start: Timestamp?
        /// When a job that was not started ends as expired.
        public var expires: Timestamp?
        /// When the job ends as failed, over all attempts.
        public var deadline: Timestamp?
        /// How long one attempt may run.
        public var timeout: Duration?
        /// The retry policy, when the submitter chose one; otherwise the handler's holds.
        public var retry: RetryPolicy?
        /// The claim to uniqueness.
        public var unique: UniqueClaim?
        /// How long the outcome is kept.
        public var retention: Duration?
        /// Text for handlers, middleware and tracing.
        public var headers: [String: String]
        /// When the end of a run is told to the broker.
        public var acknowledgement: Acknowledgement

        /// Creates details in which nothing is set.
        public init() {
            headers = [:]
            acknowledgement = .batched
        }
    }
}
