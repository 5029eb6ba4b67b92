//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A schedule store with which things go wrong, see ``FaultInjectingBroker``.
struct FaultInjectingScheduleStore: ScheduleStore {
    private let store: any ScheduleStore
    private let faults: FaultInjector

    init(_ store: any ScheduleStore, faults: FaultInjector) {
        self.store = store
        self.faults = faults
    }

    /// The store's own interval, or four seconds: faults may swallow what tells of a change.
    var refreshInterval: Duration { min(store.refreshInterval, .seconds(4)) }

    func versions() async throws(BrokerError) -> ScheduleVersions {
        try await faults.call(.readSchedules) { () async throws(BrokerError) in try await store.versions() }
    }

    func read(_ ids: [ScheduleID]?) async throws(BrokerError) -> ScheduleReading {
        try await faults.call(.readSchedules) { () async throws(BrokerError) in try await store.read(ids) }
    }

    func write(
        _ schedule: StoredSchedule,
        replacing version: UInt64?,
        isNews: Bool
    ) async throws(BrokerError) -> Bool {
        try await faults.call(.writeSchedule) { () async throws(BrokerError) in
            try await store.write(schedule, replacing: version, isNews: isNews)
        }
    }

    func remove(_ id: ScheduleID, version: UInt64?) async throws(BrokerError) -> Bool {
        try await faults.call(.writeSchedule) { () async throws(BrokerError) in
            try await store.remove(id, version: version)
        }
    }

    func create(
        _ workflow: WorkflowHead,
        before deadline: Timestamp
    ) async throws(BrokerError) -> WorkflowCreation {
        try await faults.call(.fireSchedule) { () async throws(BrokerError) in
            try await store.create(workflow, before: deadline)
        }
    }

    func confirm(_ workflow: JobID) async throws(BrokerError) {
        try await faults.call(.fireSchedule) { () async throws(BrokerError) in try await store.confirm(workflow) }
    }

    func submit(_ submission: Submission, under fence: ScheduleFence) async throws(BrokerError) -> Receipt {
        try await faults.call(.fireSchedule) { () async throws(BrokerError) in
            try await store.submit(submission, under: fence)
        }
    }

    /// Connects an observer, whom changes reach unharmed.
    func attach(_ observer: ScheduleObserver) async throws(BrokerError) {
        try await faults.call(.attachObserver) { () async throws(BrokerError) in try await store.attach(observer) }
    }

    func detach(_ observer: ScheduleObserver) async {
        await faults.callSilently(.attachObserver) { await store.detach(observer) }
    }
}
