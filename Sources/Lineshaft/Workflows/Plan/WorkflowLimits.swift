//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// How large the results of jobs of workflows may be.
///
/// They are kept with the workflow until that is over, and all that a job takes is in one process's memory at once.
public struct WorkflowLimits: Sendable, Hashable {
    /// The most bytes that one job may return, encoded: 16 MiB unless said otherwise.
    ///
    /// A job that returns more fails with the code `outputTooLarge`, without another attempt.
    public var maximumOutputSize: Int
    /// The most bytes that a job may take from those before it together, encoded: 256 MiB unless said otherwise.
    ///
    /// A job that would take more fails with the code `inputTooLarge`, without another attempt; so does asking a handle for the
    /// output of such a workflow.
    public var maximumInputSize: Int

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - maximumOutputSize: The most bytes that one job may return.
    ///   - maximumInputSize: The most bytes that a job may take.
    public init(maximumOutputSize: Int = 16 << 20, maximumInputSize: Int = 256 << 20) {
        self.maximumOutputSize = maximumOutputSize
        self.maximumInputSize = maximumInputSize
    }

    /// What is wrong with them; `nil` when nothing is.
    package var problem: String? {
        if maximumOutputSize < 1 { return "the maximum output size is \(maximumOutputSize); it must be 1 byte or more" }
        if maximumInputSize < 1 { return "the maximum input size is \(maximumInputSize); it must be 1 byte or more" }
        return nil
    }
}

/// A result in a workflow that is larger than its limit; no other attempt can help.
package struct WorkflowSizeError: Error {
    package let code: JobError.Code
    package let message: String

    /// What one job returned is too large.
    static func output(_ size: Int, limit: Int) -> WorkflowSizeError {
        WorkflowSizeError(
            code: .outputTooLarge,
            message: "The job returned \(size) bytes, and a job of a workflow may return \(limit). Store what is large "
                + "elsewhere and return where it is, or raise `maximumOutputSize` in the system's `workflowLimits`."
        )
    }

    /// What jobs returned together is too large for what takes it.
    static func input(limit: Int) -> WorkflowSizeError {
        WorkflowSizeError(
            code: .inputTooLarge,
            message:
                "What is handed on is more than \(limit) bytes together, which is the most that may be taken at once. "
                + "Return less from each job, join in several steps, or raise `maximumInputSize` in the system's "
                + "`workflowLimits`."
        )
    }
}
