//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleTerminal

/// The command line: reads what the user says, and ends with a code that scripts can rely on.
@main
struct Command: ParsableCommand {
    /// How the program ends.
    enum Ending: Int32 {
        case complete = 0
        case someFailed = 1
        case misused = 2
        case broken = 3
        case interrupted = 130
    }

    static let configuration = CommandConfiguration(
        commandName: "manifest",
        abstract: "Hash and count every file below a folder, one job per file, and write a manifest as JSON.",
        discussion: """
            The manifest has each regular file's path, length, number of line ends and SHA-256, sorted by path; files that \
            could not be read, with the reason; and totals. Symbolic links are not followed. It replaces an older one only \
            when it is complete.

            Ctrl-C stops cleanly and says how many files were left.

            Exit codes:
              0    every file was read
              1    the manifest was written, but some files could not be read
              2    the arguments are wrong
              3    the manifest could not be made or written
              130  interrupted
            """
    )

    @OptionGroup var options: Options

    static func main() async {
        Terminal.prepare()
        do {
            let options = try parse().options
            Terminal.exit(try await Program(options).run().rawValue)
        } catch let error where exitCode(for: error).isSuccess {
            // Not an error at all, but a call for help.
            Terminal.output.print(fullMessage(for: error))
            Terminal.exit(Ending.complete.rawValue)
        } catch let error where exitCode(for: error) == .validationFailure {
            Terminal.errors.print(fullMessage(for: error))
            Terminal.exit(Ending.misused.rawValue)
        } catch {
            Terminal.errors.print("manifest: \(error)")
            Terminal.exit(Ending.broken.rawValue)
        }
    }
}
