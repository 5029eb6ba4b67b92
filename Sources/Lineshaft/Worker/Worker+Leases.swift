//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Logging

extension Worker {
    /// A third of a lease, in whole milliseconds, so that the moments at which a worker does something are round.
    private var heartbeatInterval: Duration {
        .milliseconds(configuration.lease.saturatedNanoseconds / 3_000_000)
    }

    /// The leases that are to be extended now: all that the worker holds, but for the young ones.
    ///
    /// The next time is set: after this call's answer, or at once when there is nothing to extend.
    func leasesToExtend() -> [Lease] {
        let uptime = jobs.clock.uptime
        // Whoever looks sees what runs for longer than that; and once it has ended, that too.
        if runs.count > 0 || schedule.announcedRuns > 0 { schedule.announcement = .zero }
        // A lease that is younger than half an interval is extended the next time.
        let limit = uptime - heartbeatInterval / 2
        let running = runs.all.filter {
            !$0.run.isStuck && $0.run.cancellation != .leaseLost && $0.run.claimed <= limit
        }
        let waiting = lanes.allBuffered.filter { $0.claimed <= limit }
        let leases = running.map(\.run.delivery.lease) + waiting.map(\.delivery.lease)
        schedule.heartbeat = leases.isEmpty ? nextHeartbeat(after: uptime) : nil
        return leases
    }

    /// Extends leases, and learns what has been lost or cancelled meanwhile.
    func extend(_ leases: [Lease]) async throws(BrokerError) {
        let uptime = jobs.clock.uptime
        let duration = configuration.lease
        let statuses: [LeaseStatus]
        do {
            statuses = try await uncancelled { (broker) throws(BrokerError) in
                try await broker.extend(leases, by: duration)
            }
        } catch {
            // Due again as soon as the broker is spoken to again.
            schedule.heartbeat = uptime
            throw error
        }
        schedule.heartbeat = nextHeartbeat(after: uptime)
        for (lease, status) in zip(leases, statuses) {
            switch status {
            case .held:
                lanes.extend(lease, until: uptime + duration)
                if jobs.storesResultsApart { runs.extend(lease, until: uptime + duration) }
            case .cancelRequested: loseOrCancel(lease, .requested)
            case .lost: loseOrCancel(lease, .leaseLost)
            }
        }
        guard jobs.storesResultsApart else { return }
        // A worker without room may not claim for as long as its jobs run.
        schedule.asksForEndings = true
        lanes.expectMore()
    }

    /// Sees to it that the leases of what was just claimed are extended in time.
    func planHeartbeat(at uptime: Duration) {
        // A call that is under way plans the next one when it ends.
        guard schedule.heartbeat == nil, !underWay.contains(.extend) else { return }
        let time = uptime + heartbeatInterval
        schedule.heartbeat = time
        alarm.set(notLaterThan: time)
    }

    private func nextHeartbeat(after uptime: Duration) -> Duration? {
        runs.count + lanes.buffered + schedule.announcedRuns > 0 ? uptime + heartbeatInterval : nil
    }

    private func loseOrCancel(_ lease: Lease, _ reason: CancellationReason) {
        for (slot, run) in runs.all where run.delivery.lease == lease {
            if reason == .leaseLost {
                logger.info("A lease was lost; its run is cancelled", metadata: metadata(of: run.delivery))
            }
            cancelRun(slot: slot, reason)
        }
        for held in lanes.removeBuffered(where: { $0.lease == lease }) where reason == .requested {
            putBack(held.delivery, as: .cancelled)
        }
    }
}
