//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

extension OutcomeLedger {
    /// The longest text of a report of progress that is kept, in bytes of UTF-8.
    package static var longestMessage: Int { 1000 }

    /// Notes how far a job has come, unless it has ended.
    package mutating func report(_ progress: JobProgress, of id: JobID, at moment: Moment) {
        guard !contains(id, at: moment) else { return }
        let kept = JobProgress(
            completed: progress.completed,
            total: progress.total,
            message: progress.message.map { Self.shortened($0) }
        )
        subscriptions.report(kept, of: id, keptUntil: moment.uptime(after: defaultRetention), at: moment)
    }

    /// The latest progress of a job that has not ended.
    package func progress(of id: JobID, at moment: Moment) -> JobProgress? {
        subscriptions.progress(of: id, at: moment)
    }

    /// As many whole characters of `text` as fit.
    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > longestMessage else { return text }
        var kept = ""
        var length = 0
        for character in text {
            length += character.utf8.count
            if length > longestMessage { break }
            kept.append(character)
        }
        return kept
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
