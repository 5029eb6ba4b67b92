//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleManifest
import ExampleTerminal
import Lineshaft

/// The manifest of a folder, whose files workers elsewhere read.
struct SendManifestCommand: FleetCommand {
    /// The most files that wait in the queue.
    ///
    /// More than the workers need would only take the broker's memory.
    private static let queueLength = 4_096

    static let configuration = CommandConfiguration(
        commandName: "manifest",
        abstract: "Hash and count every file below a folder, one job per file, and write a manifest as JSON.",
        discussion: """
            The folder is searched here and its files are read by the workers, so the same files must have the same absolute \
            paths on the workers' machines: share the folder, and mount it in the same place. Where a worker finds no file, \
            the manifest says so.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The folder whose files to read.")
    var folder: String

    @Option(name: .shortAndLong, help: "Where to write the manifest. It is not part of itself.")
    var output = "manifest.json"

    @Flag(help: "When interrupted, write what has been read so far.")
    var partial = false

    func ending() async throws -> Fleet.Ending {
        let root = try root()
        let file = try manifestFile()
        let sender = try await Sender(
            connection,
            lengthLimits: [HashFile.queue: .init(maximumLength: Self.queueLength)]
        )
        let display = ProgressDisplay(on: .output)
        let run = ManifestRun(
            root: root,
            excluding: file.identities,
            onFound: { await display.show(ManifestWords.progress($0), isUrgent: true) },
            onChange: { await display.show(ManifestWords.progress($0)) }
        )
        let start = sender.jobs.clock.uptime
        await display.say("Reading the files below \(root.displayText)")
        let ending = try await sender.send(HashFile.name) { jobs in try await run.run(on: jobs) }
        let duration = sender.jobs.clock.uptime - start
        await display.finish()
        if case .interrupted(let rest) = ending { return try await reportInterruption(of: run, file, rest) }
        let manifest = await run.manifest
        try file.commit(manifest.json())
        Terminal.output.print(ManifestWords.summary(manifest.totals, duration: duration, output: output))
        for line in ManifestWords.failures(await run.failures) { Terminal.errors.print(line) }
        return manifest.failed.isEmpty ? .complete : .someFailed
    }

    private func reportInterruption(
        of run: ManifestRun,
        _ file: consuming ManifestFile,
        _ rest: String
    ) async throws -> Fleet.Ending {
        Terminal.errors.print("\(ManifestWords.interruption(await run.status)) \(rest)")
        guard partial else {
            Terminal.errors.print("No manifest was written.")
            return .interrupted
        }
        try await file.commit(run.manifest.json())
        Terminal.errors.print("What was read is in \(output).")
        return .interrupted
    }

    private func root() throws -> BytePath {
        do throws(FileError) {
            let path = try BytePath(folder).resolved()
            guard path.isFolder else { throw FileError("is not a folder") }
            return path
        } catch {
            throw ValidationError("“\(folder)” \(error).")
        }
    }

    private func manifestFile() throws -> ManifestFile {
        do throws(FileError) {
            return try ManifestFile(BytePath(output))
        } catch {
            throw ValidationError("The output “\(output)” \(error).")
        }
    }
}
