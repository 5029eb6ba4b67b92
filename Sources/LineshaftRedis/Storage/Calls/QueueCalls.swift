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
                Array(String(limits.rate?.burst ?? 0).utf8), LimitsCodec.encode(limits), Self.parts(of: limits),
            ]
    }

    /// The limits of a queue's parts: those of each tenant, then those of job types, by name.
    private static func parts(of limits: QueueLimits) -> [UInt8] {
        func write(_ limits: PartLimits, _ writer: inout ByteWriter) {
            writer.write(UInt32(clamping: limits.concurrency ?? 0))
            writer.write((limits.rate.map { Double($0.interval) / 1_000 } ?? 0).bitPattern)
            writer.write(UInt32(clamping: limits.rate?.burst ?? 0))
        }
        var writer = ByteWriter()
        write(limits.perTenant ?? .none, &writer)
        for (name, own) in limits.perJob.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            write(own, &writer)
            // Names were checked: they are 200 bytes at most.
            writer.write(UInt8(clamping: name.rawValue.utf8.count))
            writer.write(name.rawValue.utf8)
        }
        return writer.bytes
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

/// Reads a page of one queue's tenants that have jobs ready, in the order in which they would be served.
package struct TenantsCall: StorageCall {
    package let script = StorageScript.tenants
    package let keys: StorageKeys
    package let arguments: RESPWords

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - cursor: The last page's cursor, or `nil` for the first page.
    ///   - limit: The most tenants, from 1 to ``StorageLimits/jobs``.
    ///   - keys: The queue's keys.
    ///   - settings: The server's settings.
    /// - Throws: ``StorageError`` when the cursor is none.
    package init(after cursor: String?, limit: Int, keys: QueueKeys, settings: StorageSettings) throws(StorageError) {
        self.keys = keys.keys
        guard cursor.map({ UInt64($0) != nil }) ?? true else {
            throw StorageError(
                .malformed,
                "“\(cursor ?? "")” is not a cursor of a page of tenants; pass the one of the last page, or nil."
            )
        }
        let most = min(max(limit, 1), StorageLimits.jobs)
        arguments = settings.arguments + [Array((cursor ?? "").utf8), Array(String(most).utf8)]
    }

    package func decode(_ reply: RESPValue) throws(StorageError) -> TenantPage {
        let parts = try reply.array(script)
        guard let first = parts.first, parts.count % 4 == 1 else {
            throw reply.unexpected(script, "a cursor and tenants")
        }
        var tenants: [TenantCounts] = []
        for index in stride(from: 1, to: parts.count, by: 4) {
            tenants.append(
                TenantCounts(
                    tenant: TenantName(String(decoding: try parts[index].bytes(script), as: UTF8.self)),
                    ready: Int(try parts[index + 1].integer(script)),
                    running: Int(try parts[index + 2].integer(script)),
                    isHeldBack: try parts[index + 3].integer(script) == 1
                )
            )
        }
        let cursor = String(decoding: try first.bytes(script), as: UTF8.self)
        return TenantPage(tenants: tenants, cursor: cursor.isEmpty ? nil : cursor)
    }
}
