//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How a part of a workflow ended whose failure is a result.
public enum MemberResult<Value: Codable & Sendable>: Codable, Sendable {
    /// It returned this.
    case succeeded(Value)
    /// It, or a part of it, ended otherwise.
    case failed(WorkflowFailure)

    /// The same as a `Result`.
    public var result: Result<Value, WorkflowFailure> {
        switch self {
        case .succeeded(let value): .success(value)
        case .failed(let failure): .failure(failure)
        }
    }

    /// What the member returned.
    ///
    /// - Returns: The value.
    /// - Throws: ``WorkflowFailure`` when the member failed.
    public func get() throws(WorkflowFailure) -> Value { try result.get() }
}

extension MemberResult: Equatable where Value: Equatable {}
extension MemberResult: Hashable where Value: Hashable {}

/// Which job of a workflow went wrong, and how.
public struct WorkflowFailure: Error, Codable, Sendable, Hashable, CustomStringConvertible {
    /// The workflow.
    public let workflow: JobID
    /// The job; the workflow itself when somebody cancelled that.
    public let job: JobID
    /// The job's wire name, or “workflow”.
    public let name: JobName
    /// How it went wrong; the code says so too when the job was cancelled or had expired.
    public let failure: JobFailure

    /// Creates a failure.
    public init(workflow: JobID, job: JobID, name: JobName, failure: JobFailure) {
        self.workflow = workflow
        self.job = job
        self.name = name
        self.failure = failure
    }

    /// The failure as a sentence.
    public var description: String { "Job \(job), “\(name)”, of workflow \(workflow): \(failure.message)" }
}
