//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// Makes a job ready that waits for its time.
package struct HastenCall: StorageCall {
    package let script = StorageScript.hasten
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    package init(_ id: JobID, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + [id.bytes]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) { _ = try reply.integer(script) }
}

extension RedisBroker {
    /// Makes a job ready that waits for its time.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - queue: Its queue.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func hasten(_ id: JobID, in queue: QueueName) async throws(BrokerError) {
        try await call(HastenCall(id, keys: keys(queue), settings: settings))
    }
}
