//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension MemoryBroker: StepStore {
    /// This broker itself.
    public nonisolated var steps: (any StepStore)? { self }

    /// Reads what earlier runs of a job have recorded.
    ///
    /// - Parameter lease: The right to run the job.
    /// - Returns: The steps in the order of their numbers; `nil` when the lease is not the job's newest.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func steps(of lease: Lease) throws(BrokerError) -> [StepRecord]? {
        let moment = try begin()
        defer { finish(moment) }
        return table.steps(of: lease)
    }

    /// Reads what runs of a job have recorded.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - queue: Its queue.
    /// - Returns: The steps in the order of their numbers.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func steps(of id: JobID, in queue: QueueName) throws(BrokerError) -> [StepRecord] {
        let moment = try begin()
        defer { finish(moment) }
        return table.steps(of: id)
    }

    /// Records a step if the lease is still held.
    ///
    /// - Parameters:
    ///   - step: The step.
    ///   - lease: The right to run the job.
    /// - Returns: Whether it was recorded.
    /// - Throws: ``BrokerError`` with the code `closed`.
    public func record(_ step: StepRecord, under lease: Lease) throws(BrokerError) -> SettlementResult {
        let moment = try begin()
        defer { finish(moment) }
        return table.record(step, under: lease)
    }
}
