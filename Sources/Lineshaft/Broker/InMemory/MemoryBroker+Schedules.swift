//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// The schedules of an in-memory broker.
struct MemorySchedules: ScheduleStore {
    let broker: MemoryBroker

    /// Once a minute: inside one process nothing is lost on the way, but somebody may set the clock.
    var refreshInterval: Duration { .seconds(60) }

    func versions() async throws(BrokerError) -> ScheduleVersions {
        try await broker.onShelf { ScheduleVersions(versions: $0.schedules.mapValues(\.version), time: $1) }
    }

    func read(_ ids: [ScheduleID]?) async throws(BrokerError) -> ScheduleReading {
        try await broker.onShelf { shelf, now in
            let found = ids.map { $0.compactMap { shelf.schedules[$0] } } ?? Array(shelf.schedules.values)
            return ScheduleReading(schedules: found.sorted { $0.id < $1.id }, time: now)
        }
    }

    func write(
        _ schedule: StoredSchedule,
        replacing version: UInt64?,
        isNews: Bool
    ) async throws(BrokerError) -> Bool {
        try await broker.onShelf { shelf, _ in
            guard shelf.write(schedule, replacing: version) else { return false }
            if isNews { shelf.tellObservers(of: schedule.id) }
            return true
        }
    }

    func remove(_ id: ScheduleID, version: UInt64?) async throws(BrokerError) -> Bool {
        try await broker.onShelf { shelf, _ in
            guard shelf.remove(id, version: version) else { return false }
            shelf.tellObservers(of: id)
            return true
        }
    }

    func create(
        _ workflow: WorkflowHead,
        before deadline: Timestamp
    ) async throws(BrokerError) -> WorkflowCreation {
        // Throws when the broker is closed.
        try await broker.onShelf { _, _ in }
        return try await broker.workflowStore.create(workflow, before: deadline)
    }

    func confirm(_ workflow: JobID) async throws(BrokerError) {
        await broker.workflowStore.confirm(workflow)
    }

    func submit(_ submission: Submission, under fence: ScheduleFence) async throws(BrokerError) -> Receipt {
        try await broker.submit(submission, under: fence)
    }

    func attach(_ observer: ScheduleObserver) async throws(BrokerError) {
        try await broker.onShelf { shelf, _ in
            shelf.attach(observer)
            observer.change(of: nil)
        }
    }

    func detach(_ observer: ScheduleObserver) async {
        await broker.detach(observer)
    }
}

extension MemoryBroker {
    /// Lets `body` have the schedules and the time, if the broker is open.
    func onShelf<Value: Sendable>(
        _ body: @Sendable (inout ScheduleShelf, Timestamp) -> Value
    ) throws(BrokerError) -> Value {
        let moment = try begin()
        finish(moment)
        return body(&shelf, moment.now)
    }

    /// Accepts a job, unless the fence does not let it in.
    func submit(_ submission: Submission, under fence: ScheduleFence) throws(BrokerError) -> Receipt {
        try check(submission.envelope)
        let isNew = try onShelf { shelf, _ in shelf.admits(fence) }
        guard isNew else { return .accepted }
        let receipt = try add([submission]).first ?? .accepted
        if receipt != .full { shelf.note(fence, at: clock.now) }
        return receipt
    }

    /// Tells an observer no more, also when the broker is closed.
    func detach(_ observer: ScheduleObserver) {
        shelf.detach(observer)
    }
}
