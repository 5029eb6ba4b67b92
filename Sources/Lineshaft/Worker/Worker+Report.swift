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
            stuck: runs.stuckCount,
            validity: jobs.broker.announcementInterval.map { $0 * 3 }
        )
    }
}
