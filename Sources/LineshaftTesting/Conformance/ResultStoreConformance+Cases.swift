//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension ResultStoreConformance {
    /// What is kept.
    static let storing: [Case] = [
        Case("Every kind of outcome comes back as it was stored") { trial in
            let failure = JobFailure(
                code: .failed,
                message: "Es ging nicht. ✗",
                type: "E",
                attempt: 2,
                time: trial.fixture.clock.now
            )
            let outcomes: [Outcome] = [.succeeded([]), .succeeded([0, 255]), .failed(failure), .cancelled, .expired]
            let records = outcomes.enumerated().map { trial.record(UInt64($0.offset), $0.element) }
            try check("what is stored", try await trial.store.record(records), is: records)
            let read = try await trial.store.outcomes(of: records.map(\.id) + [trial.id(99)])
            try check("what is read", records.map { read[$0.id] }, is: records)
            try check("the number", read.count, is: records.count)
        },
        Case("The first outcome wins, and a later one is told so") { trial in
            let first = trial.record(1, .succeeded([1]))
            _ = try await trial.store.record([first])
            let stored = try await trial.store.record([trial.record(1, .cancelled), trial.record(2, .expired)])
            try check("what is stored", stored.map(\.outcome), is: [.succeeded([1]), .expired])
            try check("what is read", try await trial.outcome(of: 1), is: .succeeded([1]))
        },
        Case("Of outcomes that are stored at once one wins for everybody") { trial in
            let stored = try await withThrowingTaskGroup(of: [OutcomeRecord].self) { group in
                for number in 0..<20 {
                    let record = trial.record(1, .succeeded([UInt8(number)]))
                    group.addTask { try await trial.store.record([record]) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            try check("the different outcomes", Set(stored.map(\.outcome)).count, is: 1)
        },
        Case("An outcome is kept for its retention and no longer") { trial in
            _ = try await trial.store.record([
                trial.record(1, retention: .seconds(60)), trial.record(2, retention: .seconds(600)),
            ])
            try await trial.fixture.advance(by: .seconds(59))
            try check(try await trial.outcome(of: 1) != nil, "The outcome was dropped too early.")
            try await trial.fixture.advance(by: .seconds(2))
            try check(try await trial.outcome(of: 1) == nil, "The outcome outlived its time.")
            try check(try await trial.outcome(of: 2) != nil, "Another outcome was dropped with it.")
        },
        Case("10,000 outcomes are stored and read") { trial in
            for start in stride(from: UInt64(0), to: 10_000, by: 500) {
                _ = try await trial.store.record((start..<start + 500).map { trial.record($0) })
            }
            let read = try await trial.store.outcomes(of: (0..<10_000).map { trial.id($0) })
            try check("the number", read.count, is: 10_000)
        },
        Case("Calls after the shutdown are refused, and shutting down again does nothing") { trial in
            await trial.store.shutdown()
            await trial.store.shutdown()
            try await check("storing", throws: .closed) { _ = try await trial.store.record([trial.record(1)]) }
            try await check("reading", throws: .closed) { _ = try await trial.store.outcomes(of: [trial.id(1)]) }
        },
    ]

    /// Failed jobs that run again.
    static let withdrawing: [Case] = [
        Case("A withdrawn failure is gone, and the next outcome is the first") { trial in
            let failure = JobFailure(code: .failed, message: "No.", type: "", attempt: 1, time: trial.fixture.clock.now)
            _ = try await trial.store.record([trial.record(1, .failed(failure)), trial.record(2, .failed(failure))])
            try await trial.store.withdraw([trial.id(1), trial.id(3)])
            try await trial.store.withdraw([trial.id(1)])
            try check("the outcome", try await trial.outcome(of: 1), is: nil)
            try check("the other", try await trial.outcome(of: 2), is: .failed(failure))
            let inbox = try await trial.attachInbox(7)
            let claim = inbox.claim(trial.id(1))
            try check("what is known", try await trial.store.watch([claim.id], for: inbox.client).count, is: 0)
            let stored = try await trial.store.record([trial.record(1)])
            try check("the next", stored.map(\.outcome), is: [.succeeded([1])])
            try check("what is told", try await claim.ticket.outcome().outcome, is: .succeeded([1]))
        },
        Case("An outcome that is no failure is not withdrawn") { trial in
            let outcomes: [Outcome] = [.succeeded([1]), .cancelled, .expired]
            for (number, outcome) in outcomes.enumerated() {
                _ = try await trial.store.record([trial.record(UInt64(number), outcome)])
                try await trial.store.withdraw([trial.id(UInt64(number))])
                try check("the outcome", try await trial.outcome(of: UInt64(number)), is: outcome)
            }
        },
    ]

    /// Who is told.
    static let telling: [Case] = [
        Case("An outcome is delivered to the process it names") { trial in
            let inbox = try await trial.attachInbox(7)
            let claim = inbox.claim(trial.id(1))
            let record = trial.record(1, replyTo: inbox.client)
            _ = try await trial.store.record([record])
            try check("the outcome", try await claim.ticket.outcome(), is: record)
        },
        Case("An outcome is delivered to every process that watches, and to one that asks when it is there") { trial in
            let inboxes = [try await trial.attachInbox(7), try await trial.attachInbox(8)]
            let claims = inboxes.map { $0.claim(trial.id(1)) }
            for inbox in inboxes {
                let known = try await trial.store.watch([trial.id(1)], for: inbox.client)
                try check("what is known", known.count, is: 0)
            }
            _ = try await trial.store.record([trial.record(1)])
            for claim in claims {
                try check("the outcome", try await claim.ticket.outcome().outcome, is: .succeeded([1]))
            }
            let known = try await trial.store.watch([trial.id(1), trial.id(2)], for: inboxes[0].client)
            try check("what is known", known.map(\.value.outcome), is: [.succeeded([1])])
        },
        Case("An outcome that comes while somebody begins to watch is returned or delivered") { trial in
            let inbox = try await trial.attachInbox(7)
            let claims = (0..<500).map { inbox.claim(trial.id($0)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<500 { _ = try await trial.store.record([trial.record(UInt64(number))]) }
                }
                group.addTask {
                    for claim in claims {
                        let known = try await trial.store.watch([claim.id], for: inbox.client)
                        if let record = known[claim.id] { inbox.deliver([.finished(record)]) }
                    }
                }
                try await group.waitForAll()
            }
            for claim in claims { _ = try await claim.ticket.outcome() }
        },
        Case("Who watches no more disturbs nobody, and may watch again") { trial in
            let inboxes = [try await trial.attachInbox(7), try await trial.attachInbox(8)]
            for inbox in inboxes { _ = try await trial.store.watch([trial.id(1), trial.id(2)], for: inbox.client) }
            try await trial.store.unwatch([trial.id(1), trial.id(3)], for: inboxes[0].client)
            try await trial.store.unwatch([trial.id(2)], for: inboxes[0].client)
            _ = try await trial.store.watch([trial.id(2)], for: inboxes[0].client)
            let claims = [inboxes[0].claim(trial.id(2)), inboxes[1].claim(trial.id(1)), inboxes[1].claim(trial.id(2))]
            _ = try await trial.store.record([trial.record(1), trial.record(2)])
            for claim in claims { _ = try await claim.ticket.outcome() }
        },
        Case("A process that has left does not keep others from being told") { trial in
            let inboxes = [try await trial.attachInbox(7), try await trial.attachInbox(8)]
            for inbox in inboxes { _ = try await trial.store.watch([trial.id(1)], for: inbox.client) }
            await trial.store.detach(inboxes[0].client)
            let claim = inboxes[1].claim(trial.id(1))
            _ = try await trial.store.record([trial.record(1)])
            _ = try await claim.ticket.outcome()
        },
    ]

    /// How far jobs have come.
    static let progress: [Case] = [
        Case("The latest progress is kept until the job ends") { trial in
            try check("nothing yet", try await trial.store.progress(of: trial.id(1)), is: nil)
            for step in 1...3 {
                try await trial.store.report(JobProgress(completed: Double(step), total: 3), of: trial.id(1))
            }
            let latest = try await trial.store.progress(of: trial.id(1))
            try check("the latest", latest, is: JobProgress(completed: 3, total: 3))
            _ = try await trial.store.record([trial.record(1)])
            try check("after the end", try await trial.store.progress(of: trial.id(1)), is: nil)
        },
        Case("Progress is delivered to whoever watches, in order, and ends with the job") { trial in
            let inbox = try await trial.attachInbox(7)
            let claim = inbox.claim(trial.id(1))
            _ = try await trial.store.watch([trial.id(1)], for: inbox.client)
            var progress = claim.ticket.followProgress().makeAsyncIterator()
            for step in 1...3 {
                let report = JobProgress(completed: Double(step), total: 3, message: "Step \(step).")
                try await trial.store.report(report, of: trial.id(1))
                try check("the progress", await progress.next(), is: report)
            }
            _ = try await trial.store.record([trial.record(1)])
            try check("the end", await progress.next(), is: nil)
        },
        Case("Progress that comes after the outcome is dropped") { trial in
            _ = try await trial.store.record([trial.record(1)])
            try await trial.store.report(JobProgress(completed: 0.5), of: trial.id(1))
            try check("the progress", try await trial.store.progress(of: trial.id(1)), is: nil)
        },
        Case("A long message is cut to 1,000 bytes") { trial in
            let report = JobProgress(completed: 0.5, message: String(repeating: "ü", count: 5000))
            try await trial.store.report(report, of: trial.id(1))
            let message = try await trial.store.progress(of: trial.id(1))?.message
            try check("the message", message, is: String(repeating: "ü", count: 500))
        },
    ]
}
