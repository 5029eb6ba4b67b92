//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What the server holds or answers cannot be used by this program.
package struct StorageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    package enum Code: Sendable, Hashable {
        /// Bytes that break off or contradict themselves.
        case malformed
        /// Bytes of a later version of this format. The job is to be kept for a newer worker.
        case newer
        /// A value that the format has no room for.
        case tooLarge
        /// An answer of another shape than the script's.
        case unexpectedReply
        /// The server refused the script.
        case refused
    }

    /// What is wrong.
    package let code: Code
    /// What was wrong, where, and what to do.
    package let message: String

    /// Creates an error.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    package var description: String { message }
}
