//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

import ArgumentParser
import Configuration
import ExampleTerminal
import Lineshaft
import LineshaftConfiguration
import LineshaftRedis
import Logging

/// Where the broker is, and where else settings come from.
struct ConnectionOptions: ParsableArguments {
    /// What opens the schemes beside `memory:`, which leads nowhere else.
    private static let adapters: [BrokerAdapter] = [.redis]

    @Option(name: .shortAndLong, help: "The broker's URL; LINESHAFT_URL or the file's “lineshaft.url” if left out.")
    var url: String?

    @Option(name: .long, help: "A JSON file with settings.")
    var config: String?

    /// Reads the settings: the command line goes before the environment, that before the file.
    ///
    /// - Parameters:
    ///   - options: What else the command line says, by key.
    ///   - system: How the job system works when nothing else is said.
    ///   - worker: How a worker works when nothing else is said.
    /// - Returns: The settings.
    /// - Throws: `ConfigurationError` when one is wrong.
    func settings(
        _ options: [String: String?] = [:],
        system: JobSystem.Configuration = Self.quietSystem,
        worker: Worker.Configuration = Worker.Configuration()
    ) async throws -> Settings {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        if let url { values["lineshaft.url"] = ConfigValue(.string(url), isSecret: true) }
        for case (let key, let text?) in options {
            values[AbsoluteConfigKey(ConfigKey(key))] = ConfigValue(.string(text), isSecret: false)
        }
        let reader = try await Settings.reader(file: config, overrides: [InMemoryProvider(values: values)])
        return try Settings(from: reader, system: system, worker: worker)
    }

    /// Opens the broker.
    func open(_ settings: Settings) async throws -> JobSystem {
        guard settings.url != nil else {
            throw ConfigurationError(
                code: .invalidURL,
                message: "No broker is named. Say where it is with --url redis://127.0.0.1:6379/0, in the environment "
                    + "variable LINESHAFT_URL, or under “lineshaft.url” in a JSON file that --config names."
            )
        }
        return try await JobSystem(settings, adapters: Self.adapters)
    }

    /// Opens the broker for as long as `body` looks at it.
    func inspect<Value>(_ body: (any QueueInspector) async throws -> Value) async throws -> Value {
        let jobs = try await open(settings())
        do {
            let value = try await body(jobs.inspector)
            await jobs.shutdown()
            return value
        } catch {
            await jobs.shutdown()
            throw error
        }
    }

    /// A system that says nothing unless something is wrong.
    static var quietSystem: JobSystem.Configuration {
        var system = talkingSystem
        system.logger.logLevel = .warning
        return system
    }

    /// A system whose log is written for people.
    static var talkingSystem: JobSystem.Configuration {
        var system = JobSystem.Configuration()
        system.logger = Logger(label: "fleet") { _ in LineLogHandler() }
        return system
    }
}
