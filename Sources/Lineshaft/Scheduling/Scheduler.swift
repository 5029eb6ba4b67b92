//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging
public import ServiceLifecycle

/// Fires schedules: those that it is given, and all others that the broker holds.
///
/// ```swift
/// let scheduler = Scheduler(jobs) {
///     Schedule("nightly-report", .cron("0 3 * * *", in: "Europe/Berlin")) { Report() }
///     Schedule("heartbeat", .every(.seconds(30)), missed: .skip) { Heartbeat() }
/// }
/// ```
///
/// A scheduler is a `Service`. Run as many as you like, in as many processes: each tick submits one job, whoever of them is
/// there, and whoever dies meanwhile. Between ticks it sleeps.
public actor Scheduler: Service {
    /// The system to which jobs are submitted.
    public nonisolated let jobs: JobSystem
    private nonisolated let schedules: [Schedule]
    private nonisolated let logger: Logger
    private nonisolated let control = SchedulerControl()
    private nonisolated let alarm: Alarm
    private var hasRun = false
    private var timetable = Timetable()
    /// When to see what the store holds, by uptime.
    private var refresh = Duration.zero
    /// When to try again to add what could not be added, by uptime.
    private var definition: Duration?
    /// How many looks have failed in a row, for each schedule and, under `nil`, for the store.
    private var failures: [ScheduleID?: Int] = [:]

    /// Makes a scheduler.
    ///
    /// Nothing starts and nothing is checked before ``run()``.
    ///
    /// - Parameters:
    ///   - jobs: The system to which jobs are submitted.
    ///   - schedules: The schedules that this program defines. Those that were added by others fire as well.
    public init(_ jobs: JobSystem, @ScheduleBuilder schedules: () -> [Schedule] = { [] }) {
        self.jobs = jobs
        self.schedules = schedules()
        logger = jobs.configuration.logger
        alarm = Alarm(clock: jobs.clock) { [control] in control.wake.raise() }
    }

    /// Fires schedules until graceful shutdown, or until the calling task is cancelled.
    ///
    /// It begins with adding the schedules of this program to the store: a new one counts its ticks from then on, and one that is
    /// there gets this program's definition and keeps what it has fired and whether it is paused. Schedules that have
    /// vanished from the program stay until ``Schedules/remove(_:)``.
    ///
    /// - Throws: ``ConfigurationError`` when a schedule is not as it should be, two have one name, or the scheduler was run before;
    ///   ``JobError`` when a job cannot be encoded; ``BrokerError`` when the broker keeps no schedules or is closed for good.
    public func run() async throws {
        if hasRun {
            throw ConfigurationError(
                code: .invalidState,
                message: "The scheduler was run before. Make a new one to run again."
            )
        }
        hasRun = true
        let desk = try ScheduleDesk(jobs)
        let definitions = try makeDefinitions()
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await serve(desk, definitions)
            } onGracefulShutdown: { [control] in
                control.stop()
            }
        } onCancel: { [control] in
            control.stop()
        }
    }

    private func makeDefinitions() throws -> [(schedule: Schedule, definition: ScheduleDefinition)] {
        var known: Set<ScheduleID> = []
        return try schedules.map { schedule in
            guard known.insert(schedule.id).inserted else {
                throw ConfigurationError(
                    code: .duplicateName,
                    message: "Two schedules of one scheduler are named “\(schedule.id)”. Give one another name."
                )
            }
            return (schedule, try schedule.definition(codec: jobs.configuration.codec))
        }
    }

    private func serve(
        _ desk: ScheduleDesk,
        _ definitions: [(schedule: Schedule, definition: ScheduleDefinition)]
    ) async throws {
        let observer = ScheduleObserver { [control] id in control.noteChange(of: id) }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await self.alarm.run() }
            defer { alarm.stop() }
            var missing = definitions
            var isAttached = false
            while !control.isStopped {
                do {
                    if !isAttached { try await desk.store.attach(observer) }
                    isAttached = true
                    if definition ?? .zero <= jobs.clock.uptime { missing = try await add(missing, to: desk) }
                    try await takeChanges(desk)
                    failures[nil] = nil
                } catch {
                    // Those that are known already go on firing meanwhile.
                    try note(error, of: nil)
                }
                try takeReports()
                // Each by itself, so that a slow one holds up no other.
                for id in timetable.due(at: jobs.clock.uptime).prefix(Self.breadth - timetable.busyCount) {
                    timetable.begin(id)
                    group.addTask { await self.look(at: id, desk) }
                }
                let isFull = timetable.busyCount == Self.breadth
                alarm.set([isFull ? nil : timetable.nextMoment, definition, refresh].compactMap { $0 }.min())
                if !control.isStopped { await control.wake.waitUncancelled() }
            }
            await withUncancelledTask { await desk.store.detach(observer) }
        }
    }

    /// Adds schedules to the store; returns those that could not be added yet.
    private func add(
        _ missing: [(schedule: Schedule, definition: ScheduleDefinition)],
        to desk: ScheduleDesk
    ) async throws -> [(schedule: Schedule, definition: ScheduleDefinition)] {
        var rest: [(schedule: Schedule, definition: ScheduleDefinition)] = []
        for item in missing where !control.isStopped {
            do {
                _ = try await desk.define(item.schedule.id, as: item.definition, isPaused: item.schedule.isPaused)
                failures[item.schedule.id] = nil
            } catch {
                // What is stored of one may be damaged, which is no reason to leave out the others.
                try note(error, of: item.schedule.id)
                rest.append(item)
            }
        }
        definition = rest.isEmpty ? nil : jobs.clock.uptime + .seconds(5)
        return rest
    }

    /// Sees what the store holds that is new.
    private func takeChanges(_ desk: ScheduleDesk) async throws {
        let changes = control.takeChanges()
        guard changes.isEverything || jobs.clock.uptime >= refresh else { return timetable.noteChange(of: changes.ids) }
        // Whatever comes of it, the next time is some time away.
        refresh = jobs.clock.uptime + desk.store.refreshInterval
        let versions = try await desk.store.versions()
        timetable.calibrate(versions.time, at: jobs.clock.uptime)
        timetable.note(versions.versions)
    }

    /// How many schedules are seen to at once.
    private static let breadth = 16

    /// Sees to one schedule.
    private nonisolated func look(at id: ScheduleID, _ desk: ScheduleDesk) async {
        do {
            control.report(.success(try await desk.look(at: id)), of: id)
        } catch {
            control.report(.failure(error), of: id)
        }
    }

    private func takeReports() throws {
        for report in control.takeReports() {
            switch report.result {
            case .success(let look):
                failures[report.id] = nil
                timetable.calibrate(look.time, at: look.uptime)
                timetable.note(look, of: report.id)
            case .failure(let error): try note(error, of: report.id)
            }
        }
    }

    /// Something could not be done; it is tried again after a while that grows.
    private func note(_ error: any Error, of id: ScheduleID?) throws {
        if control.isStopped { return }
        if let error = error as? BrokerError, error.code == .closed { throw error }
        let count = failures[id, default: 0]
        failures[id] = count + 1
        let isTransient = (error as? BrokerError).map { $0.isTransient || $0.code == .queueFull } ?? false
        let pause = isTransient ? min(Duration.seconds(1 << min(count, 4)), .seconds(15)) : .seconds(60)
        let retry = jobs.clock.uptime + pause
        if let id { timetable.noteFailure(of: id, retry: retry) } else { refresh = retry }
        var metadata: Logger.Metadata = ["error": "\(error)"]
        if let id { metadata["schedule"] = "\(id)" }
        // The first time of several is worth a line.
        logger.log(
            level: count > 0 ? .debug : isTransient ? .warning : .error,
            "Schedules could not be seen to, and will be tried again",
            metadata: metadata
        )
    }
}
