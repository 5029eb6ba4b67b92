//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

extension RedisBroker: StepStore {
    /// This broker itself.
    public nonisolated var steps: (any StepStore)? { self }

    /// 64 MiB: servers cut a connection that sends 512 MiB at once, and all of it has to be held in memory.
    public nonisolated var maximumValueSize: Int { 64 << 20 }

    /// Reads what earlier runs of a job have recorded.
    ///
    /// - Parameter lease: The right to run the job.
    /// - Returns: The steps in the order of their numbers; `nil` when the lease is not the job's newest.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func steps(of lease: Lease) async throws(BrokerError) -> [StepRecord]? {
        try await call(StepsCall(of: lease, keys: keys(lease.queue), settings: settings))
    }

    /// Reads what runs of a job have recorded.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - queue: Its queue.
    /// - Returns: The steps in the order of their numbers.
    /// - Throws: ``/Lineshaft/BrokerError`` when Redis cannot be reached.
    public func steps(of id: JobID, in queue: QueueName) async throws(BrokerError) -> [StepRecord] {
        try await call(StepsCall(of: id, keys: keys(queue), settings: settings)) ?? []
    }

    /// Records a step if the lease is still held.
    ///
    /// - Parameters:
    ///   - step: The step.
    ///   - lease: The right to run the job.
    /// - Returns: Whether it was recorded.
    /// - Throws: ``/Lineshaft/BrokerError`` when it is not known whether it was. Repeating the call is safe.
    public func record(_ step: StepRecord, under lease: Lease) async throws(BrokerError) -> SettlementResult {
        try await call(RecordStepCall(step, under: lease, keys: keys(lease.queue), settings: settings))
    }
}
