//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

package import Lineshaft

/// What all calls to one server have in common.
package struct StorageSettings: Sendable, Hashable {
    /// What every key and channel begins with; not empty, without braces.
    package let prefix: String
    /// How long an outcome is kept when its job does not say.
    package let retention: Duration
    /// How many dead letters each queue keeps, of which the oldest are dropped.
    package let maximumDeadLetters: Int
    /// Whether the server is a cluster, whose nodes do not know who listens at others.
    package let isCluster: Bool

    /// Creates settings.
    package init(
        prefix: String = "lineshaft:",
        retention: Duration = .seconds(3600),
        maximumDeadLetters: Int = 10_000,
        isCluster: Bool = false
    ) {
        self.prefix = prefix
        self.retention = retention
        self.maximumDeadLetters = maximumDeadLetters
        self.isCluster = isCluster
        var words = RESPWords(reserving: prefix.utf8.count + 48)
        words.append(Array(prefix.utf8))
        words.append(length: 13) { writer in
            writer.write(max(retention, .zero).saturatedNanoseconds)
            writer.write(UInt32(clamping: maximumDeadLetters))
            writer.write(UInt8(isCluster ? 1 : 0))
        }
        arguments = words
    }

    /// The two arguments with which every script of a queue begins.
    let arguments: RESPWords

    /// The set of the names of queues that have been used.
    ///
    /// It is in no queue's slot, so it is written apart.
    package var queuesKey: [UInt8] { Array((prefix + "queues").utf8) }

    /// The hash of workers' reports.
    package var workersKey: [UInt8] { Array((prefix + "workers").utf8) }

    /// The channel of one client.
    package func channel(of client: ClientID) -> [UInt8] {
        var writer = ByteWriter()
        writer.write((prefix + "client:").utf8)
        writer.write(client.rawValue)
        return writer.bytes
    }

    /// The channel of one worker.
    package func channel(of worker: WorkerID) -> [UInt8] {
        Array((prefix + "worker:" + worker.rawValue).utf8)
    }

    /// The channel of those who serve a queue.
    package func channel(of queue: QueueName) -> [UInt8] {
        Array((prefix + "queue:" + queue.rawValue).utf8)
    }
}

/// The keys of one queue, all in the slot of its name.
package struct QueueKeys: Sendable, Hashable {
    private static let parts: [(name: String, type: String)] = [
        ("meta", "string"), ("jobs", "hash"), ("ready", "list"), ("ranked", "zset"), ("due", "zset"), ("ends", "zset"),
        ("leases", "zset"), ("running", "hash"), ("dead", "zset"), ("expiries", "list"), ("notes", "hash"),
        ("idle", "zset"), ("remnants", "zset"), ("tenants", "hash"), ("ring", "zset"),
    ]

    /// The queue.
    package let queue: QueueName
    /// The keys, in the order in which scripts know them.
    package let keys: StorageKeys

    /// Each key by itself.
    package var all: [[UInt8]] { keys.all }

    /// The keys of a queue.
    package init(_ queue: QueueName, prefix: String) {
        self.queue = queue
        keys = StorageKeys(Self.parts.map { Array("\(prefix){\(queue.rawValue)}:\($0.name)".utf8) })
    }

    /// The keys for outcomes of jobs that no queue of this server holds.
    package init(outcomesUnder prefix: String) {
        queue = "?"
        keys = StorageKeys(Self.parts.map { Array("\(prefix)results:{results}:\($0.name)".utf8) })
    }

    /// What each of the keys should hold.
    static var types: [[UInt8]] { parts.map { Array($0.type.utf8) } }
}
