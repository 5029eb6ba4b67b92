//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation

/// A worker that runs jobs is stopped for longer than its lease, and woken.
struct StopScenario: Scenario {
    let name = "stop"
    let summary = "a worker stopped with SIGSTOP for longer than its lease and woken: its settlements are refused"
    let jobs = (full: 64, short: 16)

    func run(_ stage: Stage) async throws {
        let server = try stage.startServer()
        try await stage.open(server.url)
        let terms = Crew.Terms(url: server.url, lease: .seconds(stage.isShort ? 1 : 8), concurrency: stage.jobs)
        try await stage.outliveLease(
            terms,
            absent: { $0.child.send(SIGSTOP) },
            back: { $0.child.send(SIGCONT) }
        )
        try await stage.judge()
    }
}
