//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// What workers do all day.
    static let living: [Case] = [
        Case("A job's output reaches its submitter", .acceptedMeansKept) { trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                let handle = try await host.system.submit(Errand(word: "hello"))
                try check("the output", try await trial.value(of: handle), is: "hello")
                try check("the status", try await handle.status, is: .succeeded)
            }
        },
        Case("An idle worker is woken by a job of another process", .idleIsQuiet) { trial in
            let host = try await trial.host { trial.echo }
            let client = try await trial.system()
            try await trial.running(host) {
                try await trial.pass(.seconds(100))
                let before = trial.clock.uptime
                let handle = try await client.submit(Errand(word: "a"))
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the time it took", trial.clock.uptime - before, is: .zero)
            }
        },
        Case("What has ended is told although a claim is under way", .acceptedMeansKept) { trial in
            let host = try await trial.host(queues: ["default": 100]) { trial.stubborn() }
            let client = try await trial.system()
            try await trial.running(host) {
                let handles = try await client.submit(contentsOf: (0..<64).map { Errand(word: "\($0)") })
                try await trial.settleDown()
                host.way.before(.claim) { () async throws(BrokerError) in
                    await trial.notes.gate("way").waitStubbornly()
                }
                _ = try await client.submit(Errand(word: "last"))
                try await trial.settleDown()
                trial.notes.gate("").open()
                for (number, handle) in handles.enumerated() {
                    try check("the output", try await trial.value(of: handle), is: "\(number)")
                }
                host.way.before(.claim, nil)
                trial.notes.gate("way").open()
            }
        },
        Case("A worker without work asks for none", .idleIsQuiet) { trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                _ = try await trial.value(of: host.system.submit(Errand()))
                try await trial.pass(.seconds(20))
                let before = host.way.count(of: .claim) + host.way.count(of: .settle) + host.way.count(of: .extend)
                try await trial.pass(.seconds(600))
                let calls =
                    host.way.count(of: .claim) + host.way.count(of: .settle) + host.way.count(of: .extend) - before
                try check(calls <= 120, "An idle worker made \(calls) calls in 600 seconds, more than one in five.")
            }
        },
        Case("A worker with nothing to do arms no timer but for what falls due", .idleIsQuiet, needs: .delays) {
            trial in
            guard trial.broker.idleInterval == nil else { return }
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                _ = try await trial.value(of: host.system.submit(Errand()))
                try await trial.pass(.seconds(20))
                try check("the timers", trial.clock.sleeperCount, is: 0)
                try await host.system.submit(Errand(), delay: .seconds(3_600))
                try await trial.settleDown()
                try check("the next timer", trial.clock.nextDeadline, is: .seconds(3_620))
            }
        },
        Case("A delayed job runs when it is due and not before, although its worker was idle", needs: .delays) {
            trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                try await trial.pass(.seconds(3))
                _ = try await host.system.submit(Errand(word: "later"), delay: .seconds(30))
                _ = try await host.system.submit(Errand(word: "sooner"), delay: .seconds(10))
                try await trial.pass(.milliseconds(9_999))
                try check("the notes", trial.notes.lines, is: [])
                try await trial.pass(.milliseconds(1))
                try check("the notes", trial.notes.lines, is: ["sooner"])
                try await trial.pass(.seconds(20))
                try check("the notes", trial.notes.lines, is: ["sooner", "later"])
            }
        },
        Case("A delayed job runs when it is due although the worker that knew of it has stopped", needs: .delays) {
            trial in
            let first = try await trial.host("host-1") { trial.echo }
            let second = try await trial.host("host-2") { trial.echo }
            let client = try await trial.system()
            try await trial.running(second) {
                try await trial.running(first) {
                    try await client.submit(Errand(word: "due"), delay: .seconds(60))
                }
                try await trial.pass(.seconds(59))
                try check("the notes", trial.notes.lines, is: [])
                try await trial.pass(.seconds(1))
                try check("the notes", trial.notes.lines, is: ["due"])
            }
        },
        Case("A delayed job that is submitted while a worker's claim is under way runs when it is due", needs: .delays)
        {
            trial in
            let host = try await trial.host { trial.echo }
            let client = try await trial.system()
            host.way.after(.settle) { () async throws(BrokerError) in await trial.notes.gate("claimed").wait() }
            try await trial.running(host) {
                try await client.submit(Errand(word: "first"))
                try await trial.settleDown()
                try await client.submit(Errand(word: "due"), delay: .seconds(60))
                try await trial.settleDown()
                trial.notes.gate("claimed").open()
                try await trial.pass(.seconds(60))
                try check("the notes", trial.notes.lines, is: ["first", "due"])
            }
        },
        Case("A long job keeps its lease through heartbeats", .atLeastOnce) { trial in
            let first = try await trial.host("host-1") { trial.waiting("1 ", for: .seconds(600)) }
            let second = try await trial.host("host-2") { trial.waiting("2 ", for: .seconds(600)) }
            try await trial.running(first) {
                let handle = try await first.system.submit(Errand())
                try await trial.settleDown()
                try await trial.running(second) {
                    try check("the output", try await trial.value(of: handle), is: "1 x")
                    try check("the notes", trial.notes.lines, is: ["1 began", "1 ended"])
                }
            }
        },
        Case("Many jobs of one worker all run, each once", .oneOutcome) { trial in
            let host = try await trial.host(queues: ["default": 7]) { trial.echo }
            try await trial.running(host) {
                let words = (0..<300).map { "\($0)" }
                let handles = try await host.system.submit(contentsOf: words.map { Errand(word: $0) })
                try check("the handles", handles.count, is: 300)
                for (handle, word) in zip(handles, words) {
                    try check("an output", try await trial.value(of: handle), is: word)
                }
                try check("the runs", trial.notes.lines.sorted(), is: words.sorted())
            }
        },
        Case("Jobs that were claimed ahead do not wait behind long ones while other workers are idle") { trial in
            let hosts = try await ["host-1", "host-2"].asyncMap { name in
                try await trial.host(name, queues: ["default": 2]) {
                    Handler(for: Errand.self) { errand, context in
                        if errand.word == "long" { try await context.clock.sleep(for: .seconds(3_000)) }
                        trial.notes.note(errand.word)
                        return errand.word
                    }
                }
            }
            try await trial.running(hosts[0]) {
                // Short jobs make the worker claim ahead.
                for handle in try await hosts[0].system.submit(
                    contentsOf: Array(repeating: Errand(word: "short"), count: 200)
                ) {
                    _ = try await trial.value(of: handle)
                }
                trial.notes.clear()
                let jobs =
                    [Errand(word: "long"), Errand(word: "long")] + Array(repeating: Errand(word: "short"), count: 20)
                let handles = try await hosts[0].system.submit(contentsOf: jobs)
                try await trial.settleDown()
                try await trial.running(hosts[1]) {
                    try await trial.pass(.seconds(10))
                    try check("the short jobs that ran", trial.notes.count(of: "short"), is: 20)
                    for handle in handles.prefix(2) { _ = try await trial.value(of: handle) }
                }
            }
        },
    ]
}

extension Sequence {
    /// The transformed elements, made one after the other.
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
