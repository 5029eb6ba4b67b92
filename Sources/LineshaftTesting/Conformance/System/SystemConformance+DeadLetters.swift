//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Dead letters, through the system.
    static let deadLetters: [Case] = [
        Case("A retried dead letter runs again and ends anew", .acceptedMeansKept) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { errand, context in
                    trial.notes.note("attempt \(context.attempt)")
                    if !trial.notes.gate().isOpen { throw PermanentFailure("It is closed.") }
                    return errand.word
                }
            }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand(word: "a"))
                _ = try await trial.failure(of: handle)
                trial.notes.gate().open()
                try check("the number", try await client.retry([handle.id, JobID(high: 1, low: 1)]), is: 1)
                let next = client.handle(for: Errand.self, id: handle.id)
                try check("the output", try await trial.value(of: next), is: "a")
                try check("the notes", trial.notes.lines, is: ["attempt 1", "attempt 1"])
                try check("again", try await client.retry([handle.id]), is: 0)
                try check("the status", try await client.status(of: handle.id), is: .succeeded)
            }
        },
        Case("All dead letters are listed in order, and retried each once", .acceptedMeansKept) { trial in
            let client = try await trial.system()
            let host = try await trial.host(queues: ["default": 1]) { trial.failing(PermanentFailure("No.")) }
            try await trial.running(host) {
                let handles = try await client.submit(contentsOf: (0..<1_100).map { Errand(word: "\($0)") })
                for handle in handles { _ = try await trial.failure(of: handle) }
                let ids = try await trial.deadLetters(client)
                try check("the dead letters", ids, is: handles.map(\.id))
                try check("the number", try await trial.within { try await client.retryAll(in: "default") }, is: 1_100)
                try await trial.pass(.seconds(1))
                try check("the runs", trial.notes.lines.count, is: 2_200)
                try check("the dead letters", try await trial.deadLetters(client).count, is: 1_100)
                try check("deleted", try await client.delete(Array(ids.prefix(100))), is: 100)
                try check("the rest", try await trial.deadLetters(client).count, is: 1_000)
                // A deleted dead letter still has its outcome.
                let status = try await client.status(of: ids[0])
                guard case .failed = status else { throw ConformanceFailure("Its status is \(status).") }
            }
        },
        Case("A retried dead letter may pass its deadline again, and that is told") { trial in
            let client = try await trial.system()
            let handle = try await client.submit(Errand(), deadline: .after(.seconds(10)))
            try check("the failure", try await trial.failure(of: handle).code, is: .deadlineExceeded)
            let first = try await client.results.outcomes(of: [handle.id])[handle.id]
            try check("the number", try await client.retry([handle.id]), is: 1)
            let host = try await trial.host(queues: ["other": 1]) { trial.echo }
            try await trial.running(host) {
                try await trial.pass(.seconds(30))
                let next = client.handle(for: Errand.self, id: handle.id)
                try check("the failure", try await trial.failure(of: next).code, is: .deadlineExceeded)
                let second = try await trial.within { try await next.outcome }
                try check("that it is another", second.finished == first?.finished, is: false)
            }
        },
        Case("Deleting a job that waits cancels it, and its submitter is told") { trial in
            let client = try await trial.system()
            let handle = try await client.submit(Errand(), delay: .seconds(100))
            try check("the number", try await client.delete([handle.id]), is: 1)
            try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
        },
    ]
}

extension SystemTrial {
    fileprivate func deadLetters(_ client: JobSystem) async throws -> [JobID] {
        try await within {
            var ids: [JobID] = []
            for try await job in client.deadLetters(in: "default") { ids.append(job.id) }
            return ids
        }
    }
}
