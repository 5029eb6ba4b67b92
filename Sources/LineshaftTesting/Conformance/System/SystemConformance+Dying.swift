//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workers that die.
    static let dying: [Case] = [
        Case("A job whose worker died after claiming it runs again within ten seconds", .atLeastOnce) { trial in
            let first = try await trial.host("host-1") { trial.waiting("1 ") }
            let second = try await trial.host("host-2") { trial.echo }
            first.way.after(.claim) { () async throws(BrokerError) in
                if trial.notes.gate("armed").isOpen { await first.die() }
            }
            let client = try await trial.system()
            try await trial.running(first, second) {
                try await trial.pass(.seconds(5))
                try await second.worker.pause("default")
                trial.notes.gate("armed").open()
                let handle = try await client.submit(Errand(word: "again"))
                try await trial.settleDown()
                try check("the notes", trial.notes.lines, is: [])
                try await second.worker.resume("default")
                let before = trial.clock.uptime
                try check("the output", try await trial.value(of: handle), is: "again")
                let time = trial.clock.uptime - before
                try check(time <= .seconds(10), "It took \(time) to run the job again.")
            }
        },
        Case("A job whose worker died while running it runs again although the others were idle", .atLeastOnce) {
            trial in
            let first = try await trial.host("host-1") { trial.waiting("1 ") }
            let second = try await trial.host("host-2") { trial.echo }
            let client = try await trial.system()
            try await trial.running(first) {
                try await trial.pass(.seconds(5))
                let handle = try await client.submit(Errand(word: "again"))
                try await trial.pass(.seconds(60))
                try check("the notes", trial.notes.lines, is: ["1 began"])
                try await trial.running(second) {
                    try await trial.pass(.seconds(60))
                    await first.die()
                    let before = trial.clock.uptime
                    try check("the output", try await trial.value(of: handle), is: "again")
                    let time = trial.clock.uptime - before
                    try check(time <= .seconds(10), "It took \(time) to run the job again.")
                    try check("the attempts", try await handle.outcome.attempts, is: 1)
                }
            }
        },
        Case("An idle worker takes over from one that claimed after it and died", .atLeastOnce) { trial in
            let first = try await trial.host("host-1") { trial.waiting("1 ") }
            let second = try await trial.host("host-2") { trial.echo }
            let client = try await trial.system()
            try await trial.running(second) {
                // The second worker has asked, got nothing, and waits.
                try await trial.pass(.seconds(1))
                try await second.worker.pause("default")
                try await trial.running(first) {
                    try await trial.settleDown()
                    let handle = try await client.submit(Errand(word: "again"))
                    try await trial.settleDown()
                    try check("the notes", trial.notes.lines, is: ["1 began"])
                    try await second.worker.resume("default")
                    try await trial.settleDown()
                    await first.die()
                    let before = trial.clock.uptime
                    try check("the output", try await trial.value(of: handle), is: "again")
                    try check(trial.clock.uptime - before <= .seconds(10), "It took more than ten seconds.")
                }
            }
        },
        Case("A job that was done and not settled runs again and has one outcome", .oneOutcome) { trial in
            let first = try await trial.host("host-1") { trial.echo }
            let second = try await trial.host("host-2") { trial.echo }
            first.way.before(.settle) { () async throws(BrokerError) in await first.die() }
            let client = try await trial.system()
            try await trial.running(first) {
                let handle = try await client.submit(Errand(word: "twice"))
                try await trial.settleDown()
                try check("the notes", trial.notes.lines, is: ["twice"])
                try await trial.running(second) {
                    try check("the output", try await trial.value(of: handle), is: "twice")
                    // A store beside the broker has the outcome before the broker is told.
                    let runs = trial.store == nil ? 2 : 1
                    try check("the notes", trial.notes.lines, is: Array(repeating: "twice", count: runs))
                    try check("the attempts", try await handle.outcome.attempts, is: 1)
                }
            }
        },
        Case("A job that was settled just before its worker died does not run again", .oneOutcome) { trial in
            let first = try await trial.host("host-1") { trial.echo }
            let second = try await trial.host("host-2") { trial.echo }
            first.way.after(.settle) { () async throws(BrokerError) in await first.die() }
            let client = try await trial.system()
            try await trial.running(first, second) {
                try await second.worker.pause("default")
                let handle = try await client.submit(Errand(word: "once"))
                try check("the output", try await trial.value(of: handle), is: "once")
                try await second.worker.resume("default")
                try await trial.pass(.seconds(60))
                try check("the notes", trial.notes.lines, is: ["once"])
            }
        },
        Case("A settlement whose answer was lost is repeated and counts once", .oneOutcome) { trial in
            let host = try await trial.host { trial.failing() }
            let lost = TrialGate()
            host.way.after(.settle) { () async throws(BrokerError) in
                if lost.isOpen { return }
                lost.open()
                throw BrokerError(code: .unavailable, message: "The answer was lost.")
            }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand())
                let failure = try await trial.failure(of: handle)
                try check("the attempts", trial.notes.lines, is: ["attempt 1", "attempt 2", "attempt 3"])
                try check("the last attempt", failure.attempt, is: 3)
            }
        },
        Case("A claim whose answer was lost gives its jobs back when the lease runs out", .atLeastOnce) { trial in
            let host = try await trial.host { trial.echo }
            let lost = TrialGate()
            host.way.after(.claim) { () async throws(BrokerError) in
                if lost.isOpen || trial.notes.gate("armed").isOpen == false { return }
                lost.open()
                throw BrokerError(code: .unavailable, message: "The answer was lost.")
            }
            try await trial.running(host) {
                trial.notes.gate("armed").open()
                let handle = try await host.system.submit(Errand(word: "a"))
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the notes", trial.notes.lines, is: ["a"])
            }
        },
        Case("A broker that does not answer for a while stops nobody for good", .badInputStopsNobody) { trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                let fail: @Sendable () async throws(BrokerError) -> Void = { () async throws(BrokerError) in
                    throw BrokerError(code: .unavailable, message: "Nobody answers.")
                }
                for call in [HostBroker.Call.claim, .settle, .extend, .announce] { host.way.before(call, fail) }
                let handle = try await host.system.submit(Errand(word: "a"))
                try await trial.pass(.seconds(60))
                try check("the notes", trial.notes.lines, is: [])
                for call in [HostBroker.Call.claim, .settle, .extend, .announce] { host.way.before(call, nil) }
                let before = trial.clock.uptime
                try check("the output", try await trial.value(of: handle), is: "a")
                try check(trial.clock.uptime - before <= .seconds(6), "It took more than six seconds to go on.")
            }
        },
        Case("A job that kills every worker becomes a dead letter, with the reason", .badInputStopsNobody) { trial in
            let client = try await trial.system()
            let bad = try await client.submit(Errand(word: "bad"))
            for number in 1...3 {
                let host = try await trial.host("host-\(number)") {
                    $0.poisonLimit = 3
                } handlers: {
                    trial.waiting()
                }
                try await trial.running(host) {
                    // A lease that another one let run out has to be waited for.
                    try await trial.pass(.seconds(9))
                    try check("the deliveries", trial.notes.count(of: "began"), is: number)
                    await host.die()
                }
            }
            let survivor = try await trial.host("survivor") {
                $0.poisonLimit = 3
            } handlers: {
                trial.echo
            }
            try await trial.running(survivor) {
                let good = try await client.submit(Errand(word: "good"))
                try check("the output", try await trial.value(of: good), is: "good")
                let failure = try await trial.failure(of: bad)
                try check("the failure", failure.code, is: .poisoned)
                try check("the state", try await trial.inspector().find(bad.id)?.state, is: .dead)
                try check("the runs", trial.notes.count(of: "bad"), is: 0)
            }
        },
    ]
}
