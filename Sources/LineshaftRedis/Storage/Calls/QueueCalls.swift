//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// How much of one queue runs, over all workers together.
package struct StoredLimits: Sendable, Hashable {
    /// The most jobs that hold a lease at once; `nil` for no limit.
    package var concurrency: Int?
    /// The most jobs that are begun in each period; `nil` for no limit.
    package var rate: Rate?

    /// So many jobs in so much time.
    package struct Rate: Sendable, Hashable {
        /// The time between two jobs when all are spread evenly.
        package var interval: Duration
        /// How many may begin at once after a time without any.
        package var burst: Int

        /// `count` jobs in each `period`, at most `burst` at once.
        package init(_ count: Int, per period: Duration, burst: Int) {
            interval = period / max(count, 1)
            self.burst = max(burst, 1)
        }

        init(interval: Duration, burst: Int) {
            self.interval = interval
            self.burst = burst
        }
    }

    /// Creates limits.
    package init(concurrency: Int? = nil, rate: Rate? = nil) {
        self.concurrency = concurrency
        self.rate = rate
    }
}

/// Counts one queue's jobs.
package struct CountsCall: StorageCall {
    package let script = StorageScript.counts
    package let keys: [[UInt8]]
    package let arguments: [[UInt8]]

    /// Creates a call.
    package init(keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.all
        arguments = settings.arguments
    }

    package func decode(_ reply: StorageReply) throws(StorageError) -> (counts: QueueCounts, limits: StoredLimits) {
        let parts = try reply.array(script, count: 8)
        var numbers: [Int] = []
        for part in parts.prefix(7) { numbers.append(Int(try part.integer(script))) }
        guard let text = String(validating: try parts[7].bytes(script), as: UTF8.self), let interval = Double(text)
        else {
            throw reply.unexpected(script, "a number of microseconds")
        }
        let counts = QueueCounts(
            scheduled: numbers[0],
            ready: numbers[1],
            running: numbers[2],
            dead: numbers[3],
            isPaused: numbers[4] == 1
        )
        let rate = interval > 0 ? StoredLimits.Rate(interval: .microseconds(interval), burst: numbers[6]) : nil
        return (counts, StoredLimits(concurrency: numbers[5] > 0 ? numbers[5] : nil, rate: rate))
    }
}

/// Pauses, resumes or limits one queue.
package struct ConfigureCall: StorageCall {
    package let script = StorageScript.configure
    package let keys: [[UInt8]]
    package let arguments: [[UInt8]]

    /// Creates a call that stops or resumes giving out jobs.
    package init(paused: Bool, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.all
        arguments = settings.arguments + [Array((paused ? "pause" : "resume").utf8)]
    }

    /// Creates a call that sets limits.
    package init(_ limits: StoredLimits, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.all
        let interval = max((limits.rate?.interval.inSeconds ?? 0) * 1_000_000, 0)
        arguments =
            settings.arguments + [
                Array("limit".utf8), Array(String(min(max(limits.concurrency ?? 0, 0), 1_000_000_000)).utf8),
                Array(String(min(interval, 1e15)).utf8),
                Array(String(min(max(limits.rate?.burst ?? 0, 0), 1_000_000_000)).utf8),
            ]
    }

    package func decode(_ reply: StorageReply) throws(StorageError) {
        _ = try reply.integer(script)
    }
}

/// Asks whether one queue has room, and has a client told of room if not.
package struct RoomCall: StorageCall {
    package let script = StorageScript.room
    package let keys: [[UInt8]]
    package let arguments: [[UInt8]]

    /// Creates a call.
    package init(_ client: ClientID, maximumLength: Int, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.all
        arguments = settings.arguments + [Array(String(maximumLength).utf8), client.bytes]
    }

    /// Whether there is room.
    package func decode(_ reply: StorageReply) throws(StorageError) -> Bool {
        try reply.integer(script) == 1
    }
}

/// Sees whether one queue's keys hold what they should; to be called once before they are used.
///
/// In the middle of a script a foreign value would be found too late.
package struct CheckCall: StorageCall {
    package let script = StorageScript.check
    package let keys: [[UInt8]]
    package let arguments: [[UInt8]] = QueueKeys.types

    /// Creates a call.
    package init(keys: QueueKeys) {
        self.keys = keys.all
    }

    package func decode(_ reply: StorageReply) throws(StorageError) {
        let parts = try reply.array(script)
        guard parts.count >= 3 else { return }
        var texts: [String] = []
        for part in parts.prefix(3) { texts.append(String(decoding: try part.bytes(script), as: UTF8.self)) }
        throw StorageError(
            .refused,
            "The key “\(texts[0])” holds a \(texts[1]) where Lineshaft keeps a \(texts[2]). Something else uses the same "
                + "prefix: remove the key or choose another prefix."
        )
    }
}
