//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

internal import ArgumentParser

/// Breaks what jobs on Redis rest on, and judges the record of what happened.
@main
struct RedisFaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redis-faults",
        abstract:
            "Kills workers and servers, cuts connections and fills disks while jobs run, and checks that none is lost.",
        subcommands: [RunCommand.self, WorkerCommand.self],
        defaultSubcommand: RunCommand.self
    )
}
