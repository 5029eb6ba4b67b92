//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension Worker {
    /// The worker's description of itself.
    public var report: WorkerReport {
        WorkerReport(
            id: id,
            host: HostIdentity.hostName,
            processID: HostIdentity.processID,
            started: started,
            version: configuration.version,
            queues: lanes.report,
            concurrency: lanes.concurrency,
            knownJobs: knownJobs,
            running: runs.count,
            runs: runReports,
            stuck: runs.stuckCount,
            validity: jobs.broker.announcementInterval.map { $0 * 3 }
        )
    }

    /// The runs that have gone on for longest.
    private var runReports: [WorkerReport.Run] {
        let (now, uptime) = (jobs.clock.now, jobs.clock.uptime)
        let longest = runs.all.map(\.run).sorted { ($0.started, $0.serial) < ($1.started, $1.serial) }
        return longest.prefix(WorkerReport.maximumRuns).map { run in
            WorkerReport.Run(
                id: run.delivery.envelope.id,
                name: run.delivery.envelope.name,
                queue: run.delivery.envelope.queue,
                attempt: run.delivery.attempt,
                since: now + (run.started - uptime)
            )
        }
    }
}
