//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workers that lose a lease and live.
    static let fencing: [Case] = [
        Case("A worker that lost its lease is stopped and can store nothing", .oneOutcome) { trial in
            let first = try await trial.host("host-1") { trial.stubborn("1 ") }
            let second = try await trial.host("host-2") { trial.stubborn("2 ") }
            let unavailable: @Sendable () async throws(BrokerError) -> Void = { () async throws(BrokerError) in
                throw BrokerError(code: .unavailable, message: "The line is down.")
            }
            let client = try await trial.system()
            try await trial.running(first) {
                let handle = try await client.submit(Errand())
                try await trial.settleDown()
                first.way.before(.extend, unavailable)
                first.way.before(.settle, unavailable)
                try await trial.running(second) {
                    try await trial.pass(.seconds(20))
                    try check("the notes", trial.notes.lines, is: ["1 began", "2 began"])
                    first.way.before(.extend, nil)
                    first.way.before(.settle, nil)
                    trial.notes.gate("1 ").open()
                    try await trial.pass(.seconds(10))
                    try check("the status", try await handle.status.isFinished, is: false)
                    trial.notes.gate("2 ").open()
                    try check("the output", try await trial.value(of: handle), is: "2 x")
                }
            }
        },
        Case("A run whose lease was lost is cancelled as soon as its worker learns of it", .oneOutcome) { trial in
            let first = try await trial.host("host-1") { trial.waiting("1 ") }
            let second = try await trial.host("host-2") { trial.waiting("2 ", for: .seconds(60)) }
            let client = try await trial.system()
            try await trial.running(first) {
                let handle = try await client.submit(Errand())
                try await trial.settleDown()
                first.way.before(.extend) { () async throws(BrokerError) in
                    throw BrokerError(code: .unavailable, message: "The line is down.")
                }
                try await trial.running(second) {
                    try await trial.pass(.seconds(20))
                    first.way.before(.extend, nil)
                    try await trial.pass(.seconds(10))
                    try check("the notes", trial.notes.lines, is: ["1 began", "2 began", "1 cancelled"])
                    try check("the output", try await trial.value(of: handle), is: "2 x")
                    try check("the attempts", try await handle.outcome.attempts, is: 1)
                }
            }
        },
        Case("Each run of a job has a larger fence", .oneOutcome) { trial in
            let host = try await trial.host {
                Handler(for: Errand.self) { _, context in
                    trial.notes.note("\(context.fence)")
                    if context.attempt < 3 { throw TrialError() }
                    return ""
                }
            }
            try await trial.running(host) {
                _ = try await trial.value(of: host.system.submit(Errand()))
                let fences = trial.notes.lines.compactMap(UInt64.init)
                try check("the number of fences", fences.count, is: 3)
                try check("the fences", fences, is: Set(fences).sorted())
            }
        },
    ]
}
