//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Looks for jobs in one queue.
package struct FindCall: StorageCall {
    package let script = StorageScript.find
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let ids: [JobID]
    private let queue: QueueName

    /// Creates a call for at most ``StorageLimits/jobs`` jobs.
    package init(_ ids: [JobID], keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        self.ids = ids
        queue = keys.queue
        arguments = settings.arguments + ids.map(\.bytes)
    }

    /// The server's time, and the jobs that are there.
    package func decode(
        _ reply: RESPValue
    ) throws(StorageError) -> (now: Timestamp, jobs: [JobID: JobSnapshot]) {
        let replies = try reply.array(script)
        guard let first = replies.first, replies.count == ids.count + 1 else {
            throw reply.unexpected(script, "the time and \(ids.count) jobs")
        }
        var jobs: [JobID: JobSnapshot] = [:]
        for (id, item) in zip(ids, replies.dropFirst()) {
            if case .null = item { continue }
            jobs[id] = try JobDescription(try item.array(script, count: 8), script).snapshot(queue)
        }
        return (Timestamp(microseconds: try first.integer(script)), jobs)
    }
}

/// Reads a page of one queue's jobs in one state, in the order in which they would be taken.
package struct PageCall: StorageCall {
    package let script = StorageScript.page
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let queue: QueueName

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - state: The state.
    ///   - cursor: The last page's cursor, or `nil` for the first page.
    ///   - limit: The most jobs, from 1 to ``StorageLimits/jobs``.
    ///   - keys: The queue's keys.
    ///   - settings: The server's settings.
    /// - Throws: ``StorageError`` when the cursor is none.
    package init(
        _ state: JobState,
        after cursor: String?,
        limit: Int,
        keys: QueueKeys,
        settings: StorageSettings
    ) throws(StorageError) {
        self.keys = keys.keys
        queue = keys.queue
        let letter =
            switch state {
            case .scheduled: "s"
            case .ready: "e"
            case .running: "r"
            case .dead: "d"
            // Outcomes are stored together with the end, so no job is ever on the way between the two.
            case .ended: "d"
            }
        guard let place = Self.bytes(of: cursor ?? "") else {
            throw StorageError(
                .malformed,
                "“\(cursor ?? "")” is not a cursor of a page of jobs; pass the one of the last page, or nil."
            )
        }
        let most = min(max(limit, 1), StorageLimits.jobs)
        arguments = settings.arguments + [Array(letter.utf8), place, Array(String(most).utf8)]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> JobPage {
        let parts = try reply.array(script, count: 2)
        let cursor = try parts[0].bytes(script)
        var jobs: [JobSnapshot] = []
        for item in try parts[1].array(script) {
            jobs.append(try JobDescription(try item.array(script, count: 8), script).snapshot(queue))
        }
        return JobPage(jobs: jobs, cursor: cursor.isEmpty ? nil : Self.text(of: cursor))
    }

    /// A cursor as text: hexadecimal, for it may hold an identifier.
    private static func text(of bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func bytes(of text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var half: Int?
        for character in text {
            guard character.isASCII, let digit = character.hexDigitValue else { return nil }
            if let high = half {
                bytes.append(UInt8(high << 4 | digit))
                half = nil
            } else {
                half = digit
            }
        }
        // A part of the queue, a place in it, and what had it.
        let isCursor = bytes.isEmpty || (bytes.count > 3 && bytes[1] == UInt8(ascii: "|") && bytes[0] < 0x34)
        return half == nil && isCursor ? bytes : nil
    }
}

/// What a script says of one job.
struct JobDescription {
    private let letter: UInt8
    private let bytes: [UInt8]
    private let due: Int64
    private let ahead: Int64
    private let run: [UInt8]
    private let state: [UInt8]
    private let id: JobID
    private let hold: [UInt8]

    init(_ parts: [RESPValue], _ script: StorageScript) throws(StorageError) {
        letter = try parts[0].bytes(script).first ?? 0
        bytes = try parts[1].bytes(script)
        due = try parts[2].integer(script)
        ahead = try parts[3].integer(script)
        run = try parts[4].bytes(script)
        state = try parts[5].bytes(script)
        var reader = ByteReader(try parts[6].bytes(script), of: "a job's identifier")
        id = try reader.readID()
        hold = try parts[7].bytes(script)
    }

    /// What keeps it back: a letter for the part, and for how many microseconds, -1 for a place.
    private func hold(_ envelope: Envelope) throws(StorageError) -> LimitHold? {
        guard let letter = hold.first else { return nil }
        var reader = ByteReader(hold.dropFirst().map(\.self), of: .part("what keeps it back", of: id))
        let delay: Int64 = try reader.read()
        let rateDelay: Duration? = delay < 0 ? nil : .microseconds(delay)
        if letter == UInt8(ascii: "j") { return LimitHold(.job(envelope.name), rateDelay: rateDelay) }
        return envelope.tenant.map { LimitHold(.tenant($0), rateDelay: rateDelay) }
    }

    func snapshot(_ queue: QueueName) throws(StorageError) -> JobSnapshot {
        let envelope = try EnvelopeCodec.decode(bytes, id: id, queue: queue)
        let place: JobState
        switch letter {
        case UInt8(ascii: "s"): place = .scheduled
        case UInt8(ascii: "r"): place = .running
        case UInt8(ascii: "d"): place = .dead
        default: place = .ready
        }
        var runs = ByteReader(run, of: .part("the run", of: id))
        var since: Timestamp?
        var worker: WorkerID?
        var flags: UInt8 = 0
        if place == .running {
            since = Timestamp(microseconds: try runs.read())
            flags = try runs.read()
            worker = WorkerID(try runs.text(runs.readRest()))
        }
        let history = try JobHistoryCodec.decode(state, id: id, queue: queue)
        let deliveries = history?.deliveries ?? (place == .running ? 1 : 0)
        return JobSnapshot(
            envelope: envelope,
            state: place,
            failedAttempts: history?.failedAttempts ?? 0,
            deliveries: deliveries,
            lostLeases: history?.lostLeases ?? 0,
            due: place == .scheduled ? Timestamp(microseconds: due) : nil,
            wait: place == .scheduled ? history?.wait ?? .delayed : nil,
            ahead: ahead < 0 ? nil : Int(ahead),
            hold: try hold(envelope),
            worker: worker,
            runningSince: since,
            isCancelRequested: flags & 1 != 0,
            failures: history?.failures ?? []
        )
    }
}
