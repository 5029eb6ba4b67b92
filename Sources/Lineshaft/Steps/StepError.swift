//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Something is wrong with the steps of a job: with the handler, with what was recorded, or with the right to record.
///
/// Another attempt cannot help, so unless the handler catches it the job becomes a dead letter, whose steps are kept: mend the
/// handler, then retry the job. A lost lease is the exception; then another run has the job, and this one is dropped.
public struct StepError: RetryClassified, CustomStringConvertible {
    /// What kind of mistake it is.
    ///
    /// More kinds may come, so compare with `==` and keep a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case invalidName, duplicateName, outOfOrder, undecodableValue, unencodableValue, limitExceeded, unsupported
            case leaseLost
        }

        private let value: Value

        /// The step's name is empty or too long.
        public static let invalidName = Code(value: .invalidName)
        /// A name was used for two steps of one run.
        public static let duplicateName = Code(value: .duplicateName)
        /// The handler asks for steps in another order than they were recorded in.
        public static let outOfOrder = Code(value: .outOfOrder)
        /// The recorded value is not of the type that the handler asks for.
        public static let undecodableValue = Code(value: .undecodableValue)
        /// The step's value cannot be encoded.
        public static let unencodableValue = Code(value: .unencodableValue)
        /// A value is too large, or the job has too many steps.
        public static let limitExceeded = Code(value: .limitExceeded)
        /// The broker keeps no steps.
        public static let unsupported = Code(value: .unsupported)
        /// The run has lost its lease and may record nothing.
        public static let leaseLost = Code(value: .leaseLost)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of mistake it is.
    public let code: Code
    /// What is wrong, with which step of which job, and what to do.
    public let message: String
    /// The error behind this one.
    public let cause: (any Error)?

    /// Creates an error.
    public init(code: Code, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message.
    public var description: String { message }

    /// Always `false`.
    public var isRetryable: Bool { false }

    /// What the failure of a job is called that ends with this error.
    package var jobCode: JobError.Code {
        code == .outOfOrder || code == .undecodableValue ? .stepMismatch : .invalidStep
    }
}
