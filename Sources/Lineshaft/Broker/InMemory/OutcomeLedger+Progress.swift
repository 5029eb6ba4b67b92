//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension OutcomeLedger {
    /// Notes how far a job has come, unless it has ended.
    package mutating func report(_ progress: JobProgress, of id: JobID, at moment: Moment) {
        guard !contains(id, at: moment) else { return }
        let kept = JobProgress(
            completed: progress.completed,
            total: progress.total,
            message: progress.message?.prefix(utf8Count: JobProgress.longestMessage)
        )
        subscriptions.report(kept, of: id, keptUntil: moment.uptime(after: defaultRetention), at: moment)
    }

    /// The latest progress of a job that has not ended.
    package func progress(of id: JobID, at moment: Moment) -> JobProgress? {
        subscriptions.progress(of: id, at: moment)
    }

    /// Reads outcomes.
    package func outcomes(of ids: [JobID], at moment: Moment) -> [JobID: OutcomeRecord] {
        var found: [JobID: OutcomeRecord] = [:]
        for id in ids { found[id] = outcome(of: id, at: moment) }
        return found
    }

    /// Reads outcomes and has the others delivered as they come.
    package mutating func watch(_ ids: [JobID], for client: ClientID, at moment: Moment) -> [JobID: OutcomeRecord] {
        let found = outcomes(of: ids, at: moment)
        for id in ids where found[id] == nil { subscriptions.watch(id, for: client) }
        return found
    }
}
