//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import ExampleImport
import ExampleTerminal
import Lineshaft
import LineshaftConfiguration

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Submits an import and waits for its report.
struct ImportCommand: PipelineCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import a zip archive, or a folder, of CSV files with orders, and write a report.",
        discussion: "Ctrl-C cancels the import wherever it runs, and temporary data are deleted."
    )

    @OptionGroup var connection: Connection

    @Argument(help: "A zip archive, or a folder.")
    var source: String

    @Option(name: .shortAndLong, help: "Where to write the report, as JSON. Temporary data lie beside it.")
    var output = "report.json"

    @Flag(help: "Run no jobs in this process; workers elsewhere must be there.")
    var submitOnly = false

    @Option(
        name: .long,
        help: "How many orders of a file are added up at a time; a killed worker's file goes on there."
    )
    var rowsPerStep = 100_000

    func validate() throws {
        guard rowsPerStep >= 1 else {
            throw ValidationError("“--rows-per-step” is \(rowsPerStep), but must be 1 or more.")
        }
    }

    func ending() async throws -> Pipeline.Ending {
        let job = try plan()
        let settings = try await connection.settings()
        if submitOnly, settings.url == nil {
            throw ValidationError("“--submit-only” needs a broker that workers share: name it with “--url”.")
        }
        let jobs = try await connection.open(settings)
        do {
            let ending = try await follow(job, on: jobs, settings)
            await jobs.shutdown()
            return ending
        } catch {
            await jobs.shutdown()
            throw error
        }
    }

    private func plan() throws -> Import {
        let files = FileManager.default
        let base = URL(filePath: files.currentDirectoryPath, directoryHint: .isDirectory)
        let source = URL(filePath: source, relativeTo: base).standardized.path
        guard files.fileExists(atPath: source) else { throw ValidationError("There is nothing at “\(source)”.") }
        let output = URL(filePath: output, relativeTo: base).standardized
        let folder = output.deletingLastPathComponent().path
        guard files.isWritableFile(atPath: folder) else {
            throw ValidationError("The report cannot be written: “\(folder)” is no folder, or may not be written to.")
        }
        return Import(source: source, report: output.path, rowsPerStep: rowsPerStep)
    }

    /// How following the import ended.
    private enum Outcome: Sendable {
        case report(Report)
        case failure(JobFailure)
    }

    private func follow(_ job: Import, on jobs: JobSystem, _ settings: Settings) async throws -> Pipeline.Ending {
        let display = ProgressDisplay(on: .output)
        await display.say("Import \(job.id)")
        let start = jobs.clock.uptime
        let errand = Errand {
            let handle = try await job.submit(to: jobs)
            for try await progress in handle.progress {
                let (done, all) = (Int(progress.completed), Int(progress.total))
                await display.show("\(ProgressLine.bar(done, of: all))  \(done) of \(all) steps")
            }
            do {
                return Outcome.report(try await handle.value)
            } catch let error as JobError {
                guard let failure = error.failure else { throw error }
                // What has failed is told to the callback, which clears up.
                _ = try await job.waitForCleaning(clock: jobs.clock)
                return Outcome.failure(failure)
            }
        }
        let outcome =
            submitOnly
            ? try await errand.run(logger: jobs.configuration.logger)
            : try await errand.run(beside: connection.worker(jobs, settings))
        await display.finish()
        switch outcome {
        case .report(let report):
            for line in report.lines { Terminal.output.print(line) }
            Terminal.output.print("The report is in \(output), made in \((jobs.clock.uptime - start).inWords).")
            return .complete
        case .failure(let failure):
            Terminal.errors.print("Failed: \(failure.message)")
            Terminal.errors.print(
                job.scratch.exists ? "Temporary data are still in \(job.scratch.path)." : "Temporary data were deleted."
            )
            return .failed
        case nil:
            try await giveUp(job, on: jobs, isAlone: settings.url == nil)
            return .interrupted
        }
    }

    /// The user does not want to wait any longer.
    private func giveUp(_ job: Import, on jobs: JobSystem, isAlone: Bool) async throws {
        do {
            try await jobs.workflow(for: job.id, returning: Report.self).cancel()
        } catch let error as JobError where error.code == .notFound {
            // It was interrupted before anything was submitted.
            return Terminal.errors.print("Interrupted before the import began.")
        }
        // In memory there is no other worker that could clear up.
        if isAlone { try job.scratch.delete() }
        Terminal.errors.print("Interrupted: the import was cancelled, and no report was written.")
    }
}
