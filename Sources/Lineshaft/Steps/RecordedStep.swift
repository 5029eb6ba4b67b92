//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// A step that a job has finished, without its value.
public struct RecordedStep: Sendable, Hashable {
    /// The step's name.
    public let name: String
    /// Which of the steps that the handler asks for one after the other this is, from 1; `nil` for those that have no certain place,
    /// such as steps of child tasks.
    public let place: Int?
    /// How many bytes its value takes.
    public let size: Int

    init(_ record: StepRecord) {
        name = record.name
        place = record.place > 0 ? record.place : nil
        size = record.value.count
    }
}

extension JobSystem {
    /// The steps that a job has finished and will not run again.
    ///
    /// - Parameter id: The job.
    /// - Returns: The steps in the order in which they were begun; none when the job uses none, has ended well or is not known, and
    ///   when the broker keeps none.
    /// - Throws: ``BrokerError`` when the broker cannot be reached.
    public func steps(of id: JobID) async throws -> [RecordedStep] {
        // A dead letter has an outcome and is still there.
        guard let store = broker.steps, let job = try await broker.inspector?.find(id) else { return [] }
        return try await store.steps(of: id, in: job.envelope.queue).map(RecordedStep.init)
    }
}
