//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import Lineshaft
import LineshaftTesting
import ServiceLifecycle
import Testing

private struct Report: Job {
    static let name: JobName = "docs.report"
    var kind: String
}

private struct Heartbeat: Job {
    static let name: JobName = "docs.heartbeat"
}

private struct Announcement: Job {
    static let name: JobName = "docs.announcement"
}

private struct Digest: Job {
    static let name: JobName = "docs.digest"
    var user: Int
}

@Suite("The code of Schedules", .timeLimit(.minutes(20)))
struct SchedulesSnippets {
    private func write(_ report: Report, until day: Timestamp) async throws {}

    private func handler() -> Handler<Report> {
        Handler(for: Report.self) { report, context in
            let day = context.tick?.time ?? context.submitted
            try await write(report, until: day)
        }
    }

    @Test("Schedules are defined in code and fire")
    func definitions() async throws {
        let clock = VirtualClock()
        let jobs = try await memorySystem(clock: clock)
        let launch = clock.now + .seconds(3_600)
        let scheduler = Scheduler(jobs) {
            Schedule("nightly", .cron("0 3 * * *", in: "Europe/Berlin"), overlap: .skip) { Report(kind: "daily") }
            Schedule("heartbeat", .every(.seconds(30)), missed: .skip) { Heartbeat() }
            Schedule("launch", .at(launch)) { Announcement() }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            while try await jobs.inspector.counts(of: .default).ready < 3 {
                try await clock.waitForSleeper()
                clock.advance(by: .seconds(15))
            }
            group.cancelAll()
        }
        #expect(try await jobs.schedules.list().map(\.id) == ["heartbeat", "launch", "nightly"])
        _ = handler()
        await jobs.shutdown()
    }

    @Test("A workflow is scheduled")
    func workflow() async throws {
        let jobs = try await memorySystem(clock: VirtualClock())
        let schedules = [
            Schedule("import", .cron("0 4 * * *"), retention: .seconds(86_400), overlap: .skip) {
                Report(kind: "daily").followed(by: Announcement())
            }
        ]
        for schedule in schedules { try await jobs.schedules.add(schedule) }
        let id = try await jobs.schedules.runNow("import")
        #expect(try await jobs.workflow(for: id).status.total == 2)
        await jobs.shutdown()
    }

    @Test("Schedules are added, listed, run and removed")
    func changes() async throws {
        let jobs = try await memorySystem(clock: VirtualClock())
        try await jobs.schedules.add(Schedule("digest", .cron("@every 6h"), jitter: .seconds(300)) { Digest(user: 7) })

        for schedule in try await jobs.schedules.list() {
            print(schedule.id, schedule.recurrence, schedule.nextTick?.description ?? "–", schedule.problem ?? "")
        }
        let soon = try await jobs.schedules.next(5, of: "digest")
        let job = try await jobs.schedules.runNow("digest")

        #expect(soon.count == 5)
        #expect(try await jobs.inspector.find(job)?.state == .ready)
        try await jobs.schedules.pause("digest")
        try await jobs.schedules.resume("digest")
        try await jobs.schedules.remove("digest")
        #expect(try await jobs.schedules.list().isEmpty)
        await jobs.shutdown()
    }
}
