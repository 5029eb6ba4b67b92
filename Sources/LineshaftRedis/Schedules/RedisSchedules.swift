//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Lineshaft

/// The schedules that a Redis server keeps beside its queues.
struct RedisSchedules: ScheduleStore {
    let broker: RedisBroker

    /// Every 15 seconds, should a message have been lost on the way.
    var refreshInterval: Duration { .seconds(15) }

    func versions() async throws(BrokerError) -> ScheduleVersions {
        try await broker.call(ScheduleVersionsCall(settings: broker.settings))
    }

    func read(_ ids: [ScheduleID]?) async throws(BrokerError) -> ScheduleReading {
        try await broker.call(ReadSchedulesCall(ids, settings: broker.settings))
    }

    func write(
        _ schedule: StoredSchedule,
        replacing version: UInt64?,
        isNews: Bool
    ) async throws(BrokerError) -> Bool {
        let settings = broker.settings
        return try await broker.call(
            WriteScheduleCall(schedule, replacing: version, isNews: isNews, settings: settings)
        )
    }

    func remove(_ id: ScheduleID, version: UInt64?) async throws(BrokerError) -> Bool {
        try await broker.call(RemoveScheduleCall(id, version: version, settings: broker.settings))
    }

    func create(
        _ workflow: WorkflowHead,
        before deadline: Timestamp
    ) async throws(BrokerError) -> WorkflowCreation {
        let call = FireWorkflowCall(workflow, before: deadline, prefix: broker.settings.prefix)
        guard let creation = try await broker.call(call) else { throw WorkflowMissing.otherShape(workflow.id) }
        if creation == .unfinished { try await RedisWorkflowStore(broker: broker).appendParts(of: workflow) }
        return creation
    }

    func confirm(_ workflow: JobID) async throws(BrokerError) {
        try await broker.call(ConfirmWorkflowCall(workflow, prefix: broker.settings.prefix))
    }

    func submit(_ submission: Submission, under fence: ScheduleFence) async throws(BrokerError) -> Receipt {
        try await broker.submit(submission, under: fence)
    }

    func attach(_ observer: ScheduleObserver) async throws(BrokerError) {
        try await broker.attach(observer)
    }

    func detach(_ observer: ScheduleObserver) async {
        await broker.detach(observer)
    }
}

extension RedisBroker {
    /// The schedules that the server keeps beside its queues.
    public nonisolated var schedules: (any ScheduleStore)? { RedisSchedules(broker: self) }

    /// Accepts a job, unless the fence does not let it in.
    func submit(_ submission: Submission, under fence: ScheduleFence) async throws(BrokerError) -> Receipt {
        let job = try encode(submission)
        let queue = submission.envelope.queue
        try await register(queue)
        return try await call(FireCall(job, under: fence, keys: keys(queue), settings: settings))
    }

    /// Tells an observer of what is published about schedules, from now on.
    func attach(_ observer: ScheduleObserver) async throws(BrokerError) {
        scheduleObservers[ObjectIdentifier(observer)] = observer
        try await listen(to: settings.schedulesChannel)
        observer.change(of: nil)
    }

    func detach(_ observer: ScheduleObserver) {
        scheduleObservers[ObjectIdentifier(observer)] = nil
        if scheduleObservers.isEmpty { listener?.stopListening(to: settings.schedulesChannel) }
    }

    /// Something has been said about a schedule; `nil` when something may have been missed.
    func noteScheduleChange(of id: ScheduleID?) {
        for observer in scheduleObservers.values { observer.change(of: id) }
    }
}
