//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

/// One way in which what jobs rest on is broken.
protocol Scenario: Sendable {
    /// What it is called on the command line.
    var name: String { get }
    /// What it does, in a line.
    var summary: String { get }
    /// How many jobs it takes when nobody says, and how many in the short form.
    var jobs: (full: Int, short: Int) { get }

    /// Lives through it.
    ///
    /// - Throws: ``Skipped`` when something is missing that it needs; anything else fails it.
    func run(_ stage: Stage) async throws
}

/// All of them, in the order in which they run.
enum Scenarios {
    static let all: [any Scenario] = [
        CrashScenario(),
        WorkflowScenario(),
        TenantScenario(),
        RestartScenario(policy: .always),
        RestartScenario(policy: .everySecond),
        CutScenario(),
        PauseScenario(),
        MemoryScenario(),
        DiskScenario(),
        PartitionScenario(),
        StopScenario(),
        FailoverScenario(waits: false),
        FailoverScenario(waits: true),
    ]
}
