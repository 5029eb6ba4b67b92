//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import DequeModule

/// The commands of one connection: those that wait to be sent, and those that were and have no reply yet.
///
/// Redis answers in the order in which it is asked, so the next reply is always that of the command that was sent first.
package struct CommandQueue<Waiter> {
    /// How much may be waiting, sent or not.
    package struct Limits: Sendable, Hashable {
        /// How many commands.
        package var count = 65_536
        /// The bytes of all of them.
        package var bytes = 64 << 20
        /// How often a command is sent on connections that break before its reply has come.
        ///
        /// One that breaks every connection, such as one that is longer than the server takes, must not go on for ever.
        package var sends = 4

        package init() {}
    }

    /// What becomes of a command when its connection has broken or its time is over.
    package struct Casualty {
        /// Who waits for the reply.
        package let waiter: Waiter
        /// Whether the server may have acted on the command.
        package let mayHaveRun: Bool
    }

    private struct Entry {
        let id: UInt64
        let bytes: [UInt8]
        let isIdempotent: Bool
        let deadline: Duration
        /// `nil` when nobody waits any more.
        ///
        /// The reply comes all the same.
        var waiter: Waiter?
        var sends = 0
    }

    /// What may be waiting.
    package let limits: Limits

    /// Both are in the order of their identifiers, and all of the first come before all of the second.
    private var sent: Deque<Entry> = []
    private var unsent: Deque<Entry> = []
    private var lastID: UInt64 = 0

    /// The bytes of all commands that have no reply yet.
    package private(set) var byteCount = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many commands have no reply yet.
    package var count: Int { sent.count + unsent.count }

    /// How many commands were sent and have no reply yet.
    package var sentCount: Int { sent.count }

    package var isEmpty: Bool { sent.isEmpty && unsent.isEmpty }

    /// Whether another command may be added.
    ///
    /// One that is longer than all that is allowed is taken when nothing else is there.
    package func hasRoom(for bytes: Int) -> Bool {
        isEmpty || (count < limits.count && byteCount + bytes <= limits.bytes)
    }

    /// Adds a command to those to be sent.
    ///
    /// - Parameters:
    ///   - bytes: The command as it is sent.
    ///   - isIdempotent: Whether doing it twice is the same as doing it once.
    ///   - deadline: When to give up, by the connection's clock.
    ///   - waiter: Who waits for the reply.
    /// - Returns: The command's number in this queue, for ``abandon(_:)``.
    @discardableResult
    package mutating func append(_ bytes: [UInt8], isIdempotent: Bool, deadline: Duration, waiter: Waiter) -> UInt64 {
        lastID += 1
        byteCount += bytes.count
        // It cannot be answered before those ahead of it are, so it is not given up before they are either.
        let latest = unsent.last?.deadline ?? sent.last?.deadline ?? deadline
        unsent.append(
            Entry(id: lastID, bytes: bytes, isIdempotent: isIdempotent, deadline: max(deadline, latest), waiter: waiter)
        )
        return lastID
    }

    /// Calls `send` with each command that has not been sent, in order, and counts it as sent.
    package mutating func send(_ send: ([UInt8]) -> Void) {
        while var entry = unsent.popFirst() {
            entry.sends += 1
            send(entry.bytes)
            sent.append(entry)
        }
    }

    /// A reply has come.
    ///
    /// - Returns: Whose it is; the inner `nil` when nobody waits for it any more, the outer when nothing was asked.
    package mutating func receive() -> Waiter?? {
        guard let entry = sent.popFirst() else { return nil }
        byteCount -= entry.bytes.count
        return .some(entry.waiter)
    }

    /// Somebody waits no more.
    ///
    /// - Parameter id: The command's number.
    /// - Returns: What is known of the command, or `nil` when it has its reply. One that has not been sent never will be.
    package mutating func abandon(_ id: UInt64) -> Casualty? {
        if let position = Self.position(of: id, in: unsent) {
            let entry = unsent.remove(at: position)
            byteCount -= entry.bytes.count
            return entry.waiter.map { Casualty(waiter: $0, mayHaveRun: entry.sends > 0) }
        }
        guard let position = Self.position(of: id, in: sent), let waiter = sent[position].waiter else { return nil }
        sent[position].waiter = nil
        return Casualty(waiter: waiter, mayHaveRun: true)
    }

    /// The connection broke.
    ///
    /// Whatever may be sent again waits for the next one, in the same order.
    ///
    /// - Returns: The commands that must not be.
    package mutating func breakConnection() -> [Casualty] {
        var casualties: [Casualty] = []
        while let entry = sent.popLast() {
            // Nobody minds when a command is lost for which nobody waits.
            if let waiter = entry.waiter {
                if entry.isIdempotent && entry.sends < limits.sends {
                    unsent.prepend(entry)
                    continue
                }
                casualties.append(Casualty(waiter: waiter, mayHaveRun: true))
            }
            byteCount -= entry.bytes.count
        }
        return casualties.reversed()
    }

    /// When the first command is to be given up, by the connection's clock.
    package var nextDeadline: Duration? { sent.first?.deadline ?? unsent.first?.deadline }

    /// Whether the server has owed a reply for too long.
    ///
    /// The connection is to be closed: nothing behind it can come.
    package func isStalled(at now: Duration) -> Bool {
        sent.first.map { $0.deadline <= now } ?? false
    }

    /// Gives up the commands that were not sent in time.
    package mutating func expireUnsent(at now: Duration) -> [Casualty] {
        var casualties: [Casualty] = []
        while let entry = unsent.first, entry.deadline <= now {
            unsent.removeFirst()
            byteCount -= entry.bytes.count
            if let waiter = entry.waiter { casualties.append(Casualty(waiter: waiter, mayHaveRun: entry.sends > 0)) }
        }
        return casualties
    }

    /// Gives up everything, in order.
    package mutating func removeAll() -> [Casualty] {
        defer {
            sent = []
            unsent = []
            byteCount = 0
        }
        return (sent.map { ($0, true) } + unsent.map { ($0, $0.sends > 0) }).compactMap { entry, mayHaveRun in
            entry.waiter.map { Casualty(waiter: $0, mayHaveRun: mayHaveRun) }
        }
    }

    private static func position(of id: UInt64, in entries: Deque<Entry>) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].id == id ? low : nil
    }
}
