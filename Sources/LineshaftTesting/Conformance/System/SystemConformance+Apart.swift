//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// A result store beside the broker.
    static let apart: [Case] = [
        Case("An outcome in a store beside the broker reaches the submitter") { trial in
            let store = MemoryResultStore(clock: trial.clock)
            let host = try await trial.host(results: store) { trial.echo }
            let client = try await trial.system(results: store)
            try await trial.running(host) {
                let handle = try await client.submit(Errand(word: "a"))
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the status", try await handle.status, is: .succeeded)
            }
        },
        Case("A worker that dies between outcome and settlement does not make the handler run again", .oneOutcome) {
            trial in
            let store = MemoryResultStore(clock: trial.clock)
            let first = try await trial.host("host-1", results: store) { trial.echo }
            let second = try await trial.host("host-2", results: store) { trial.echo }
            let client = try await trial.system(results: store)
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
        Case("Two runs of one job settle with the outcome that was stored first", .oneOutcome) { trial in
            let store = MemoryResultStore(clock: trial.clock)
            let first = try await trial.host("host-1", results: store) { trial.stubborn("1 ") }
            let second = try await trial.host("host-2", results: store) {
                Handler(for: Errand.self) { _, _ in
                    trial.notes.note("2 began")
                    await trial.notes.gate("2 ").waitStubbornly()
                    throw PermanentFailure("The second run failed.")
                }
            }
            let client = try await trial.system(results: store)
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
                    try check("the output", try await trial.value(of: handle), is: "1 x")
                    first.way.before(.extend, nil)
                    first.way.before(.settle, nil)
                    trial.notes.gate("2 ").open()
                    try await trial.pass(.seconds(20))
                    try check("the dead letters", try await trial.inspector().counts(of: "default").dead, is: 0)
                    try check("the status", try await client.status(of: handle.id), is: .succeeded)
                }
            }
        },
        Case("Cancelling a waiting job is told to the store beside the broker", needs: .cancellation) { trial in
            let store = MemoryResultStore(clock: trial.clock)
            let client = try await trial.system(results: store)
            let handle = try await client.submit(Errand())
            try check("the result", try await handle.cancel(), is: .cancelled)
            try check("the outcome", try await trial.outcome(of: handle), is: .cancelled)
        },
        Case("A cancelled worker stores its outcomes beside the broker before it stops", .shutdownIsNotFailure) {
            trial in
            let store = MemoryResultStore(clock: trial.clock)
            let host = try await trial.host(results: store) {
                Handler(for: Errand.self) { errand, context in
                    do { try await context.clock.sleep(for: .seconds(1_000)) } catch { trial.notes.note("cancelled") }
                    return errand.word
                }
            }
            let client = try await trial.system(results: store)
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
