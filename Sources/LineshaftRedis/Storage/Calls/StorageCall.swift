//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// One call of a script: what to send, and what its answer means.
///
/// Every call may be repeated when its answer was lost.
package protocol StorageCall: Sendable {
    /// What the answer means.
    associatedtype Answer: Sendable

    /// Which script to call.
    var script: StorageScript { get }

    /// Its keys, all in one slot.
    var keys: StorageKeys { get }

    /// Its other arguments.
    var arguments: RESPWords { get }

    /// Whether the answer promises something that replicas may have to know first: that jobs are kept, or have ended.
    var isPromise: Bool { get }

    /// Reads the server's answer.
    ///
    /// - Parameter reply: The answer.
    /// - Returns: What it means.
    /// - Throws: ``StorageError`` when it is a refusal or not what the script answers.
    func decode(_ reply: RESPValue) throws(StorageError) -> Answer
}

extension StorageCall {
    /// `false`: what most calls answer need not outlive the server.
    package var isPromise: Bool { false }
}

/// How much one call may carry, because Lua can hand on 8,000 values at once.
package enum StorageLimits: Sendable {
    /// The most jobs of one call.
    package static let jobs = 1000
}

extension JobID {
    /// The identifier's 16 bytes.
    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 16)
        writer.write(self)
        return writer.bytes
    }
}

extension ClientID {
    /// The identity's eight bytes.
    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 8)
        writer.write(rawValue)
        return writer.bytes
    }
}
