//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser

/// Senders submit jobs, wait for the workers, and join what comes back.
///
/// No job runs in their own process.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Send jobs to the workers and wait for the result.",
        discussion: "Ctrl-C cancels the jobs that were sent, on whatever machine they are, and says what was left.",
        subcommands: [SendSumCommand.self, SendManifestCommand.self]
    )
}
