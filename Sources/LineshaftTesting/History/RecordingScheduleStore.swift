//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// A schedule store that writes down the jobs it accepts, see ``RecordingBroker``.
struct RecordingScheduleStore: ScheduleStore {
    private let store: any ScheduleStore
    private let recorder: HistoryRecorder
    private let process: String

    init(_ store: any ScheduleStore, recorder: HistoryRecorder, process: String) {
        self.store = store
        self.recorder = recorder
        self.process = process
    }

    var refreshInterval: Duration { store.refreshInterval }

    func versions() async throws(BrokerError) -> ScheduleVersions { try await store.versions() }

    func read(_ ids: [ScheduleID]?) async throws(BrokerError) -> ScheduleReading { try await store.read(ids) }

    func write(
        _ schedule: StoredSchedule,
        replacing version: UInt64?,
        isNews: Bool
    ) async throws(BrokerError) -> Bool {
        try await store.write(schedule, replacing: version, isNews: isNews)
    }

    func remove(_ id: ScheduleID, version: UInt64?) async throws(BrokerError) -> Bool {
        try await store.remove(id, version: version)
    }

    func create(
        _ workflow: WorkflowHead,
        before deadline: Timestamp
    ) async throws(BrokerError) -> WorkflowCreation {
        try await store.create(workflow, before: deadline)
    }

    func confirm(_ workflow: JobID) async throws(BrokerError) { try await store.confirm(workflow) }

    func submit(_ submission: Submission, under fence: ScheduleFence) async throws(BrokerError) -> Receipt {
        let call = recorder.nextCall()
        recorder.record(.submitting(call: call, SubmittedJob(submission.envelope)), by: process)
        let receipt = try await store.submit(submission, under: fence)
        let job = submission.envelope.id
        switch receipt {
        case .accepted: recorder.record(.accepted(call: call, job: job), by: process)
        case .duplicate(let original):
            recorder.record(.declined(call: call, job: job, original: original), by: process)
        case .full: recorder.record(.declined(call: call, job: job, original: nil), by: process)
        }
        return receipt
    }

    func attach(_ observer: ScheduleObserver) async throws(BrokerError) { try await store.attach(observer) }

    func detach(_ observer: ScheduleObserver) async { await store.detach(observer) }
}
