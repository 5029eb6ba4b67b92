//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Reads which schedules there are.
package struct ScheduleVersionsCall: StorageCall {
    package let script = StorageScript.schedules
    package let keys: StorageKeys
    package let arguments: RESPWords = [Array("versions".utf8)]

    /// Creates a call.
    package init(settings: StorageSettings) {
        keys = settings.scheduleKeys
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> ScheduleVersions {
        let rows = try ScheduleRows(reply, script)
        var versions: [ScheduleID: UInt64] = [:]
        for (id, value) in rows.rows {
            var reader = ByteReader(value, of: "a schedule's version")
            versions[id] = try reader.read()
            try reader.finish()
        }
        return ScheduleVersions(versions: versions, time: rows.time)
    }
}

/// Reads schedules.
package struct ReadSchedulesCall: StorageCall {
    package let script = StorageScript.schedules
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - ids: The schedules; `nil` for all.
    ///   - settings: The server's settings.
    package init(_ ids: [ScheduleID]?, settings: StorageSettings) {
        keys = settings.scheduleKeys
        arguments = RESPWords([Array((ids == nil ? "all" : "read").utf8)] + (ids ?? []).map { Array($0.rawValue.utf8) })
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> ScheduleReading {
        let rows = try ScheduleRows(reply, script)
        var schedules: [StoredSchedule] = []
        for (id, value) in rows.rows {
            var reader = ByteReader(value, of: "a schedule")
            schedules.append(StoredSchedule(id: id, version: try reader.read(), bytes: reader.readRest()))
        }
        return ScheduleReading(schedules: schedules.sorted { $0.id < $1.id }, time: rows.time)
    }
}

/// Writes a schedule in place of one version of it.
package struct WriteScheduleCall: StorageCall {
    package let script = StorageScript.schedules
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - schedule: What to write.
    ///   - version: The version that it takes the place of; `nil` when there must be none.
    ///   - isNews: Whether to tell who listens.
    ///   - settings: The server's settings.
    package init(_ schedule: StoredSchedule, replacing version: UInt64?, isNews: Bool, settings: StorageSettings) {
        keys = settings.scheduleKeys
        func bytes(_ version: UInt64) -> [UInt8] {
            var writer = ByteWriter(reserving: 8)
            writer.write(version)
            return writer.bytes
        }
        arguments = [
            Array("write".utf8), Array(schedule.id.rawValue.utf8), version.map(bytes) ?? [], bytes(schedule.version),
            schedule.bytes, isNews ? settings.schedulesChannel : [],
        ]
    }

    /// Whether it was written.
    package func decode(_ reply: RESPValue) throws(StorageError) -> Bool {
        try reply.integer(script) == 1
    }
}

/// Removes a schedule.
package struct RemoveScheduleCall: StorageCall {
    package let script = StorageScript.schedules
    package let isPromise = true
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - id: The schedule.
    ///   - version: The version to remove; `nil` for any.
    ///   - settings: The server's settings.
    package init(_ id: ScheduleID, version: UInt64?, settings: StorageSettings) {
        keys = settings.scheduleKeys
        var arguments: RESPWords = [Array("remove".utf8), Array(id.rawValue.utf8), settings.schedulesChannel]
        if let version { arguments.append(length: 8) { $0.write(version) } }
        self.arguments = arguments
    }

    /// Whether it was there.
    package func decode(_ reply: RESPValue) throws(StorageError) -> Bool {
        try reply.integer(script) == 1
    }
}

/// What reading schedules answers with.
private struct ScheduleRows {
    let time: Timestamp
    let rows: [(id: ScheduleID, value: [UInt8])]

    init(_ reply: RESPValue, _ script: StorageScript) throws(StorageError) {
        let replies = try reply.array(script)
        guard let first = replies.first, !replies.count.isMultiple(of: 2) else {
            throw reply.unexpected(script, "a time, and a value for each name")
        }
        var clock = ByteReader(try first.bytes(script), of: "the server's time")
        time = Timestamp(microseconds: try clock.read())
        var rows: [(id: ScheduleID, value: [UInt8])] = []
        for index in stride(from: 1, to: replies.count, by: 2) {
            let name = try replies[index].bytes(script)
            guard let text = String(validating: name, as: UTF8.self) else {
                throw StorageError(.malformed, "The name of a schedule is not UTF-8: something else has written it.")
            }
            rows.append((ScheduleID(text), try replies[index + 1].bytes(script)))
        }
        self.rows = rows
    }
}

extension StorageSettings {
    /// The hashes of schedules' records and versions.
    var scheduleKeys: StorageKeys {
        StorageKeys(["records", "versions"].map { Array("\(prefix)schedules:{schedules}:\($0)".utf8) })
    }

    /// The channel of those who fire schedules.
    package var schedulesChannel: [UInt8] { Array((prefix + "schedules").utf8) }
}
