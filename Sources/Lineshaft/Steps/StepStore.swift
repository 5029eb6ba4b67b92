//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// Keeps the finished steps of jobs that have not ended.
///
/// It belongs to a broker, for three things must be one with what the broker knows: that the lease is still held when a step is
/// recorded, that a job's steps stay while it waits to run again and while it is a dead letter, and that they are gone once it
/// has ended otherwise or its dead letter was deleted, whoever ended it.
///
/// A store never blocks a thread of Swift's pool; its methods may be called from any task, at the same time.
public protocol StepStore: Sendable {
    /// The largest value that it takes, in bytes, whatever a ``StepPolicy`` allows.
    var maximumValueSize: Int { get }

    /// Reads what earlier runs of a job have recorded. Called once by a run that uses steps, at its first one.
    ///
    /// - Parameter lease: The right to run the job.
    /// - Returns: The steps in the order of their numbers; `nil` when the lease is not the job's newest.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func steps(of lease: Lease) async throws(BrokerError) -> [StepRecord]?

    /// Reads what runs of a job have recorded, for people who look at it.
    ///
    /// - Parameters:
    ///   - id: The job; one that has ended or is not known has no steps.
    ///   - queue: Its queue.
    /// - Returns: The steps in the order of their numbers.
    /// - Throws: ``BrokerError`` when the store cannot be reached.
    func steps(of id: JobID, in queue: QueueName) async throws(BrokerError) -> [StepRecord]

    /// Records a step if the lease is still held; the check and the change are one step.
    ///
    /// - Parameters:
    ///   - step: The step. One of the same number is replaced, so that a call whose answer was lost can be repeated.
    ///   - lease: The right to run the job.
    /// - Returns: Whether it was recorded.
    /// - Throws: ``BrokerError`` when it is not known whether it was. Repeating the call is safe.
    func record(_ step: StepRecord, under lease: Lease) async throws(BrokerError) -> SettlementResult
}

extension StepStore {
    /// Any size.
    public var maximumValueSize: Int { .max }

    /// None: this store does not show them.
    public func steps(of id: JobID, in queue: QueueName) async throws(BrokerError) -> [StepRecord] { [] }
}

/// A finished step as it is stored.
public struct StepRecord: Sendable, Hashable {
    /// Tells the steps of one job apart, from 1; later ones have larger numbers.
    public let number: Int
    /// Which of the steps that the handler's own task asks for, one after the other, this is, from 1.
    ///
    /// It is 0 for steps that have no certain place: those of child tasks, those inside other steps, those that came after a
    /// step that threw, and all where the order is not checked.
    public let place: Int
    /// The step's name, unique in its job.
    public let name: String
    /// The encoded value.
    public let value: [UInt8]

    /// Creates a record.
    public init(number: Int, place: Int, name: String, value: [UInt8]) {
        self.number = number
        self.place = place
        self.name = name
        self.value = value
    }
}
