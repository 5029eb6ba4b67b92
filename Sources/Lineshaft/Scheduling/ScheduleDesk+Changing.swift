//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension ScheduleDesk {
    /// Adds a schedule, or gives one that is there another definition.
    ///
    /// - Parameters:
    ///   - id: The schedule.
    ///   - definition: What its users say.
    ///   - isPaused: Whether a new one waits until it is resumed.
    /// - Returns: The record as it is now.
    /// - Throws: As ``look(at:)``.
    func define(_ id: ScheduleID, as definition: ScheduleDefinition, isPaused: Bool) async throws -> Sheet {
        try check(id, definition)
        var written: UInt64?
        var unread = 0
        while true {
            let reading = try await store.read([id])
            guard let stored = reading.schedules.first else {
                let record = ScheduleRecord(id: id, definition: definition, isPaused: isPaused, now: reading.time)
                let new = StoredSchedule(id: id, version: makeVersion(), bytes: try record.encoded())
                if try await store.write(new, replacing: nil, isNews: true) {
                    return try sheet(new, at: reading.time, written: new.version)
                }
                // Somebody else may have added it; but not time and again without its being read.
                unread += 1
                if unread == Self.unreadLimit { throw unreadable(id) }
                continue
            }
            let old = try sheet(stored, at: reading.time, written: written)
            if old.record.definition == definition { return old }
            // What has been decided by the old definition is submitted by it.
            guard let settled = try await settle(old, leavingOutFull: true, &written) else { continue }
            var record = settled.record
            record.redefine(as: definition, now: reading.time)
            if let sheet = try await replace(settled, with: record, isNews: true, &written) { return sheet }
        }
    }

    /// Refuses a workflow where there is no store for it, or that is too large.
    private func check(_ id: ScheduleID, _ definition: ScheduleDefinition) throws {
        guard definition.work.isWorkflow else { return }
        _ = try jobs.workflowStore
        let record = ScheduleRecord(id: id, definition: definition, isPaused: false, now: jobs.clock.now)
        let size = try record.encoded().count
        guard size > ScheduledWorkflow.maximumSize else { return }
        throw ConfigurationError(
            code: .invalidSchedule,
            message:
                "The workflow of the schedule “\(id)” takes \(size) bytes, which are read and written at each tick; "
                + "\(ScheduledWorkflow.maximumSize) are allowed. Schedule a job that turns out to be the workflow when it runs."
        )
    }

    /// How often something may be in the way of a new schedule that cannot be read.
    private static let unreadLimit = 8

    private func unreadable(_ id: ScheduleID) -> BrokerError {
        BrokerError(
            code: .corrupt,
            message:
                "There is something in the place of the schedule “\(id)” that cannot be read, so it cannot be added. "
                + "Remove it, then add the schedule again."
        )
    }

    /// Changes a schedule that must be there.
    ///
    /// - Parameters:
    ///   - id: The schedule.
    ///   - isLenient: Whether to leave out what is pending and does not fit into its queue.
    ///   - change: What to change, given the store's time.
    /// - Returns: The record as it is now.
    /// - Throws: ``ConfigurationError`` with the code `unknownSchedule`, and as ``look(at:)``.
    func change(
        _ id: ScheduleID,
        leavingOutFull isLenient: Bool = true,
        _ change: (inout ScheduleRecord, Timestamp) -> Void
    ) async throws -> Sheet {
        var written: UInt64?
        while true {
            let reading = try await store.read([id])
            guard let stored = reading.schedules.first else { throw await unknown(id) }
            let old = try sheet(stored, at: reading.time, written: written)
            guard let settled = try await settle(old, leavingOutFull: isLenient, &written) else { continue }
            var record = settled.record
            change(&record, reading.time)
            if record == settled.record { return settled }
            if let sheet = try await replace(settled, with: record, isNews: true, &written) { return sheet }
        }
    }

    /// Does what is pending, so that the record can be changed; `nil` when somebody else has changed it.
    ///
    /// What does not fit into its queue is left out when a full queue must not keep people from changing the schedule.
    private func settle(_ sheet: Sheet, leavingOutFull isLenient: Bool, _ written: inout UInt64?) async throws -> Sheet?
    {
        let firings = sheet.record.pending
        if firings.isEmpty { return sheet }
        if let record = sheet.machine.withoutOutdated(now: sheet.time) {
            return try await replace(sheet, with: record, isNews: false, &written)
        }
        let record: ScheduleRecord
        do {
            record = try await submit(firings, of: sheet).record
        } catch let error as BrokerError where error.code == .queueFull && isLenient {
            var rest = sheet.record
            rest.complete(last: nil, problem: "The schedule was changed before there was room: \(error.message)")
            record = rest
        }
        guard let next = try await replace(sheet, with: record, isNews: false, &written) else { return nil }
        await confirm(firings, of: sheet)
        return next
    }

    /// Does what is pending in a record that the caller has written.
    ///
    /// - Returns: What was submitted, by this process or by one that was faster.
    /// - Throws: Why it was refused, and as ``look(at:)``.
    func finish(_ sheet: Sheet, _ written: inout UInt64?) async throws -> JobID? {
        let firings = sheet.record.pending
        let end = try await submit(firings, of: sheet)
        if try await replace(sheet, with: end.record, isNews: false, &written) != nil {
            await confirm(firings, of: sheet)
        }
        if let refusal = end.refusal { throw refusal }
        return end.last
    }

    /// The error for a schedule that is not there.
    func unknown(_ id: ScheduleID) async -> any Error {
        let known: [String]
        do throws(BrokerError) {
            known = try await store.versions().versions.keys.map(\.rawValue).sorted()
        } catch {
            return error
        }
        let near = Likeness.nearest(to: id.rawValue, among: known, limit: 3).map { "“\($0)”" }
        return ConfigurationError(
            code: .unknownSchedule,
            message: "There is no schedule “\(id)”. "
                + (near.isEmpty ? "Add it first." : "Did you mean \(near.joined(separator: " or "))?")
        )
    }
}
