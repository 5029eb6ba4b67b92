//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import HeapModule

/// Who is to be told of which job, the latest progress of each, and what is to be delivered.
package struct Subscriptions: Sendable {
    private struct Known: Sendable {
        let progress: JobProgress
        /// The uptime until which it is kept, should the job never end here.
        let expiry: Int64
    }

    private struct Expiry: Sendable, Comparable {
        let time: Int64
        let id: JobID
        static func < (lhs: Expiry, rhs: Expiry) -> Bool { lhs.time < rhs.time }
    }

    private var clients: Set<ClientID> = []
    private var watchers: [JobID: [ClientID]] = [:]
    private var watched: [ClientID: Set<JobID>] = [:]
    private var progress: [JobID: Known] = [:]
    private var expiries = Heap<Expiry>()
    private var outbox: [(client: ClientID, events: [ResultEvent])] = []

    package init() {}

    /// Whether ``takeOutbox()`` has anything to give.
    package var hasMail: Bool { !outbox.isEmpty }

    /// What is to be delivered to each client, in order.
    package mutating func takeOutbox() -> [(client: ClientID, events: [ResultEvent])] {
        defer { outbox = [] }
        return outbox
    }

    package mutating func attach(_ client: ClientID) {
        clients.insert(client)
    }

    package mutating func detach(_ client: ClientID) {
        clients.remove(client)
        for id in watched.removeValue(forKey: client) ?? [] {
            watchers[id]?.removeAll { $0 == client }
            if watchers[id]?.isEmpty == true { watchers[id] = nil }
        }
    }

    package mutating func watch(_ id: JobID, for client: ClientID) {
        guard watched[client, default: []].insert(id).inserted else { return }
        watchers[id, default: []].append(client)
    }

    /// Forgets that a client watches a job.
    package mutating func unwatch(_ id: JobID, for client: ClientID) {
        guard watched[client]?.remove(id) != nil else { return }
        if watched[client]?.isEmpty == true { watched[client] = nil }
        watchers[id]?.removeAll { $0 == client }
        if watchers[id]?.isEmpty == true { watchers[id] = nil }
    }

    /// Notes that a job has ended.
    mutating func finish(_ record: OutcomeRecord) {
        if !progress.isEmpty { progress[record.id] = nil }
        if let client = record.replyTo, clients.contains(client) { post(.finished(record), to: client) }
        guard !watchers.isEmpty, let watching = watchers.removeValue(forKey: record.id) else { return }
        for client in watching {
            if client != record.replyTo { post(.finished(record), to: client) }
            watched[client]?.remove(record.id)
            if watched[client]?.isEmpty == true { watched[client] = nil }
        }
    }

    /// Notes how far a job has come.
    mutating func report(_ report: JobProgress, of id: JobID, keptUntil expiry: Int64, at moment: Moment) {
        while let oldest = expiries.min, oldest.time <= moment.uptime {
            expiries.removeMin()
            if let known = progress[oldest.id] {
                if known.expiry <= moment.uptime {
                    progress[oldest.id] = nil
                } else {
                    expiries.insert(Expiry(time: known.expiry, id: oldest.id))
                }
            }
        }
        if progress.updateValue(Known(progress: report, expiry: expiry), forKey: id) == nil {
            expiries.insert(Expiry(time: expiry, id: id))
        }
        for client in watchers[id] ?? [] { post(.progressed(id, report), to: client) }
    }

    /// The latest progress of a job that has not ended.
    func progress(of id: JobID, at moment: Moment) -> JobProgress? {
        guard let known = progress[id], known.expiry > moment.uptime else { return nil }
        return known.progress
    }

    private mutating func post(_ event: ResultEvent, to client: ClientID) {
        guard clients.contains(client) else { return }
        if let position = outbox.firstIndex(where: { $0.client == client }) {
            outbox[position].events.append(event)
        } else {
            outbox.append((client, [event]))
        }
    }
}
