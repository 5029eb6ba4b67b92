//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

public import Configuration
public import Lineshaft

/// What a program's environment and files say about its queue: the broker, the job system, the worker and its queues.
///
/// ```swift
/// let settings = try Settings(from: await Settings.reader(file: "service.json"))
/// let jobs = try await JobSystem(settings, adapters: [.redis])
/// let worker = Worker(jobs, queues: settings.queues ?? ["default": 10], configuration: settings.worker) {
///     SumIntegers.handler()
/// }
/// ```
///
/// The page *Configuration* lists every key.
public struct Settings: Sendable {
    /// The broker; `nil` when none is named.
    public var url: BrokerURL?
    /// Where outcomes are kept, if not with the broker.
    public var results: BrokerURL?
    /// How the job system works.
    public var system: JobSystem.Configuration
    /// How a worker works.
    public var worker: Worker.Configuration
    /// The queues that a worker serves; `nil` when none is named.
    public var queues: WorkerQueues?

    /// Reads everything under `lineshaft`.
    ///
    /// What is not there stays as it is in `system` and `worker`, so that a program has defaults of its own.
    ///
    /// - Parameters:
    ///   - config: What to read; its providers say which source goes before which.
    ///   - system: How the job system works when nothing else is said.
    ///   - worker: How a worker works when nothing else is said.
    /// - Throws: `ConfigurationError` that names the key, the value unless it is secret, and what it must be.
    public init(
        from config: ConfigReader,
        system: JobSystem.Configuration = JobSystem.Configuration(),
        worker: Worker.Configuration = Worker.Configuration()
    ) throws(ConfigurationError) {
        let reader = SettingReader(config)
        url = try reader.text(.url).map(BrokerURL.init)
        results = try reader.text(.results).map(BrokerURL.init)
        self.system = system
        try self.system.read(reader)
        try self.system.validate()
        self.worker = worker
        try self.worker.read(reader)
        try self.worker.validate()
        queues = try reader.queues()
    }
}
