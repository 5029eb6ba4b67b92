//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ExampleManifest
import ExampleTerminal
import Lineshaft
import Logging

/// The program behind the command line.
struct Program {
    /// The most files that wait in the queue.
    ///
    /// More than the workers need would only take memory.
    private static let queueLength = 512

    private let options: Options

    init(_ options: Options) {
        self.options = options
    }

    func run() async throws -> Command.Ending {
        let root = try options.root()
        let file = try options.manifestFile()
        let display = ProgressDisplay(on: .output)
        let run = ManifestRun(
            root: root,
            excluding: file.identities,
            onFound: { await display.show(ManifestWords.progress($0), isUrgent: true) },
            onChange: { await display.show(ManifestWords.progress($0)) }
        )
        let jobs = try await makeJobs()
        let start = jobs.clock.uptime
        await display.say("Reading the files below \(root.displayText)")
        let isDone = try await Errand { try await run.run(on: jobs) }.run(beside: makeWorker(jobs)) != nil
        await display.finish()
        await jobs.shutdown()

        if !isDone { return try await reportInterruption(of: run, file) }
        let manifest = await run.manifest
        try file.commit(manifest.json())
        let duration = jobs.clock.uptime - start
        Terminal.output.print(
            ManifestWords.summary(manifest.totals, duration: duration, output: options.output)
        )
        for line in ManifestWords.failures(await run.failures) { Terminal.errors.print(line) }
        return manifest.failed.isEmpty ? .complete : .someFailed
    }

    private func makeJobs() async throws -> JobSystem {
        var configuration = JobSystem.Configuration()
        configuration.logger.logLevel = .warning
        // When as many wait, `submit` does too, so that a folder of any size takes little memory.
        configuration.lengthLimits[HashFile.queue] = .init(maximumLength: Self.queueLength)
        return try await JobSystem(url: "memory:", configuration: configuration)
    }

    private func makeWorker(_ jobs: JobSystem) -> Worker {
        var configuration = Worker.Configuration()
        // Somebody who presses Ctrl-C does not want to wait for the files that are being read.
        configuration.shutdown.finish = .zero
        return Worker(
            jobs,
            queues: [HashFile.queue: .init(concurrency: options.concurrency)],
            configuration: configuration
        ) {
            HashFile.handler()
        }
    }

    private func reportInterruption(of run: ManifestRun, _ file: consuming ManifestFile) async throws -> Command.Ending
    {
        Terminal.errors.print(ManifestWords.interruption(await run.status))
        guard options.partial else {
            Terminal.errors.print("No manifest was written.")
            return .interrupted
        }
        try await file.commit(run.manifest.json())
        Terminal.errors.print("What was read is in \(options.output).")
        return .interrupted
    }
}
