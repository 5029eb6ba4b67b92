//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

/// Does what ``ScheduleMachine`` decides: reads and writes records, submits and cancels jobs.
///
/// It holds no state of its own, so that every call may be made by any process, and repeated.
package struct ScheduleDesk: Sendable {
    /// How a look at a schedule ended.
    package struct Look: Sendable, Hashable {
        /// The version that was looked at; `nil` when the schedule is gone or others are changing it.
        package let version: UInt64?
        /// When to look again, by the store's clock; `nil` when nothing is to come.
        package let until: Timestamp?
        /// The store's time at the look.
        package let time: Timestamp
        /// The uptime at which that was heard.
        package let uptime: Duration

        package init(version: UInt64?, until: Timestamp?, time: Timestamp, uptime: Duration) {
            self.version = version
            self.until = until
            self.time = time
            self.uptime = uptime
        }
    }

    /// A record as it was read, and what is known beside it.
    struct Sheet {
        let version: UInt64
        let record: ScheduleRecord
        let timing: RecurrenceTiming
        /// The store's time when it was read.
        let time: Timestamp
        /// Whether this process has written it.
        var isOwn: Bool
        var previous = ScheduleMachine.Previous.unknown

        var machine: ScheduleMachine { ScheduleMachine(record, timing: timing) }
    }

    let jobs: JobSystem
    package let store: any ScheduleStore

    /// Creates a desk.
    ///
    /// - Parameter jobs: Where jobs are submitted.
    /// - Throws: ``BrokerError`` with the code `unsupported` when the broker keeps no schedules.
    package init(_ jobs: JobSystem) throws(BrokerError) {
        guard let store = jobs.broker.schedules else {
            throw BrokerError(
                code: .unsupported,
                message: "This broker keeps no schedules. Use one that does, such as Redis or the in-memory broker."
            )
        }
        self.jobs = jobs
        self.store = store
    }

    /// How often others may be faster before the rest is left to them.
    static let maximumRounds = 20

    /// Does all that is to be done about a schedule now.
    ///
    /// - Parameter id: The schedule.
    /// - Returns: When to look again.
    /// - Throws: ``BrokerError`` when broker or store cannot be reached, or what is stored cannot be read;
    ///   ``ConfigurationError`` when the schedule's zone is not known here.
    package func look(at id: ScheduleID) async throws -> Look {
        var written: UInt64?
        var round = 0
        while true {
            let reading = try await store.read([id])
            let uptime = jobs.clock.uptime
            func look(_ version: UInt64?, until: Timestamp?) -> Look {
                Look(version: version, until: until, time: reading.time, uptime: uptime)
            }
            guard let stored = reading.schedules.first else { return look(nil, until: nil) }
            let sheet = try sheet(stored, at: reading.time, written: written)
            switch try await work(sheet, &written) {
            case .resting(let version, let until): return look(version, until: until)
            case .overtaken: round += 1
            }
            // Others are busy with it.
            if round == Self.maximumRounds { return look(nil, until: reading.time + .seconds(1)) }
        }
    }

    /// How the work on a record ended.
    enum WorkEnd {
        /// Nothing is left to do before a time.
        case resting(version: UInt64, until: Timestamp?)
        /// Somebody else has changed the record.
        case overtaken
    }

    /// Reads what is stored.
    func sheet(_ stored: StoredSchedule, at time: Timestamp, written: UInt64? = nil) throws -> Sheet {
        let record = try ScheduleRecord(stored)
        return Sheet(
            version: stored.version,
            record: record,
            timing: try RecurrenceTiming(record.definition.recurrence),
            time: time,
            // The answer to a write may have been lost.
            isOwn: stored.version == written
        )
    }

    /// Takes step after step until there is none left.
    func work(_ sheet: Sheet, _ written: inout UInt64?) async throws -> WorkEnd {
        var sheet = sheet
        while true {
            switch sheet.machine.step(now: sheet.time, isOwn: sheet.isOwn, previous: sheet.previous) {
            case .rest(let until): return .resting(version: sheet.version, until: until)
            case .ask(let job): sheet.previous = try await isAlive(job) ? .alive : .over
            case .write(let record):
                guard let next = try await replace(sheet, with: record, isNews: false, &written) else {
                    return .overtaken
                }
                sheet = next
            case .submit(let firings):
                let record = try await submit(firings, of: sheet)
                guard let next = try await replace(sheet, with: record, isNews: false, &written) else {
                    return .overtaken
                }
                sheet = next
            }
        }
    }

    /// Writes a record in place of the one that was read; `nil` when somebody else has changed that.
    func replace(
        _ sheet: Sheet,
        with record: ScheduleRecord,
        isNews: Bool,
        _ written: inout UInt64?
    ) async throws -> Sheet? {
        let version = makeVersion()
        written = version
        let stored = StoredSchedule(id: record.id, version: version, bytes: try record.encoded())
        guard try await store.write(stored, replacing: sheet.version, isNews: isNews) else { return nil }
        return Sheet(
            version: version,
            record: record,
            timing: record.definition.recurrence == sheet.record.definition.recurrence
                ? sheet.timing : try RecurrenceTiming(record.definition.recurrence),
            time: sheet.time,
            isOwn: true
        )
    }

    /// A number that no version has had: by it a process knows its own writing again.
    func makeVersion() -> UInt64 { jobs.random.withGenerator { $0.next() } }

    // MARK: Jobs

    /// Whether a job waits or runs.
    private func isAlive(_ job: JobID) async throws -> Bool {
        if try await jobs.results.outcomes(of: [job])[job] != nil { return false }
        switch try await jobs.inspector.find(job)?.state {
        case .scheduled, .ready, .running: return true
        case .dead, .ended, nil: return false
        }
    }

    /// Submits firings in order.
    ///
    /// - Parameters:
    ///   - firings: What is pending.
    ///   - sheet: The record that they are in.
    /// - Returns: The record without them.
    /// - Throws: ``BrokerError`` when it is worth trying again; they are then still pending.
    func submit(_ firings: [ScheduleRecord.Firing], of sheet: Sheet) async throws -> ScheduleRecord {
        var last: ScheduleRecord.Last?
        var problem: String?
        for firing in firings {
            do {
                if let replaced = firing.replaced { try await jobs.cancel(replaced) }
                last = ScheduleRecord.Last(tick: firing.tick, job: try await submit(firing, of: sheet))
            } catch let error as BrokerError where Self.isPassing(error) {
                throw error
            } catch let error as CancellationError {
                throw error
            } catch {
                // It would be refused again and again, and keep all later ticks from firing.
                problem = "The firing of \(firing.tick) was refused: \(error)"
                jobs.configuration.logger.error(
                    "A schedule's job was refused, and the tick is left out",
                    metadata: ["schedule": "\(sheet.record.id)", "tick": "\(firing.tick)", "error": "\(error)"]
                )
            }
        }
        var record = sheet.record
        record.complete(last: last, problem: problem)
        return record
    }

    private func submit(_ firing: ScheduleRecord.Firing, of sheet: Sheet) async throws -> JobID {
        let record = sheet.record
        let id = record.jobID(of: firing)
        let fence = record.fence(of: firing)
        let tick = ScheduleTick(schedule: record.id, time: firing.tick)
        switch record.definition.work.kind {
        case .job(let template):
            let draft = template.draft(id: id, at: sheet.time, headers: tick.headers)
            let receipts = try await jobs.enqueue([draft]) { [jobs, store] drafts in
                var receipts: [Receipt] = []
                for draft in drafts {
                    receipts.append(
                        try await jobs.send(draft) { (submission) async throws(BrokerError) in
                            try await store.submit(submission, under: fence)
                        }
                    )
                }
                return receipts
            }
            guard case .duplicate(let original) = receipts.first else { return id }
            return original
        }
    }

    /// Whether a failure may go away by itself.
    private static func isPassing(_ error: BrokerError) -> Bool {
        [.unavailable, .queueFull, .cancelled, .closed].contains(error.code)
    }
}
