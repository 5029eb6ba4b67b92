//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Reads the steps of a job that runs.
package struct StepsCall: StorageCall {
    package let script = StorageScript.steps
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let id: JobID

    /// Creates a call.
    package init(of lease: Lease, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        id = lease.id
        arguments = settings.arguments + [lease.bytes]
    }

    /// Creates a call for a job, whoever holds its lease.
    package init(of id: JobID, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        self.id = id
        arguments = settings.arguments + [id.bytes]
    }

    /// The steps; `nil` when the lease is not the job's newest.
    package func decode(_ reply: RESPValue) throws(StorageError) -> [StepRecord]? {
        if case .null = reply { return nil }
        var steps: [StepRecord] = []
        for item in try reply.array(script) { steps.append(try StepCodec.decode(try item.bytes(script), id: id)) }
        return steps
    }
}

/// Records a step of a job that runs.
package struct RecordStepCall: StorageCall {
    package let script = StorageScript.steps
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    package init(_ step: StepRecord, under lease: Lease, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + [lease.bytes, Array(String(step.number).utf8), StepCodec.encode(step)]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> SettlementResult {
        if case .null = reply { return .refused }
        _ = try reply.integer(script)
        return .applied
    }
}

extension Lease {
    /// The identifier with the token.
    fileprivate var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 24)
        writer.write(id)
        writer.write(token)
        return writer.bytes
    }
}
