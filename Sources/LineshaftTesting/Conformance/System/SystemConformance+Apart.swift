//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// A result store beside the broker.
    static let apart: [Case] = [
        Case("An outcome in a store beside the broker reaches the submitter", apart: true) { trial in
            let host = try await trial.host { trial.echo }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand(word: "a"))
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the status", try await handle.status, is: .succeeded)
            }
        },
        Case(
            "A worker that dies between outcome and settlement does not make the handler run again",
            .oneOutcome,
            apart: true
        ) {
            trial in
            let first = try await trial.host("host-1") { trial.echo }
            let second = try await trial.host("host-2") { trial.echo }
            let client = try await trial.system()
            first.way.before(.settle) { () async throws(BrokerError) in await first.die() }
            try await trial.running(first) {
                let handle = try await client.submit(Errand(word: "once"))
                try await trial.settleDown()
                try await trial.running(second) {
                    try await trial.pass(.seconds(20))
                    try check("the output", try await trial.value(of: handle), is: "once")
                    try check("the notes", trial.notes.lines, is: ["once"])
                    try check("the running jobs", try await trial.inspector().counts(of: "default").running, is: 0)
                    try check("the job", try await trial.inspector().find(handle.id), is: nil)
                }
            }
        },
        Case("A worker that lost its lease stores no outcome beside the broker", .oneOutcome, apart: true) { trial in
            let first = try await trial.host("host-1") { trial.stubborn("1 ") }
            let second = try await trial.host("host-2") { trial.stubborn("2 ") }
            let client = try await trial.system()
            let unavailable: @Sendable () async throws(BrokerError) -> Void = { () async throws(BrokerError) in
                throw BrokerError(code: .unavailable, message: "The line is down.")
            }
            try await trial.running(first) {
                let handle = try await client.submit(Errand())
                try await trial.settleDown()
                first.way.before(.extend, unavailable)
                first.way.before(.settle, unavailable)
                try await trial.running(second) {
                    try await trial.pass(.seconds(20))
                    try check("the notes", trial.notes.lines, is: ["1 began", "2 began"])
                    // The first worker has lost its lease and does not know it.
                    trial.notes.gate("1 ").open()
                    try await trial.pass(.seconds(5))
                    try check("the outcome", try await client.results.outcomes(of: [handle.id]).count, is: 0)
                    first.way.before(.extend, nil)
                    first.way.before(.settle, nil)
                    try await trial.pass(.seconds(20))
                    try check("the outcome", try await client.results.outcomes(of: [handle.id]).count, is: 0)
                    trial.notes.gate("2 ").open()
                    try check("the output", try await trial.value(of: handle), is: "2 x")
                }
            }
        },
        Case("What ends without a worker is stored by the next one", .acceptedMeansKept, apart: true) { trial in
            let client = try await trial.system()
            let handle = try await client.submit(Errand(), expires: .after(.seconds(5)))
            _ = try await trial.broker.cancel([client.submit(Errand(word: "b")).id])
            try await trial.fixture.advance(by: .seconds(10))
            try await trial.settleDown()
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                try await trial.settleDown()
                let stored = try await client.results.outcomes(of: [handle.id])[handle.id]
                try check("the outcome", stored?.outcome, is: .expired)
                try check("the notes", trial.notes.lines, is: [])
            }
        },
        Case("A full worker stores what ends meanwhile", .acceptedMeansKept, needs: .cancellation, apart: true) {
            trial in
            let host = try await trial.host(queues: ["default": 1]) { trial.waiting(for: .seconds(1_000)) }
            let client = try await trial.system()
            try await trial.running(host) {
                _ = try await client.submit(Errand())
                try await trial.settleDown()
                let handle = try await client.submit(Errand())
                _ = try await trial.broker.cancel([handle.id])
                try await trial.pass(.seconds(10))
                let stored = try await client.results.outcomes(of: [handle.id])[handle.id]
                try check("the outcome", stored?.outcome, is: .cancelled)
            }
        },
        Case("Cancelling a waiting job is told to the store beside the broker", needs: .cancellation, apart: true) {
            trial in
            let client = try await trial.system()
            let handle = try await client.submit(Errand())
            try check("the result", try await handle.cancel(), is: .cancelled)
            try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
        },
        Case(
            "A cancelled worker stores its outcomes beside the broker before it stops",
            .shutdownIsNotFailure,
            apart: true
        ) {
            trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { errand, context in
                    do { try await context.clock.sleep(for: .seconds(1_000)) } catch { trial.notes.note("cancelled") }
                    return errand.word
                }
            }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand(word: "a"))
                try await trial.settleDown()
                host.cancel()
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the job", try await trial.inspector().find(handle.id), is: nil)
            }
        },
    ]
}
