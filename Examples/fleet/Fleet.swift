//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleTerminal
import Lineshaft

/// The command line: reads what the user says, and ends with a code that scripts can rely on.
@main
struct Fleet: ParsableCommand {
    /// How the program ends.
    enum Ending: Int32 {
        case complete = 0
        case someFailed = 1
        case misused = 2
        case broken = 3
        case interrupted = 130
    }

    /// The version that workers report.
    static let version = "1.0.0"

    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Run the examples on as many processes and machines as you like.",
        discussion: """
            Start workers, then send them jobs from anywhere:

              fleet worker --url redis://127.0.0.1:6379/0
              fleet send sum --url redis://127.0.0.1:6379/0

            The broker is the one in --url, else in the environment variable LINESHAFT_URL, else under “lineshaft.url” in the \
            file of --config. The variable keeps a password out of the list of processes. Everything else that can be \
            configured has a variable and a key as well; the documentation's page on configuration lists them.

            Exit codes:
              0    done; a worker was stopped and has given everything back
              1    done, but some jobs have failed
              2    the arguments or settings are wrong
              3    the broker cannot be reached, or something else is broken
              130  interrupted; a worker was told twice to stop
            """,
        version: version,
        subcommands: [WorkerCommand.self, SendCommand.self, WorkersCommand.self, QueuesCommand.self]
    )

    static func main() async {
        Terminal.prepare()
        do {
            var command = try parseAsRoot()
            if let command = command as? any FleetCommand {
                Terminal.exit(try await command.ending().rawValue)
            }
            // What does nothing by itself answers with its help.
            try command.run()
            Terminal.exit(Ending.complete.rawValue)
        } catch let error where exitCode(for: error).isSuccess {
            // Not an error at all, but a call for help.
            Terminal.output.print(fullMessage(for: error))
            Terminal.exit(Ending.complete.rawValue)
        } catch let error where exitCode(for: error) == .validationFailure {
            Terminal.errors.print(fullMessage(for: error))
            Terminal.exit(Ending.misused.rawValue)
        } catch let error as ConfigurationError {
            Terminal.errors.print("fleet: \(error)")
            Terminal.exit(Ending.misused.rawValue)
        } catch {
            Terminal.errors.print("fleet: \(error)")
            Terminal.exit(Ending.broken.rawValue)
        }
    }
}

/// A subcommand that does something.
protocol FleetCommand: ParsableCommand {
    /// Does it.
    func ending() async throws -> Fleet.Ending
}
