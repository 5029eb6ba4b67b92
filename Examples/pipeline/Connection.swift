//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import Configuration
import ExampleImport
import ExampleTerminal
import Lineshaft
import LineshaftConfiguration
import LineshaftRedis
import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where the broker is, and what a worker of this program runs.
struct Connection: ParsableArguments {
    @Option(name: .shortAndLong, help: "The broker's URL; LINESHAFT_URL if left out.")
    var url: String?

    @Option(name: .shortAndLong, help: "How many jobs to run at once, from 1 to 256.")
    var concurrency = max(2, ProcessInfo.processInfo.activeProcessorCount)

    func validate() throws {
        guard (1...256).contains(concurrency) else {
            throw ValidationError("“--concurrency” is \(concurrency), but must be from 1 to 256.")
        }
    }

    /// Reads the settings: the command line goes before the environment.
    ///
    /// - Parameter worker: How a worker works when nothing else is said.
    /// - Returns: The settings, whose broker is in memory when none is named.
    /// - Throws: `ConfigurationError` when one is wrong.
    func settings(worker: Worker.Configuration = Worker.Configuration()) async throws -> Settings {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        if let url { values["lineshaft.url"] = ConfigValue(.string(url), isSecret: true) }
        let reader = try await Settings.reader(overrides: [InMemoryProvider(values: values)])
        var system = JobSystem.Configuration()
        system.logger = Logger(label: "pipeline") { _ in LineLogHandler() }
        system.logger.logLevel = .warning
        return try Settings(from: reader, system: system, worker: worker)
    }

    /// Opens the broker.
    func open(_ settings: Settings) async throws -> JobSystem {
        var settings = settings
        if settings.url == nil { settings.url = BrokerURL("memory:") }
        return try await JobSystem(settings, adapters: [.redis])
    }

    /// A worker that runs imports.
    func worker(_ jobs: JobSystem, _ settings: Settings) -> Worker {
        let handlers = ImportHandlers()
        return Worker(
            jobs,
            queues: settings.queues ?? [ImportJobs.queue: .init(concurrency: concurrency)],
            configuration: settings.worker
        ) {
            handlers.unpack
            handlers.importFiles
            handlers.validateFile
            handlers.summariseFile
            handlers.joinTotals
            handlers.writeReport
            handlers.tidyUp
            handlers.abandonImport
        }
    }
}
