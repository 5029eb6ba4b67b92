//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// Counts one queue's jobs.
package struct CountsCall: StorageCall {
    package let script = StorageScript.counts
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    package init(keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> QueueCounts {
        let parts = try reply.array(script, count: 7)
        var numbers: [Int] = []
        for part in parts.prefix(5) { numbers.append(Int(try part.integer(script))) }
        let delay = try parts[6].integer(script)
        return QueueCounts(
            scheduled: numbers[0],
            ready: numbers[1],
            running: numbers[2],
            dead: numbers[3],
            isPaused: numbers[4] == 1,
            limits: try LimitsCodec.decode(try parts[5].bytes(script)),
            rateDelay: delay < 0 ? nil : .microseconds(delay)
        )
    }
}

/// Pauses, resumes or limits one queue.
package struct ConfigureCall: StorageCall {
    package let script = StorageScript.configure
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call that stops or resumes giving out jobs.
    package init(paused: Bool, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + [Array((paused ? "pause" : "resume").utf8)]
    }

    /// Creates a call that sets limits.
    package init(_ limits: QueueLimits, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        let interval = limits.rate.map { Double($0.interval) / 1_000 } ?? 0
        arguments =
            settings.arguments + [
                Array("limit".utf8), Array(String(limits.concurrency ?? 0).utf8), Array(String(interval).utf8),
                Array(String(limits.rate?.burst ?? 0).utf8), LimitsCodec.encode(limits),
            ]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) {
        _ = try reply.integer(script)
    }
}

/// Asks whether one queue has room, and has a client told of room if not.
package struct RoomCall: StorageCall {
    package let script = StorageScript.room
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    package init(_ client: ClientID, maximumLength: Int, keys: QueueKeys, settings: StorageSettings) {
        self.keys = keys.keys
        arguments = settings.arguments + [Array(String(maximumLength).utf8), client.bytes]
    }

    /// Whether there is room.
    package func decode(_ reply: RESPValue) throws(StorageError) -> Bool {
        try reply.integer(script) == 1
    }
}

/// Sees whether one queue's keys hold what they should; to be called once before they are used.
///
/// In the middle of a script a foreign value would be found too late.
package struct CheckCall: StorageCall {
    package let script = StorageScript.check
    package let keys: StorageKeys
    package let arguments: RESPWords = RESPWords(QueueKeys.types)

    /// Creates a call.
    package init(keys: QueueKeys) {
        self.keys = keys.keys
    }

    package func decode(_ reply: RESPValue) throws(StorageError) {
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
