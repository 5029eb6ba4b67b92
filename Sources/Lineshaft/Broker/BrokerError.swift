//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The broker or the result store could not do what it was asked.
///
/// No job is at fault, and none is lost by it.
public struct BrokerError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    ///
    /// More kinds may come, so compare with `==` and keep a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case unavailable, closed, queueFull, unsupported, rejected, cancelled, corrupt
        }

        private let value: Value

        /// The broker cannot be reached, or did not answer in time.
        ///
        /// Whether it acted is not known; repeating is safe.
        public static let unavailable = Code(value: .unavailable)
        /// The connection or the in-memory broker has been shut down.
        public static let closed = Code(value: .closed)
        /// The queue holds as many jobs as it may.
        public static let queueFull = Code(value: .queueFull)
        /// This broker has no such ability.
        public static let unsupported = Code(value: .unsupported)
        /// The broker refuses what it was given, and would refuse it again.
        public static let rejected = Code(value: .rejected)
        /// The calling task was cancelled while it waited.
        public static let cancelled = Code(value: .cancelled)
        /// What the broker holds cannot be understood.
        public static let corrupt = Code(value: .corrupt)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of failure it is.
    public let code: Code
    /// What went wrong, where, and what to do.
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

    /// Whether the same call may succeed later.
    public var isTransient: Bool { code == .unavailable }
}
