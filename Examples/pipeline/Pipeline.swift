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
struct Pipeline: ParsableCommand {
    /// How the program ends.
    enum Ending: Int32 {
        case complete = 0
        case failed = 1
        case misused = 2
        case broken = 3
        case interrupted = 130
    }

    static let configuration = CommandConfiguration(
        commandName: "pipeline",
        abstract: "Import CSV files, as a workflow that survives whatever dies.",
        discussion: """
            Make some data, and import it:

              pipeline sample orders.zip
              pipeline import orders.zip

            The files are unpacked, checked and added up side by side, and joined to a report. When a line is wrong, the import \
            says which file, line and column it is, and temporary data are deleted.

            With --url, more processes can help, and any of them may be killed:

              pipeline worker --url redis://127.0.0.1:6379/0
              pipeline import orders.zip --url redis://127.0.0.1:6379/0

            All of them must see the data, and the folder of the report, under the same paths.

            Exit codes:
              0    the report was written; a worker was stopped and has given everything back
              1    the data could not be imported
              2    the arguments or settings are wrong
              3    the broker cannot be reached, or something else is broken
              130  interrupted
            """,
        subcommands: [ImportCommand.self, WorkerCommand.self, SampleCommand.self]
    )

    static func main() async {
        Terminal.prepare()
        do {
            var command = try parseAsRoot()
            if let command = command as? any PipelineCommand {
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
            Terminal.errors.print("pipeline: \(error)")
            Terminal.exit(Ending.misused.rawValue)
        } catch {
            Terminal.errors.print("pipeline: \(error)")
            Terminal.exit(Ending.broken.rawValue)
        }
    }
}

/// A subcommand that does something.
protocol PipelineCommand: ParsableCommand {
    /// Does it.
    func ending() async throws -> Pipeline.Ending
}
