//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Cancels jobs of one queue.
package struct CancelCall: StorageCall {
    package let script = StorageScript.cancel
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call for at most ``StorageLimits/jobs`` jobs.
    package init(_ ids: [JobID], keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + [Array("cancel".utf8)] + ids.map(\.bytes)
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> [CancellationResult] {
        try reply.letters(script, count: arguments.count - 3).map { letter in
            switch letter {
            case UInt8(ascii: "e"): .cancelled
            case UInt8(ascii: "q"): .requested
            case UInt8(ascii: "f"): .alreadyFinished
            default: .notFound
            }
        }
    }
}

/// Deletes jobs of one queue that are not running.
package struct DeleteCall: StorageCall {
    package let script = StorageScript.cancel
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call for at most ``StorageLimits/jobs`` jobs.
    package init(_ ids: [JobID], keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + [Array("delete".utf8)] + ids.map(\.bytes)
    }

    /// Which of them were deleted.
    package func decode(_ reply: RESPValue) throws(StorageError) -> [Bool] {
        try reply.letters(script, count: arguments.count - 3).map { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "d") }
    }
}

/// Makes dead letters of one queue ready again.
package struct RetryCall: StorageCall {
    package let script = StorageScript.retry
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - envelopes: At most ``StorageLimits/jobs`` dead letters, as they were found, submitted anew at the server's time.
    ///   - keys: The queue's keys.
    ///   - settings: The server's settings.
    /// - Throws: ``StorageError`` when one cannot be written.
    package init(_ envelopes: [Envelope], keys: QueueKeys, settings: StorageSettings) throws(StorageError) {
        self.keys = keys.keys
        var arguments = settings.arguments
        for envelope in envelopes {
            arguments.append(envelope.id.bytes)
            arguments.append(try EnvelopeCodec.encode(envelope))
        }
        self.arguments = arguments
    }

    /// Which of them were dead letters, and are ready now.
    package func decode(_ reply: RESPValue) throws(StorageError) -> [Bool] {
        try reply.letters(script, count: (arguments.count - 2) / 2).map { $0 == UInt8(ascii: "r") }
    }
}
