//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A connection could not be made or used, or an event loop could not be had.
package struct UVError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    ///
    /// More kinds may come, so compare with `==` and keep a default.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case invalidAddress, unresolved, refused, unreachable, denied, timedOut
            case reset, ended, closed, loopClosed, cancelled, system
        }

        private let value: Value

        /// No server can have this address.
        package static let invalidAddress = Code(value: .invalidAddress)
        /// The host's name is not known, or no name server answered.
        package static let unresolved = Code(value: .unresolved)
        /// Nobody listens there.
        package static let refused = Code(value: .refused)
        /// There is no way to the host.
        package static let unreachable = Code(value: .unreachable)
        /// This process may not do that.
        package static let denied = Code(value: .denied)
        /// It took longer than it may.
        package static let timedOut = Code(value: .timedOut)
        /// The peer broke the connection.
        package static let reset = Code(value: .reset)
        /// The peer closed the connection.
        package static let ended = Code(value: .ended)
        /// This side closed the connection.
        package static let closed = Code(value: .closed)
        /// The event loop has been closed.
        package static let loopClosed = Code(value: .loopClosed)
        /// The calling task was cancelled while it waited.
        package static let cancelled = Code(value: .cancelled)
        /// The system failed in another way, which the error's name tells.
        package static let system = Code(value: .system)

        /// The code's name.
        package var description: String { value.rawValue }
    }

    /// What kind of failure it is.
    package let code: Code
    /// What went wrong, where, and what to do.
    package let message: String
    /// The system's name of the error, such as `ECONNREFUSED`, where it comes from the system.
    package let name: String?

    /// Creates an error.
    package init(code: Code, message: String, name: String? = nil) {
        self.code = code
        self.message = message
        self.name = name
    }

    /// The message.
    package var description: String { message }
}
