//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

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
            case .removed: return look(nil, until: nil)
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
        /// The schedule was over and is gone.
        case removed
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
            case .ask(let last): sheet.previous = try await isAlive(last) ? .alive : .over
            case .remove: return try await store.remove(sheet.record.id, version: sheet.version) ? .removed : .overtaken
            case .write(let record):
                guard let next = try await replace(sheet, with: record, isNews: false, &written) else {
                    return .overtaken
                }
                sheet = next
            case .submit(let firings):
                let end = try await submit(firings, of: sheet)
                guard let next = try await replace(sheet, with: end.record, isNews: false, &written) else {
                    return .overtaken
                }
                await confirm(firings, of: sheet)
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
}
