//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// What a test expected was not so.
///
/// The message says what was found instead.
public struct ExpectationFailure: Error, Sendable, CustomStringConvertible {
    /// What was expected, and what was found.
    public let message: String

    /// Creates a failure.
    public init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
