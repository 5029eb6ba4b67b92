//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Settles what a worker has ended in one queue, claims what it can take of it, or both in one step.
package struct TurnCall: StorageCall {
    /// A settlement with what the claim told of the job.
    package struct Item: Sendable {
        /// The settlement.
        package let settlement: Settlement
        /// The part of the job that scripts read, as ``ClaimedJob/head`` had it; when it is empty, Redis looks it up.
        package let head: [UInt8]

        /// Creates an item.
        package init(_ settlement: Settlement, head: [UInt8] = []) {
            self.settlement = settlement
            self.head = head
        }
    }

    /// What a worker wants of the queue.
    package struct Request: Sendable {
        /// Who asks.
        package var worker: WorkerID
        /// The most jobs.
        ///
        /// With 0 the call only lets time catch up with the queue.
        package var limit: Int
        /// How long the leases run.
        package var lease: Duration
        /// The number of leases run out at which a job is put among the dead letters.
        package var poisonLimit: Int
        /// Whether to be registered as idle when there are fewer jobs.
        package var registersIdle: Bool
        /// Whether the worker is registered as idle, and is to be forgotten when it gets all it asked for.
        package var isRegistered: Bool
        /// Whether the worker was woken for this queue, so that what it leaves is for another.
        package var wasWoken: Bool

        /// Creates a request.
        package init(
            worker: WorkerID,
            limit: Int,
            lease: Duration,
            poisonLimit: Int,
            registersIdle: Bool = true,
            isRegistered: Bool = false,
            wasWoken: Bool = false
        ) {
            self.worker = worker
            self.limit = limit
            self.lease = lease
            self.poisonLimit = poisonLimit
            self.registersIdle = registersIdle
            self.isRegistered = isRegistered
            self.wasWoken = wasWoken
        }
    }

    package let script = StorageScript.turn
    package let keys: StorageKeys
    package let arguments: RESPWords
    private let queue: QueueName
    private let count: Int

    /// Whether anything is settled; what is only claimed comes again.
    package var isPromise: Bool { count > 0 }

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - items: At most ``StorageLimits/jobs`` settlements of the queue's jobs.
    ///   - request: What to claim; `nil` claims nothing.
    ///   - keys: The queue's keys.
    ///   - settings: The server's settings.
    package init(_ items: [Item], claiming request: Request?, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        queue = keys.queue
        count = items.count
        var arguments = settings.arguments
        arguments.reserve(80 + 96 * count)
        arguments.append(Self.options(request))
        for item in items {
            let lease = item.settlement.lease
            let (kind, counts, delay, body) = Self.meaning(of: item.settlement.disposition)
            arguments.append(length: 16) { $0.write(lease.id) }
            arguments.append(length: 18 + item.head.count) { writer in
                writer.write(lease.token)
                writer.write(kind)
                writer.write(UInt8(counts ? 1 : 0))
                writer.write(delay.microsecondsUp)
                writer.write(item.head)
            }
            arguments.append(body)
        }
        self.arguments = arguments
    }

    private static func options(_ request: Request?) -> [UInt8] {
        var writer = ByteWriter(reserving: 48)
        var options: UInt8 = 0
        if let request {
            options |= 1
            if request.isRegistered { options |= 2 }
            if request.wasWoken { options |= 4 }
            if request.registersIdle { options |= 8 }
        }
        writer.write(options)
        writer.write(UInt32(clamping: min(max(request?.limit ?? 0, 0), StorageLimits.jobs)))
        writer.write((request?.lease ?? .zero).microsecondsUp)
        writer.write(UInt32(clamping: max(request?.poisonLimit ?? 0, 1)))
        writer.write((request?.worker.rawValue ?? "").utf8)
        return writer.bytes
    }

    /// The kind, whether an attempt is counted, the delay, and the body.
    private static func meaning(of disposition: Settlement.Disposition) -> (UInt8, Bool, Duration, [UInt8]) {
        switch disposition {
        case .succeeded(let output): (1, true, .zero, output)
        // A failure with the attempt 0 came before the handler could run.
        case .failed(let failure): (2, failure.attempt > 0, .zero, FailureCodec.encode(failure))
        case .cancelled: (3, false, .zero, [])
        case .expired: (4, false, .zero, [])
        case .retry(let delay, let failure, let counts): (5, counts, delay, FailureCodec.encode(failure))
        case .snoozed(let delay): (6, false, delay, [])
        case .released: (7, false, .zero, [])
        case .unstarted: (8, false, .zero, [])
        case .parked(let delay): (9, false, delay, [])
        }
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> Turn {
        let replies = try reply.array(script)
        guard replies.count >= 5, replies.count % 2 == 1 else { throw reply.unexpected(script, "five parts and pairs") }
        let letters = try replies[0].letters(script, count: count)
        let due = try replies[2].integer(script)
        let token = try replies[3].integer(script)
        var turn = Turn()
        turn.results = letters.map { $0 == UInt8(ascii: "a") ? .applied : .refused }
        let flags = try replies[1].integer(script)
        turn.hasMore = flags & 1 != 0
        turn.isHeldBack = flags & 2 != 0
        turn.hasEndings = flags & 4 != 0
        turn.nextDue = due < 0 ? nil : .microseconds(due)
        turn.isIdle = try replies[4].integer(script) == 1
        turn.jobs.reserveCapacity((replies.count - 5) / 2)
        for index in stride(from: 5, to: replies.count, by: 2) {
            // The jobs of one claim have a token for each sixteen.
            let own = UInt64(clamping: token) + UInt64((index - 5) / 2 / 16)
            turn.jobs.append(try job(replies[index], replies[index + 1], token: own))
        }
        return turn
    }

    private func job(_ name: RESPValue, _ value: RESPValue, token: UInt64) throws(StorageError) -> ClaimedJob {
        var reader = ByteReader(try name.bytes(script), of: "a claimed job")
        let id = try reader.readID()
        var (failed, deliveries): (UInt32, UInt32) = (0, 1)
        if reader.remaining > 0 {
            failed = try reader.read()
            deliveries = try reader.read()
        }
        let bytes = try value.bytes(script)
        let envelope: Result<Envelope, StorageError>
        do throws(StorageError) {
            envelope = .success(try EnvelopeCodec.decode(bytes, id: id, queue: queue))
        } catch {
            envelope = .failure(error)
        }
        return ClaimedJob(
            lease: Lease(id: id, queue: queue, token: token),
            attempt: Int(failed) + 1,
            delivery: Int(deliveries),
            head: Array(EnvelopeCodec.head(of: bytes)),
            envelope: envelope
        )
    }
}

/// What a turn came to.
package struct Turn: Sendable {
    /// One result for each settlement.
    package var results: [SettlementResult] = []
    /// The jobs that were given out.
    package var jobs: [ClaimedJob] = []
    /// Whether another call would find more to do at once, because one does only so much.
    package var hasMore = false
    /// Whether the queue's limits keep jobs back that the worker could have taken.
    package var isHeldBack = false
    /// Whether the queue has ended jobs by itself that workflows are to be told of.
    package var hasEndings = false
    /// How long until something falls due; `nil` when nothing is known to.
    ///
    /// Exact when fewer jobs came than were asked for,
    /// else possibly too early.
    package var nextDue: Duration?
    /// Whether the worker is now registered as idle.
    package var isIdle = false
}

/// One job that was given out.
package struct ClaimedJob: Sendable {
    /// The right to run it.
    package let lease: Lease
    /// The number of this attempt, from 1.
    package let attempt: Int
    /// The number of this delivery, from 1.
    package let delivery: Int
    /// The part that scripts read, for the settlement to carry along.
    package let head: [UInt8]
    /// The job, or why it cannot be read: then it is to be parked, or put among the dead letters.
    package let envelope: Result<Envelope, StorageError>
}
