//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

/// One process of a case that fires schedules.
final class SchedulerHost: Sendable {
    let process: SimulatedProcess
    let faults: FaultInjector
    let jobs: JobSystem
    private let scheduler: Scheduler
    private let stop = TrialGate()

    init(process: SimulatedProcess, faults: FaultInjector, jobs: JobSystem, scheduler: Scheduler) {
        self.process = process
        self.faults = faults
        self.jobs = jobs
        self.scheduler = scheduler
    }

    /// Runs the scheduler until it is told to stop, or dies.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.process.run { try await self.scheduler.run() } }
            group.addTask { await self.stop.wait() }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Ends ``run()``.
    func end() {
        stop.open()
    }
}

extension SystemTrial {
    /// A process with a scheduler and its own way to the broker; a direct one is the broker itself, with which nothing goes
    /// wrong.
    func scheduler(
        _ name: String = "scheduler-1",
        isDirect: Bool = false,
        configure: (inout JobSystem.Configuration) -> Void = { _ in },
        @ScheduleBuilder schedules: () -> [Schedule]
    ) async throws -> SchedulerHost {
        let process = SimulatedProcess(name: name)
        let faults = FaultInjector(clock: clock, process: process)
        let jobs = try await system(isDirect ? broker : FaultInjectingBroker(broker, faults: faults), configure)
        let list = schedules()
        return SchedulerHost(process: process, faults: faults, jobs: jobs, scheduler: Scheduler(jobs) { list })
    }

    /// Runs schedulers while `body` goes on.
    func firing(_ hosts: SchedulerHost..., body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for host in hosts { group.addTask { try await host.run() } }
            do {
                try await settleDown()
                try await body()
            } catch {
                for host in hosts { host.end() }
                group.cancelAll()
                throw error
            }
            for host in hosts { host.end() }
            while try await group.next() != nil {}
        }
    }

    /// A worker that notes the tick of each job, in seconds from the start of the case.
    func noting(from start: Timestamp, word: String = "") async throws -> TrialHost {
        try await host("worker") {
            Handler(for: Errand.self) { [notes] errand, context in
                let seconds = context.tick.map { start.duration(to: $0.time).components.seconds }
                notes.note(errand.word + (seconds.map { " \($0)" } ?? ""))
                return errand.word
            }
        }
    }
}
