//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import Foundation

/// A worker in a network of its own, which is cut off for longer than its lease and connected again.
struct PartitionScenario: Scenario {
    let name = "partition"
    let summary = "a worker cut off, in a network namespace, for longer than its lease: its settlements are refused"
    let jobs = (full: 64, short: 16)

    func run(_ stage: Stage) async throws {
        let network = try Network(of: stage.household)
        let port = try FreePort.find()
        let server = try stage.startServer(at: .init(host: network.host, port: port))
        try await stage.open(server.url)
        var terms = Crew.Terms(
            url: "redis://\(network.host):\(port)?command_timeout=2s",
            lease: .seconds(stage.isShort ? 1 : 8),
            concurrency: stage.jobs
        )
        terms.prefix = network.prefix
        var others = terms
        others.url = server.url
        others.prefix = []
        try await stage.outliveLease(
            terms,
            others: others,
            absent: { _ in try network.disconnect() },
            back: { _ in try network.connect() }
        )
        try await stage.judge()
    }
}
