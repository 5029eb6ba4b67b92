//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Lineshaft

extension SystemConformance {
    /// Workers that are shut down.
    static let stopping: [Case] = [
        Case("Shutdown lets running jobs finish and claims no more", .shutdownIsNotFailure) { trial in
            let host = try await trial.host(queues: ["default": 1]) { trial.waiting(for: .seconds(10)) }
            let client = try await trial.system()
            let first = try await client.submit(Errand(word: "a"))
            let second = try await client.submit(Errand(word: "b"))
            try await trial.running(host) { try await trial.pass(.seconds(1)) }
            try check("the time", trial.clock.uptime, is: .seconds(10))
            try check("the output", try await trial.value(of: first), is: "a")
            try check("the status", try await second.status, is: .ready)
            try check("the notes", trial.notes.lines, is: ["began", "ended"])
        },
        Case(
            "Shutdown cancels what does not finish in time; that goes back and costs no attempt",
            .shutdownIsNotFailure
        ) {
            trial in
            let host = try await trial.host {
                $0.shutdown.finish = .seconds(5)
            } handlers: {
                trial.waiting()
            }
            let client = try await trial.system()
            let handle = try await client.submit(Errand(word: "a"), retry: .never)
            try await trial.running(host) {}
            try check("the time", trial.clock.uptime, is: .seconds(5))
            try check("the notes", trial.notes.lines, is: ["began", "cancelled"])
            try check("the status", try await handle.status, is: .ready)
            let next = try await trial.host("host-2") { trial.echo }
            try await trial.running(next) {
                try check("the output", try await trial.value(of: handle), is: "a")
                try check("the time", trial.clock.uptime, is: .seconds(5))
                try check("the attempts", try await handle.outcome.attempts, is: 1)
            }
        },
        Case("A handler that ignores shutdown is given up in time, and its job runs elsewhere", .shutdownIsNotFailure) {
            trial in
            let host = try await trial.host {
                $0.shutdown.finish = .seconds(2)
                $0.shutdown.cancel = .seconds(3)
            } handlers: {
                trial.stubborn()
            }
            let next = try await trial.host("host-2") { trial.echo }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand(word: "a"))
                try await trial.settleDown()
                await host.stop()
                try await trial.running(next) {
                    try check("the output", try await trial.value(of: handle), is: "a")
                    try check("the time", trial.clock.uptime, is: .seconds(5))
                }
                try check("whether the worker has ended", host.end.isOpen, is: false)
                trial.notes.gate().open()
                try await trial.settleDown()
                try check("whether the worker has ended", host.end.isOpen, is: true)
            }
        },
        Case("Cancelling a worker's task gives everything back at once and costs no attempt", .shutdownIsNotFailure) {
            trial in
            let host = try await trial.host(queues: ["default": 8]) { trial.waiting() }
            let client = try await trial.system()
            try await trial.running(host) {
                let handles = try await client.submit(contentsOf: Array(repeating: Errand(), count: 12))
                // Heartbeats are due when the worker is cancelled.
                try await trial.pass(.seconds(100))
                host.cancel()
                try await trial.settleDown()
                try check("whether the worker has ended", host.end.isOpen, is: true)
                for handle in handles {
                    let snapshot = try await trial.inspector().find(handle.id)
                    try check("the state", snapshot?.state, is: .ready)
                    try check("the failed attempts", snapshot?.failedAttempts, is: 0)
                    try check("the lost leases", snapshot?.lostLeases, is: 0)
                }
                try check("the runs", trial.notes.count(of: "began"), is: 8)
            }
        },
        Case("A cancelled worker gives up on a handler that ignores it", .shutdownIsNotFailure) { trial in
            let host = try await trial.host { trial.stubborn() }
            let next = try await trial.host("host-2") { trial.echo }
            let client = try await trial.system()
            try await trial.running(host) {
                let handle = try await client.submit(Errand(word: "a"))
                try await trial.pass(.seconds(60))
                host.cancel()
                try await trial.running(next) {
                    try check("the output", try await trial.value(of: handle), is: "a")
                    try check("the time", trial.clock.uptime, is: .seconds(65))
                }
                trial.notes.gate().open()
            }
        },
        Case("Jobs that a claim brings while the worker shuts down go back at once", .shutdownIsNotFailure) { trial in
            let host = try await trial.host { trial.echo }
            let client = try await trial.system()
            host.way.after(.claim) { () async throws(BrokerError) in
                if trial.notes.gate("armed").isOpen { await trial.notes.gate("claimed").wait() }
            }
            try await trial.running(host) {
                trial.notes.gate("armed").open()
                let handle = try await client.submit(Errand(word: "a"))
                try await trial.settleDown()
                await host.stop()
                try await trial.settleDown()
                trial.notes.gate("claimed").open()
                try await trial.settleDown()
                let snapshot = try await trial.inspector().find(handle.id)
                try check("the state", snapshot?.state, is: .ready)
                try check("the notes", trial.notes.lines, is: [])
            }
        },
        Case("A settlement that fails while the worker shuts down is repeated", .shutdownIsNotFailure) { trial in
            let host = try await trial.host { trial.echo }
            let client = try await trial.system()
            host.way.before(.settle) { () async throws(BrokerError) in
                if trial.notes.gate("failed").isOpen { return }
                await trial.notes.gate("settling").wait()
                trial.notes.gate("failed").open()
                throw BrokerError(code: .unavailable, message: "Nobody answers.")
            }
            try await trial.running(host) {
                let handle = try await client.submit(Errand(word: "a"))
                try await trial.settleDown()
                await host.stop()
                try await trial.settleDown()
                trial.notes.gate("settling").open()
                try await trial.pass(.seconds(5))
                try check("the status", try await handle.status, is: .succeeded)
            }
        },
        Case("A broker that does not answer does not keep a worker from stopping", .shutdownIsNotFailure) { trial in
            let host = try await trial.host {
                $0.shutdown.release = .seconds(4)
            } handlers: {
                trial.echo
            }
            let client = try await trial.system()
            host.way.before(.settle) { () async throws(BrokerError) in
                throw BrokerError(code: .unavailable, message: "Nobody answers.")
            }
            try await trial.running(host) {
                _ = try await client.submit(Errand())
                try await trial.settleDown()
                let before = trial.clock.uptime
                await host.stop()
                try await trial.within(.seconds(60), "The end of the worker") { await host.end.wait() }
                try check(trial.clock.uptime - before <= .seconds(10), "It took until \(trial.clock.uptime).")
            }
        },
        Case("A worker whose broker is shut down stops and says so") { trial in
            let host = try await trial.host { trial.echo }
            try await trial.running(host) {
                try await trial.pass(.seconds(1))
                host.cancel()
                try await trial.settleDown()
                try check("whether the worker has ended", host.end.isOpen, is: true)
            }
            let idle = Worker(try await trial.system(trial.broker)) { trial.echo }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await idle.run() }
                try await trial.pass(.seconds(10))
                await trial.broker.shutdown()
                try await check("the worker", throws: .closed) {
                    try await trial.within(.seconds(60), "The end of the worker") { [idle] in
                        while await idle.report.started == .distantPast { await Task.yield() }
                    }
                    try await group.next()
                }
            }
        },
    ]
}
